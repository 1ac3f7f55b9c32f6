package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"notion-kafka/config"
	"notion-kafka/notion"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

const (
	sampleRows    = 5
	sampleColumns = 30
	// sampleQueries is how many responses may have too few rows before the sample does with
	// what there is (Notion: intro, pagination).
	sampleQueries = 3
)

// Sample implements console.Backend. The stream is of a database, whether it is selected or
// not; of a database with several data sources the first is read.
func (b *backend) Sample(ctx context.Context, d control.Draft, stream string) (control.Sample, error) {
	ctx, end, err := b.definitions.connector.look(ctx)
	if err != nil {
		return control.Sample{}, err
	}
	defer end()
	read, err := b.unfinished(d)
	if err != nil {
		return control.Sample{}, err
	}
	id, of := strings.CutPrefix(streamName(stream), producer.DatabaseStream(""))
	id, isID := notion.NormalizeID(id)
	if !of || !isID {
		return control.Sample{}, &control.Error{Kind: control.Invalid, Message: fmt.Sprintf("%q is no stream of a database: give one of those that discovering lists", cut(stream, mostTitle))}
	}
	with, err := b.connectionOf(d, read.Source)
	var s sampled
	if err == nil {
		s, err = readSample(ctx, with.client, d.Found, id)
	}
	switch refused := with.refused(err); {
	case refused != "":
		return control.Sample{}, &control.Error{Kind: control.Conflict, Message: "reading a sample: " + refused}
	case errors.Is(err, notion.ErrNotFound):
		return control.Sample{}, &control.Error{Kind: control.Conflict, Message: "reading a sample: " + err.Error()}
	case err != nil:
		return control.Sample{}, lookFailed(ctx, "rows of the database", err)
	}
	excluded, err := b.withheld(read.Source, with, id, s.title)
	if err != nil {
		return control.Sample{}, err
	}
	return s.table(producer.DatabaseStream(id), excluded), nil
}

// withheld are the properties of a database that a sample lacks: those that the definition
// excludes, and those that the source excludes whose own connection is used. Its error is
// that a source of the file does not read the database: whoever may use the console may not
// change what that source reads.
func (b *backend) withheld(src config.Source, with connection, id, title string) ([]string, error) {
	excluded := excludedFrom(src, id, title)
	if with.kept == nil {
		return excluded, nil
	}
	_, selected := with.kept.StreamFor(producer.DatabaseStream(id), id, title)
	if !selected && b.isOfFile(with.source) {
		return nil, &control.Error{Kind: control.Conflict, Message: fmt.Sprintf("reading a sample: source %s of the configuration file does not select this database: give a token", with.source)}
	}
	return append(slices.Clone(excluded), excludedFrom(*with.kept, id, title)...), nil
}

// isOfFile reports whether the configuration file defines a source.
func (b *backend) isOfFile(name string) bool {
	return slices.ContainsFunc(b.app.Config.Sources, func(spec config.SourceSpec) bool { return spec.Name == name })
}

// excludedFrom are the properties that never leave Notion of one database, whether it is
// selected or not.
func excludedFrom(src config.Source, id, title string) []string {
	for _, rule := range src.Streams {
		if !rule.Matches(producer.DatabaseStream(id), id, title) {
			continue
		}
		if rule.ExcludeProperties != nil {
			return *rule.ExcludeProperties
		}
		break
	}
	return src.Settings.ExcludeProperties
}

// sampled is what a sample is made of.
type sampled struct {
	title  string   // of the database
	schema []string // names of its properties in Notion's order; nil where it was not retrieved
	pages  []notion.Page
	more   bool
}

// readSample reads the first rows of a database. Where the last discovery does not know its
// data sources, it retrieves them first.
func readSample(ctx context.Context, client *notion.Client, known *control.Discovery, id string) (s sampled, err error) {
	source := ""
	if known != nil {
		for _, db := range known.Databases {
			if db.DatabaseID == id && len(db.DataSources) > 0 {
				s.title, source = db.Title, db.DataSources[0].ID
			}
		}
	}
	if source == "" {
		if s, source, err = retrieved(ctx, client, id); err != nil {
			return s, err
		}
	}
	query := notion.Query{DataSourceID: source, PageSize: sampleRows}
	for range sampleQueries {
		list, err := client.Query(ctx, query)
		if err != nil {
			return s, err
		}
		for _, page := range list.Pages {
			if !page.Partial {
				s.pages = append(s.pages, page)
			}
		}
		s.more = list.HasMore || len(s.pages) > sampleRows || list.Incomplete
		s.pages = s.pages[:min(len(s.pages), sampleRows)]
		if query.Cursor = list.NextCursor; !list.HasMore || len(s.pages) == sampleRows {
			break
		}
	}
	return s, nil
}

// retrieved is a database with its first data source.
func retrieved(ctx context.Context, client *notion.Client, id string) (s sampled, source string, err error) {
	db, err := client.Container(ctx, id)
	if err != nil {
		return s, "", err
	}
	if len(db.DataSources) == 0 {
		return s, "", &control.Error{Kind: control.Conflict, Message: "reading a sample: Notion shows no data source of this database: share it with the connection"}
	}
	first, err := client.DataSource(ctx, db.DataSources[0].ID)
	if err != nil {
		return s, "", err
	}
	return sampled{title: db.TitleText, schema: namesIn(first.Properties)}, first.ID, nil
}

// namesIn are the names of an object's members in their order.
func namesIn(object []byte) (names []string) {
	members := json.NewDecoder(strings.NewReader(string(object)))
	if _, err := members.Token(); err != nil {
		return nil
	}
	for members.More() {
		name, err := members.Token()
		var value json.RawMessage
		if err != nil || members.Decode(&value) != nil {
			break
		}
		if text, is := name.(string); is {
			names = append(names, text)
		}
	}
	return names
}

// table is the sample as columns of text: the title, and then the other properties by the
// schema, or by name. Excluded properties and buttons are left out.
func (s sampled) table(stream string, excluded []string) control.Sample {
	out := control.Sample{Stream: stream, Columns: []string{}, Rows: [][]string{}, More: s.more}
	rows := make([]map[string]json.RawMessage, len(s.pages))
	var titles, others []string
	for i, page := range s.pages {
		page.Without(excluded)
		if json.Unmarshal(page.Properties, &rows[i]) != nil {
			continue
		}
		for name, value := range rows[i] {
			switch kindOfProperty(value) {
			case "button":
			case "title":
				titles = append(titles, name)
			default:
				others = append(others, name)
			}
		}
	}
	s.sort(others)
	slices.Sort(titles)
	columns := append(slices.Compact(titles), slices.Compact(others)...)
	columns = columns[:min(len(columns), sampleColumns)]
	for _, name := range columns {
		out.Columns = append(out.Columns, cut(name, mostTitle))
	}
	for _, row := range rows {
		texts := []string{}
		for _, name := range columns {
			texts = append(texts, notion.PropertyText(row[name]))
		}
		out.Rows = append(out.Rows, texts)
	}
	return out
}

// sort sorts names by their places in the schema; those that it lacks come last, by name.
func (s sampled) sort(names []string) {
	places := map[string]int{}
	for at, name := range s.schema {
		places[name] = at - len(s.schema)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(places[a]-places[b], strings.Compare(a, b))
	})
}

// kindOfProperty is Notion's type of a property value.
func kindOfProperty(value json.RawMessage) string {
	var property struct{ Type string }
	if json.Unmarshal(value, &property) != nil {
		return ""
	}
	return property.Type
}
