package avro

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"notion-kafka/notion"
)

// An object is one recorded JSON object, as encoding/json reads it.
type object struct {
	text   []byte
	fields map[string]json.RawMessage
}

func parseObject(t *testing.T, text []byte) object {
	t.Helper()
	one := object{text: text}
	if err := json.Unmarshal(text, &one.fields); err != nil {
		t.Fatal(err)
	}
	return one
}

// raw is a field's recorded JSON text; nil for null and for a missing field.
func (o object) raw(name string) *string {
	text := string(o.fields[name])
	if text == "" || text == "null" {
		return nil
	}
	return &text
}

func (o object) value(t *testing.T, name string) (value any) {
	t.Helper()
	if raw := o.raw(name); raw != nil {
		if err := json.Unmarshal([]byte(*raw), &value); err != nil {
			t.Fatal(err)
		}
	}
	return value
}

func (o object) str(name string) (text string) {
	_ = json.Unmarshal(o.fields[name], &text)
	return text
}

func (o object) flag(name string) (set bool) {
	_ = json.Unmarshal(o.fields[name], &set)
	return set
}

// trashed is in_trash, which the oldest API versions call archived.
func (o object) trashed() bool { return o.flag("in_trash") || o.flag("archived") }

// id is a UUID with dashes, which old recordings lack; nil for none.
func (o object) id(name string) *string {
	id, ok := notion.NormalizeID(o.str(name))
	if !ok {
		return nil
	}
	return &id
}

func (o object) userID(t *testing.T, name string) *string {
	if o.raw(name) == nil {
		return nil
	}
	return parseObject(t, o.fields[name]).id("id")
}

func (o object) time(t *testing.T, name string) string {
	t.Helper()
	at, err := time.Parse(time.RFC3339, o.str(name))
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC().Format("2006-01-02T15:04:05.000Z")
}

// title is the plain text of a page's title.
func (o object) title(t *testing.T) string {
	t.Helper()
	var properties map[string]struct {
		Type  string
		Title []struct {
			PlainText string `json:"plain_text"`
		}
	}
	if err := json.Unmarshal(o.fields["properties"], &properties); err != nil {
		t.Fatal(err)
	}
	var text string
	for _, p := range properties {
		for _, part := range p.Title {
			text += part.PlainText
		}
	}
	return text
}

// asJSON encodes a value with encoding/json and decodes it again.
func asJSON(t *testing.T, value map[string]any) (read map[string]any) {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	return read
}

// fieldsOf are the fields of the record in a frame.
func fieldsOf(t *testing.T, schema string, frame []byte) (fields map[string]any) {
	t.Helper()
	_, body, err := SplitFrame(frame)
	if err != nil {
		t.Fatal(err)
	}
	text, err := Decode(schema, body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	return fields
}

// recorded are the objects in one file of recordings. The test is skipped where
// the folder of recordings is absent.
func recorded(t *testing.T, name string) (objects []object) {
	t.Helper()
	file, err := os.Open(filepath.Join(repository(t), "..", "shared", "fixtures", name))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("no recordings beside the repository")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		objects = append(objects, parseObject(t, bytes.Clone(lines.Bytes())))
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return objects
}

// repository is the directory that holds go.mod.
func repository(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
}
