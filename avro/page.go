package avro

import (
	"errors"
	"fmt"
	"time"

	"notion-kafka/notion"
)

// PageSchema is the value schema of every database_{id} stream: the record
// notion.Page. Exactly this text is registered, because a registry keeps the text
// it receives, and a schema that a library prints loses defaults and docs.
//
// Fields may only be added at the end, as ["null", T] with default null, so that
// every reader, older or newer, can read every record.
const PageSchema = `{"type":"record","name":"Page","namespace":"notion",` +
	`"doc":"A page of a Notion database, as its last read saw it.","fields":[` +
	`{"name":"id","type":"string","doc":"Page id: dashed, lower-case UUID. Also the record's key."},` +
	`{"name":"object","type":"string","doc":"Always page."},` +
	`{"name":"last_edited_time","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When the page was last edited, UTC. Notion floors it to the minute."},` +
	`{"name":"properties","type":"string","doc":"JSON text: the properties object as Notion sent it, keyed by property name."},` +
	`{"name":"created_time","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When the page was created, UTC. Notion floors it to the minute."},` +
	`{"name":"created_by","type":["null","string"],"default":null,"doc":"JSON text: the user who created the page."},` +
	`{"name":"last_edited_by","type":["null","string"],"default":null,"doc":"JSON text: the user who last edited the page."},` +
	`{"name":"cover","type":["null","string"],"default":null,"doc":"JSON text: the cover file object."},` +
	`{"name":"icon","type":["null","string"],"default":null,"doc":"JSON text: the icon object."},` +
	`{"name":"parent","type":"string","doc":"JSON text: the parent object."},` +
	`{"name":"archived","type":"boolean","doc":"The old name of in_trash; always equal to it."},` +
	`{"name":"in_trash","type":"boolean","doc":"Whether the page is in the trash."},` +
	`{"name":"url","type":"string","doc":"Address of the page in Notion."},` +
	`{"name":"public_url","type":["null","string"],"default":null,"doc":"Public address; null unless the page is published."},` +
	`{"name":"title","type":["null","string"],"default":null,"doc":"Plain text of the title property."},` +
	`{"name":"database_id","type":["null","string"],"default":null,"doc":"Id of the database the page belongs to."},` +
	`{"name":"data_source_id","type":["null","string"],"default":null,"doc":"Id of the data source the page is a row of."},` +
	`{"name":"created_by_id","type":["null","string"],"default":null,"doc":"User id out of created_by."},` +
	`{"name":"last_edited_by_id","type":["null","string"],"default":null,"doc":"User id out of last_edited_by."},` +
	`{"name":"is_archived","type":"boolean","default":false,"doc":"Whether the page is archived, which is not the trash."},` +
	`{"name":"is_locked","type":"boolean","default":false,"doc":"Whether the page is locked against edits."}]}`

// pageRecord is PageSchema as a Go struct. The library finds a field by its tag.
type pageRecord struct {
	ID             string    `avro:"id"`
	Object         string    `avro:"object"`
	LastEditedTime time.Time `avro:"last_edited_time"`
	Properties     string    `avro:"properties"`
	CreatedTime    time.Time `avro:"created_time"`
	CreatedBy      *string   `avro:"created_by"`
	LastEditedBy   *string   `avro:"last_edited_by"`
	Cover          *string   `avro:"cover"`
	Icon           *string   `avro:"icon"`
	Parent         string    `avro:"parent"`
	Archived       bool      `avro:"archived"`
	InTrash        bool      `avro:"in_trash"`
	URL            string    `avro:"url"`
	PublicURL      *string   `avro:"public_url"`
	Title          *string   `avro:"title"`
	DatabaseID     *string   `avro:"database_id"`
	DataSourceID   *string   `avro:"data_source_id"`
	CreatedByID    *string   `avro:"created_by_id"`
	LastEditedByID *string   `avro:"last_edited_by_id"`
	IsArchived     bool      `avro:"is_archived"`
	IsLocked       bool      `avro:"is_locked"`
}

// A PageEncoder writes pages as Confluent frames of one registered schema. It
// reuses its memory from page to page and is for one goroutine at a time.
type PageEncoder struct {
	frames *frameWriter
	record pageRecord
	texts  texts
}

// NewPageEncoder returns an encoder whose frames carry schemaID, the registry's id of
// PageSchema.
func NewPageEncoder(schemaID int) *PageEncoder {
	return &PageEncoder{frames: newFrameWriter(PageSchema, schemaID)}
}

// Append appends the frame of p to dst and returns the longer slice: byte 0, the
// schema id in four bytes, big endian, then the record. p's bytes are copied.
//
// Append refuses a partial page, a page without id, properties or times, and text
// that is not UTF-8; it then returns dst unchanged.
func (e *PageEncoder) Append(dst []byte, p *notion.Page) ([]byte, error) {
	if err := encodablePage(p); err != nil {
		return dst, fmt.Errorf("encoding page %q: %w", p.ID, err)
	}
	t := &e.texts
	t.reset()
	e.record = pageRecord{
		ID:             t.text("id", p.ID),
		Object:         "page",
		LastEditedTime: p.LastEditedTime,
		Properties:     t.json("properties", p.Properties),
		CreatedTime:    p.CreatedTime,
		CreatedBy:      t.optionalJSON("created_by", p.CreatedBy),
		LastEditedBy:   t.optionalJSON("last_edited_by", p.LastEditedBy),
		Cover:          t.optionalJSON("cover", p.Cover),
		Icon:           t.optionalJSON("icon", p.Icon),
		Parent:         t.json("parent", p.Parent),
		Archived:       p.InTrash,
		InTrash:        p.InTrash,
		URL:            t.text("url", p.URL),
		PublicURL:      t.optionalText("public_url", p.PublicURL),
		Title:          t.optionalText("title", p.Title),
		DatabaseID:     t.optionalID("database_id", p.DatabaseID),
		DataSourceID:   t.optionalID("data_source_id", p.DataSourceID),
		CreatedByID:    t.optionalID("created_by_id", p.CreatedByID),
		LastEditedByID: t.optionalID("last_edited_by_id", p.LastEditedByID),
		IsArchived:     p.IsArchived,
		IsLocked:       p.IsLocked,
	}
	if err := t.err; err != nil {
		return dst, fmt.Errorf("encoding page %q: %w", p.ID, err)
	}
	out, err := e.frames.append(dst, &e.record)
	if err != nil {
		return dst, fmt.Errorf("encoding page %q: %w", p.ID, err)
	}
	return out, nil
}

// encodablePage checks that p has the fields that every record must have.
func encodablePage(p *notion.Page) error {
	switch {
	case p.Partial:
		return errors.New("only the page's id came from Notion: the connection may not read the page, share it with the connection")
	case p.ID == "":
		return errors.New("the page has no id")
	case p.Properties == nil:
		return errors.New("the page has no properties")
	case p.CreatedTime.IsZero():
		return errors.New("the page has no created_time")
	case p.LastEditedTime.IsZero():
		return errors.New("the page has no last_edited_time")
	}
	return nil
}
