package console

import (
	"context"
	"fmt"

	"notion-kafka/producer/control"
)

func (b *fakeBackend) Discover(_ context.Context, d control.Draft) (control.Discovery, error) {
	if b.err != nil {
		return control.Discovery{}, b.err
	}
	b.done = append(b.done, fmt.Sprintf("discover %s", d.Spec))
	return control.Discovery{
		Checks:    []control.Check{{Name: "token", Result: control.CheckPassed, Text: "Notion accepts the token"}},
		Workspace: "Acme Inc.", Connection: "kafka", At: noon(),
		Databases: []control.FoundDatabase{{
			Stream: stream, DatabaseID: "248104cd-477e-80fd-b757-e945d38000bd", Title: "Engineering Tasks", Icon: "🚀", URL: "https://app.notion.com/p/1",
			LastEdited: noon(), Created: noon(), Properties: []string{"Name"}, DataSources: []control.FoundDataSource{{ID: "248104cd-477e-80af-bc30-000bd28de8f9", Title: "Tasks"}},
			Topic: topic, Sync: "incremental", Enabled: true,
		}},
	}, nil
}

func (b *fakeBackend) Sample(_ context.Context, d control.Draft, of string) (control.Sample, error) {
	if b.err != nil {
		return control.Sample{}, b.err
	}
	b.done = append(b.done, fmt.Sprintf("sample %s %s", of, d.Spec))
	return control.Sample{Stream: of, Columns: []string{"Name", "Status"}, Rows: [][]string{{"<b>", "Done"}, {"", ""}}, More: true}, nil
}
