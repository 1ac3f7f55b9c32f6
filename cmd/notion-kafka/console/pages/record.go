package pages

import (
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"notion-kafka/cmd/notion-kafka/console/rows"
	"notion-kafka/producer/control"
)

// Record is the page of one record.
type Record struct {
	topicHead
	This       toldRecord
	Properties []recordProperty
	// Unlisted is how many properties are left out, because the page would be too long.
	Unlisted int
	// Columns are the typed columns of the record, Envelope its other fields.
	Columns  []typedColumn
	Envelope []rows.Entry
	JSON     string // the whole value, laid out
	Cut      bool   // JSON is only the beginning
	Bytes    string // of a value that could not be decoded
	Notes    []headerNote
	Past     []versionRow
	Newer    *versionRow // the newest record of the page; nil: this one
	Earlier  int         // versions that have no room
	Bound    string
}

// A recordProperty is a property of a record with all that is in it.
type recordProperty struct {
	rows.Field
	rows.Whole
	Topic string // of a relation, the topic of its pages; ""
	Raw   string
	Short bool // Raw is only the beginning
}

// A typedColumn is a typed column of a record, and the property that it is of.
type typedColumn struct {
	rows.Entry
	Field schemaField
}

// A headerNote is a header of a record, and what it means.
type headerNote struct{ Name, Value, Means, Link string }

func (Record) template() string { return "record" }

// The bounds of a record's page, in bytes.
const (
	mostJSON  = 200_000 // of the whole value
	mostText  = 20_000  // of a property
	mostRaw   = 4_000   // of a property's JSON
	mostTexts = 300_000 // of all properties together
	mostBytes = 512     // of a value that cannot be decoded
)

// NewRecord makes the page of a record. history are the records of its key.
func NewRecord(shell Shell, table control.TableDetail, record control.TopicRecord, history control.History) Record {
	if shell.NoContents {
		page := Record{topicHead: topicHeadOf(shell, table, "")}
		page.Heading = "A record"
		return page
	}
	page := Record{topicHead: topicHeadOf(shell, table, ""), This: toldRecord{record, rows.Of(record.Value)}, Bound: history.Bound}
	page.Heading = page.heading()
	page.Notes = page.explained()
	page.Past, page.Earlier = pastOf(history, record)
	page.Newer = newerThan(record, page.Past)
	if record.Tombstone() {
		return page
	}
	if record.Error != "" {
		page.Bytes = hex.Dump(record.Raw[:min(len(record.Raw), mostBytes)])
		page.Cut = len(record.Raw) > mostBytes
		return page
	}
	page.JSON, page.Cut = rows.Pretty(record.Value, mostJSON)
	page.list(table.Properties)
	page.split()
	return page
}

// list fills in the properties, in the order of the database's schema.
func (p *Record) list(schema []control.Property) {
	room := mostTexts
	for _, field := range p.This.Row.Ordered(schema) {
		if room <= 0 {
			p.Unlisted++
			continue
		}
		one := recordProperty{Field: field, Whole: field.Whole(min(mostText, room)), Topic: topicOf(schema, field)}
		one.Raw, one.Short = rows.Pretty(field.Value, min(mostRaw, room))
		room -= len(one.Text) + len(one.Raw) + 60*len(one.Items)
		p.Properties = append(p.Properties, one)
	}
}

// split tells the typed columns from the other fields.
func (p *Record) split() {
	typed := map[string]schemaField{}
	schema := p.Schema
	if newest := p.Newest(); newest != nil {
		schema = newest.Schema // it has the columns of all versions
	}
	_, fields := fieldsOfSchema(schema)
	for _, field := range fields {
		if field.isTyped() {
			typed[field.Name] = field
		}
	}
	for _, entry := range p.This.Row.Envelope() {
		if field, is := typed[entry.Name]; is {
			p.Columns = append(p.Columns, typedColumn{entry, field})
		} else {
			p.Envelope = append(p.Envelope, entry)
		}
	}
}

// topicOf is the topic of the pages that a relation leads to; "": not known, or none.
func topicOf(schema []control.Property, field rows.Field) string {
	for _, property := range schema {
		if field.Kind == "relation" && property.Name == field.Name {
			return property.RelatedTopic
		}
	}
	return ""
}

func (p *Record) heading() string {
	switch name := p.This.Name(); {
	case p.This.Error != "":
		return "A record that cannot be decoded"
	case name != "" && p.This.Tombstone():
		return "Deleted: " + name
	case p.This.Tombstone():
		return "A deleted page"
	case name != "":
		return name
	}
	return "A page without a title"
}

// Address is the record's permanent address.
func (p Record) Address() string { return p.RecordAt(p.This.Partition, p.This.Offset) }

// Path is that address below the console's root.
func (p Record) Path() string { return strings.TrimPrefix(p.Address(), p.Root) }

// InAPI is where a program finds the record.
func (p Record) InAPI() string {
	return p.To("api", "v1", "catalog", p.Topic, "records", fmt.Sprint(p.This.Partition), fmt.Sprint(p.This.Offset))
}

// Version is the version of the schema that the value was written with; 0: not known.
func (p Record) Version() int {
	for _, version := range p.Versions {
		if version.ID == p.This.Schema {
			return version.Version
		}
	}
	return 0
}

// meanings say what the values of headers mean.
var meanings = map[string]string{
	"snapshot": "the page as a first full read, or a read that publishes everything again, found it",
	"create":   "a page that was unknown until now, or was deleted before",
	"update":   "a page that differs from its last record",
	"delete":   "the page is deleted",
}

// explained returns the headers in the order of their names, ours with what they mean.
func (p *Record) explained() (notes []headerNote) {
	for _, name := range slices.Sorted(maps.Keys(p.This.Headers)) {
		value := p.This.Headers[name]
		note := headerNote{Name: shortened(plain(name), 120), Value: shortened(plain(value), 400)}
		switch name {
		case headerOp:
			note.Means = meanings[value]
		case headerReason:
			note.Means = reasons[value]
		case headerSource:
			note.Means, note.Link = "the source that published it", p.linked("sources", value)
		case headerStream:
			note.Means = "the stream that published it"
			note.Link = p.linked("sources", p.This.Headers[headerSource], "streams", value)
		case headerRun:
			note.Means, note.Link = "the run that published it", p.linked("runs", value)
		}
		notes = append(notes, note)
	}
	return notes
}

// named is what sources, streams and runs are called; another producer may have written
// anything.
var named = regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`)

// linked is the address of a page of the console; "": there is none of such a name.
func (p *Record) linked(segments ...string) string {
	for _, segment := range segments {
		if !named.MatchString(segment) {
			return ""
		}
	}
	return p.To(segments...)
}
