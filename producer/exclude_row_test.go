package producer

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"notion-kafka/notion"
	"notion-kafka/producer/state"
)

// Pages below the pages of a wiki have the wiki's properties, but their parent is no data
// source.
func TestPageWithoutADataSourceLacksWhatIsExcludedOfAny(t *testing.T) {
	const source, other = "248104cd-477e-80af-bc30-000bd28de8f9", "248104cd-477e-80af-bc30-000bd28de8fa"
	j := &job{sources: []string{source, other}, settings: Settings{Exclude: []string{"Salary", "Bonus"}}}
	j.topic.Excluded = state.Excluded{source: {"Salary": {"s%3Al"}}, other: {"Bonus": {"b"}}}
	parents := map[string]string{
		`{"type":"data_source_id","data_source_id":"` + source + `"}`:            "Gift Name",
		`{"type":"data_source_id","data_source_id":"` + other + `"}`:             "Name Pay",
		`{"type":"page_id","page_id":"59833787-2cf9-4fdf-8782-e53db20768a6"}`:    "Name",
		`{"type":"data_source_id","data_source_id":"` + source[:35] + "b" + `"}`: "Name",
	}
	for parent, want := range parents {
		page, err := notion.DecodePage([]byte(`{"object":"page","id":"59833787-2cf9-4fdf-8782-e53db20768a5","created_time":"2026-03-01T19:05:00.000Z",` +
			`"last_edited_time":"2026-03-01T19:05:00.000Z","parent":` + parent + `,"url":"https://app.notion.com/p/x","properties":{` +
			`"Name":{"id":"title","type":"title","title":[]},"Pay":{"id":"s%3Al","type":"number","number":1},"Gift":{"id":"b","type":"number","number":2}}}`))
		if err != nil {
			t.Fatal(err)
		}
		j.exclude(pageRow(&page))
		var kept map[string]json.RawMessage
		if err := json.Unmarshal(page.Properties, &kept); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(slices.Sorted(maps.Keys(kept)), " "); got != want {
			t.Errorf("parent %s: properties %s are kept, want %s", parent, got, want)
		}
	}
}
