package notion

import (
	"context"
	"errors"
	"fmt"
)

// An Object is what an id leads to: one of its fields is set.
type Object struct {
	Page       *Page
	Database   *Database // its data sources have only their ids and names
	DataSource *DataSource
	Block      *Block
}

// A Block is a paragraph, a table or another part of a page's body.
type Block struct {
	ID      string
	Type    string // in Notion's words
	PageID  string // of its parent; "" where its parent is another block
	InTrash bool
}

// Identify finds out what an id leads to, by up to four requests: pages, databases, data
// sources and blocks are retrieved apart, and the id of one kind is refused or not found
// as another (Notion: upgrade-guide-2025-09-03). Errors are *Error; ErrNotFound means
// that the object does not exist or is not shared.
func (c *Client) Identify(ctx context.Context, id string) (found Object, err error) {
	for _, retrieve := range []func() error{
		func() (err error) { found.Page, err = c.Page(ctx, id); return err },
		func() (err error) { found.Database, err = c.Container(ctx, id); return err },
		func() (err error) { found.DataSource, err = c.DataSource(ctx, id); return err },
		func() (err error) { found.Block, err = c.block(ctx, id); return err },
	} {
		failed := retrieve()
		if !errors.Is(failed, ErrNotFound) && !errors.Is(failed, ErrInvalidRequest) {
			return found, failed
		}
		if err == nil {
			err = failed
		}
	}
	return Object{}, err
}

// block retrieves a block (Notion: retrieve-a-block).
func (c *Client) block(ctx context.Context, id string) (*Block, error) {
	return get(ctx, c, "block", "/v1/blocks/", id, func(body []byte) (*Block, string, error) {
		b, err := decodeBlock(body)
		return &b, b.ID, err
	})
}

// decodeBlock reads the answer to GET /v1/blocks/{id}.
func decodeBlock(text []byte) (b Block, err error) {
	var e envelope
	err = readStrictly(text, noNodes, func(in *strictReader) error {
		return in.object(func(name []byte) error {
			if ok, err := e.member(in, name); ok {
				return err
			}
			if string(name) == "type" {
				return in.stringInto(&b.Type)
			}
			return in.skip()
		})
	})
	switch {
	case err != nil:
		return Block{}, err
	case e.object != "block":
		return Block{}, fmt.Errorf("the object is a %q, not a block", e.object)
	case e.id == "":
		return Block{}, errors.New("the block has no id")
	}
	b.ID, b.InTrash = e.id, e.trashed()
	if e.parent != nil {
		b.PageID = parentPage(e.parent)
	}
	return b, nil
}

// parentPage is the id of the page that a parent object names; "" where it names none.
func parentPage(parent []byte) (page string) {
	r := fastReader{text: parent}
	if r.kind() != '{' {
		return ""
	}
	for r.enter(); r.next(); {
		if name, value := r.name(), r.value(); string(nameOf(name)) == "page_id" {
			page, _ = NormalizeID(stringOf(value))
		}
	}
	return page
}
