package avro

import (
	"errors"
	"fmt"
	"time"

	"notion-kafka/notion"
)

// DatabaseSchema is the value schema of the databases stream: the record
// notion.Database. The rules of PageSchema apply to it too.
const DatabaseSchema = `{"type":"record","name":"Database","namespace":"notion",` +
	`"doc":"A Notion database: the container, with the merged schema of its data sources.","fields":[` +
	`{"name":"id","type":"string","doc":"Database id: dashed, lower-case UUID. Also the record's key."},` +
	`{"name":"title","type":"string","doc":"JSON text: the title as an array of rich text."},` +
	`{"name":"object","type":"string","doc":"Always database."},` +
	`{"name":"properties","type":"string","doc":"JSON text: the schema, keyed by property name. Of several data sources merged in order; the first of a name wins."},` +
	`{"name":"created_time","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When the database was created, UTC. Notion floors it to the minute."},` +
	`{"name":"created_by","type":["null","string"],"default":null,"doc":"JSON text: the user who created the first data source."},` +
	`{"name":"last_edited_by","type":["null","string"],"default":null,"doc":"JSON text: the user who last edited the first data source."},` +
	`{"name":"last_edited_time","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When the database was last edited, UTC. Notion floors it to the minute."},` +
	`{"name":"cover","type":["null","string"],"default":null,"doc":"JSON text: the cover file object."},` +
	`{"name":"icon","type":["null","string"],"default":null,"doc":"JSON text: the icon object."},` +
	`{"name":"parent","type":"string","doc":"JSON text: the parent object."},` +
	`{"name":"url","type":"string","doc":"Address of the database in Notion."},` +
	`{"name":"public_url","type":["null","string"],"default":null,"doc":"Public address; null unless the database is published."},` +
	`{"name":"archived","type":"boolean","doc":"The old name of in_trash; always equal to it."},` +
	`{"name":"in_trash","type":"boolean","doc":"Whether the database is in the trash."},` +
	`{"name":"title_text","type":["null","string"],"default":null,"doc":"Plain text of the title."},` +
	`{"name":"description","type":["null","string"],"default":null,"doc":"Plain text of the description."},` +
	`{"name":"is_inline","type":"boolean","default":false,"doc":"Whether the database shows inside its parent page."},` +
	`{"name":"data_sources","type":["null","string"],"default":null,"doc":"JSON text: an array of the data sources, each whole."}]}`

// databaseRecord is DatabaseSchema as a Go struct.
type databaseRecord struct {
	ID             string    `avro:"id"`
	Title          string    `avro:"title"`
	Object         string    `avro:"object"`
	Properties     string    `avro:"properties"`
	CreatedTime    time.Time `avro:"created_time"`
	CreatedBy      *string   `avro:"created_by"`
	LastEditedBy   *string   `avro:"last_edited_by"`
	LastEditedTime time.Time `avro:"last_edited_time"`
	Cover          *string   `avro:"cover"`
	Icon           *string   `avro:"icon"`
	Parent         string    `avro:"parent"`
	URL            string    `avro:"url"`
	PublicURL      *string   `avro:"public_url"`
	Archived       bool      `avro:"archived"`
	InTrash        bool      `avro:"in_trash"`
	TitleText      *string   `avro:"title_text"`
	Description    *string   `avro:"description"`
	IsInline       bool      `avro:"is_inline"`
	DataSources    *string   `avro:"data_sources"`
}

// A DatabaseEncoder writes databases as Confluent frames of one registered
// schema. It is for one goroutine at a time.
type DatabaseEncoder struct {
	frames *frameWriter
	record databaseRecord
	texts  texts
}

// NewDatabaseEncoder returns an encoder whose frames carry schemaID, the registry's id
// of DatabaseSchema.
func NewDatabaseEncoder(schemaID int) *DatabaseEncoder {
	return &DatabaseEncoder{frames: newFrameWriter(DatabaseSchema, schemaID)}
}

// Append appends the frame of d to dst and returns the longer slice, as
// PageEncoder.Append does. created_by and last_edited_by are those of the first
// data source, because a database has none of its own (Notion: database object).
//
// Append refuses a database without id or times, and text that is not UTF-8; it
// then returns dst unchanged.
func (e *DatabaseEncoder) Append(dst []byte, d *notion.Database) ([]byte, error) {
	if err := encodableDatabase(d); err != nil {
		return dst, fmt.Errorf("encoding database %q: %w", d.ID, err)
	}
	var first notion.DataSource
	if len(d.DataSources) > 0 {
		first = d.DataSources[0]
	}
	t := &e.texts
	t.reset()
	e.record = databaseRecord{
		ID:             t.text("id", d.ID),
		Title:          t.json("title", d.Title),
		Object:         "database",
		Properties:     t.json("properties", d.MergedProperties()),
		CreatedTime:    d.CreatedTime,
		CreatedBy:      t.optionalJSON("created_by", first.CreatedBy),
		LastEditedBy:   t.optionalJSON("last_edited_by", first.LastEditedBy),
		LastEditedTime: d.LastEditedTime,
		Cover:          t.optionalJSON("cover", d.Cover),
		Icon:           t.optionalJSON("icon", d.Icon),
		Parent:         t.json("parent", d.Parent),
		URL:            t.text("url", d.URL),
		PublicURL:      t.optionalText("public_url", d.PublicURL),
		Archived:       d.InTrash,
		InTrash:        d.InTrash,
		TitleText:      t.optionalText("title_text", &d.TitleText),
		Description:    t.optionalText("description", &d.Description),
		IsInline:       d.IsInline,
		DataSources:    t.optionalJSON("data_sources", d.DataSourcesJSON()),
	}
	if err := t.err; err != nil {
		return dst, fmt.Errorf("encoding database %q: %w", d.ID, err)
	}
	out, err := e.frames.append(dst, &e.record)
	if err != nil {
		return dst, fmt.Errorf("encoding database %q: %w", d.ID, err)
	}
	return out, nil
}

// encodableDatabase checks that d has the fields that every record must have.
func encodableDatabase(d *notion.Database) error {
	switch {
	case d.ID == "":
		return errors.New("the database has no id")
	case d.CreatedTime.IsZero():
		return errors.New("the database has no created_time")
	case d.LastEditedTime.IsZero():
		return errors.New("the database has no last_edited_time")
	}
	return nil
}
