package producer

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"notion-kafka/notion"
	"notion-kafka/producer/shard"
	"notion-kafka/producer/state"
)

// An Offer is one stream that a source could publish, selected or not.
type Offer struct {
	Source        string   `json:"source" yaml:"source"`
	Stream        string   `json:"stream" yaml:"stream"`
	Title         string   `json:"title" yaml:"title"`
	DatabaseID    *string  `json:"database_id" yaml:"database_id"`
	DataSourceIDs []string `json:"data_source_ids" yaml:"data_source_ids"`
	Topic         string   `json:"topic" yaml:"topic"` // the stream's topic, or the topic it would get
	Sync          string   `json:"sync" yaml:"sync"`
	Typed         bool     `json:"typed,omitzero" yaml:"-"` // its topic has a column for each property, or would get them
	Enabled       bool     `json:"enabled" yaml:"enabled"`
	Rows          *int     `json:"rows" yaml:"rows"` // known pages; nil before the first complete scan
	InTrash       bool     `json:"-" yaml:"-"`       // the database is in the trash, and is not read
	// Properties are the names of the database's properties; empty if the database
	// is known and looks unchanged, because then its schema is not retrieved.
	Properties []string `json:"properties" yaml:"properties"`
	// Problem is why the stream cannot be read or published, "" where it can.
	Problem string `json:"problem,omitzero" yaml:"problem"`
	// Slips are the names in exclude_properties that exclude nothing. A slip of
	// several streams is listed with the first of them only.
	Slips []Slip `json:"-" yaml:"-"`
}

// Offers lists the streams that a source could publish, as Notion shows them now.
// remembered is the memory of the source's shard; nil if it is not known. Offers
// writes nothing.
func Offers(ctx context.Context, env *Env, src *Source, remembered *state.Memory, log *slog.Logger) ([]Offer, error) {
	if remembered == nil {
		remembered = state.NewMemory()
	}
	s := shard.ReadOnly(remembered, log)
	all := *src
	all.SwitchedOff = nil // streams that are switched off are offered too
	task := NewTask(env, s, &all, nil)
	f, err := task.discover(ctx, Order{})
	if err != nil {
		return nil, err
	}
	if err := task.retrieveLate(ctx, f); err != nil {
		return nil, err
	}
	selected := src.selected(f)
	everything := maps.Clone(selected)
	everything[DatabasesStream] = selected[DatabasesStream]
	for id := range f.databases {
		everything[DatabaseStream(id)] = selected[DatabaseStream(id)]
	}
	for name := range f.problems { // of a database that was never read only the id is known
		everything[name] = selected[name]
	}
	topics, _ := NewTask(env, s, src, nil).pinTopics(f, everything)
	slips := env.slips(f, selected, topics)
	var offers []Offer
	for _, name := range slices.SortedFunc(maps.Keys(everything), DatabasesFirst) {
		_, enabled := selected[name]
		offer := Offer{
			Source: src.Name, Stream: name, Topic: topics[name].Topic, Sync: everything[name].Sync(name), Enabled: enabled,
			DataSourceIDs: []string{}, Properties: []string{},
		}
		if name != DatabasesStream {
			offer.describe(f, DatabaseOf(name))
			offer.Slips = slices.DeleteFunc(slices.Clone(slips), func(slip Slip) bool { return slip.Streams[0] != name })
		}
		if err := f.problems[name]; err != nil {
			offer.Problem = err.Error()
		}
		if name == DatabasesStream && enabled {
			offer.Problem = f.unlisted()
		}
		memory := remembered.Source(src.Name).Stream(name)
		offer.Typed = everything[name].form(name) == formTyped
		if is := Describe(memory); is.Topic == offer.Topic && is.Form != "" { // a topic keeps its form
			offer.Typed = is.Form == formTyped
		}
		if memory.Topic != nil && memory.Topic.Scanned {
			rows := len(memory.Pages)
			offer.Rows = &rows
		}
		offers = append(offers, offer)
	}
	return offers, nil
}

// unlisted names what search shows and the databases stream cannot publish; "" if
// there is nothing.
func (f *found) unlisted() string {
	var what []string
	for _, err := range f.unread {
		if _, is := errors.AsType[*notion.Unreadable](err); is && !slices.Contains(slices.Collect(maps.Values(f.problems)), err) {
			what = append(what, err.Error())
		}
	}
	if len(f.onlyIDs) > 0 {
		what = append(what, OnlyIDs(f.onlyIDs))
	}
	return strings.Join(what, "; ")
}

// describe fills in what is known of the offer's database.
func (o *Offer) describe(f *found, id string) {
	db := f.databases[id]
	o.DatabaseID, o.Title, o.InTrash = &id, db.Title, db.InTrash
	for _, ds := range db.DataSources {
		o.DataSourceIDs = append(o.DataSourceIDs, ds.ID)
		schema := f.schemas[ds.ID]
		o.Properties = append(o.Properties, schema.PropertyNames()...)
	}
	slices.Sort(o.Properties)
	o.Properties = slices.Compact(o.Properties)
}

// Sync is how the stream is read: a value of the configuration's key sync.
func (s Settings) Sync(stream string) string {
	if s.FullTable || kindOf(stream).whole() {
		return "full_table"
	}
	return "incremental"
}
