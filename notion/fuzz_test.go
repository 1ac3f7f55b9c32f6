package notion

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// FuzzDecodePage compares DecodePage with encoding/json: a page that decodes has the
// same fields there, and a page that does not decode has a reason.
func FuzzDecodePage(f *testing.F) {
	whole := pageJSON(pageID, nameProperty)
	for _, seed := range []string{
		whole,
		`{"object":"page","id":"` + pageID + `"}`,
		pageJSON(pageID, `{"R":`+relationJSON("r", 2, true)+`,"P":`+peopleJSON(25)+`}`),
		pageJSON(pageID, `{"\ud800":{"type":"title","title":[{"plain_text":"\udc00"}]},"":null}`),
		strings.Replace(whole, `"in_trash":false`, `"archived":null`, 1),
		whole[:200], "[]", "", "{}", `{"object":"page","id":null}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		before := bytes.Clone(text)
		page, err := DecodePage(text)
		if !bytes.Equal(before, text) {
			t.Fatal("the text was changed")
		}
		want, whole := referencePage(text)
		if err != nil {
			// DecodePage is stricter in these two ways.
			if whole && !errors.Is(err, jsontext.ErrDuplicateName) && !errors.Is(err, errNotUTF8) {
				t.Fatalf("error %v for a whole page", err)
			}
			return
		}
		if page.Partial {
			return
		}
		if !whole {
			t.Fatal("decoded, but the page is not whole")
		}
		got := referenceFields{
			page.ID, string(page.Properties), string(page.Parent), page.CreatedTime, page.LastEditedTime, page.URL, page.InTrash, len(page.Cut),
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("read %+v, want %+v", got, want)
		}
		again := page
		again.decoded = asDecoded{}
		if known, computed := page.Fingerprint(), again.Fingerprint(); page.decoded.with == nil || known != computed {
			t.Fatalf("decoded with fingerprint %x, and its fields have %x", known, computed)
		}
	})
}

// referenceFields are the fields that the fuzz test compares.
type referenceFields struct {
	id, properties, parent string
	created, edited        time.Time
	url                    string
	inTrash                bool
	cut                    int
}

// referencePage reads the fields of a whole page with encoding/json. It returns false
// for every text that DecodePage may refuse.
func referencePage(text []byte) (referenceFields, bool) {
	var object map[string]json.RawMessage
	if json.Unmarshal(text, &object) != nil {
		return referenceFields{}, false
	}
	whole := true
	str := func(name string, into any) {
		raw, ok := object[name]
		whole = whole && ok && string(raw) != "null" && json.Unmarshal(raw, into) == nil
	}
	var f referenceFields
	var kind, id, title string
	str("object", &kind)
	str("id", &id)
	str("created_time", &f.created)
	str("last_edited_time", &f.edited)
	str("url", &f.url)
	var ok bool
	f.id, ok = NormalizeID(id)
	var properties map[string]json.RawMessage
	str("properties", &properties)
	for _, raw := range properties {
		var decoded any
		if json.Unmarshal(raw, &decoded) == nil && referenceCut(decoded) != "" {
			f.cut++
		}
		// Any value passes except a title that is not rich text.
		var value map[string]json.RawMessage
		if json.Unmarshal(raw, &value) == nil && json.Unmarshal(value["type"], &title) == nil && title == "title" {
			_, err := plainText(value["title"])
			ok = ok && (err == nil || string(value["title"]) == "null" || value["title"] == nil)
		}
	}
	f.properties, f.parent = string(object["properties"]), string(object["parent"])
	if _, _, err := parentIDs(object["parent"]); err != nil {
		ok = false
	}
	for _, name := range []string{"is_archived", "is_locked", "archived", "in_trash"} {
		var flag *bool
		if raw := object[name]; raw != nil && json.Unmarshal(raw, &flag) != nil {
			ok = false
		}
		if flag != nil && (name == "in_trash" || name == "archived") {
			f.inTrash = *flag
		}
	}
	if raw := object["public_url"]; raw != nil {
		var url *string
		ok = ok && json.Unmarshal(raw, &url) == nil
	}
	f.created, f.edited = f.created.UTC(), f.edited.UTC()
	return f, whole && ok && kind == "page"
}

// FuzzDecodeList compares decodePageList with encoding/json.
func FuzzDecodeList(f *testing.F) {
	for _, seed := range []string{
		listJSON(""),
		listJSON("next", pageJSON(pageID, nameProperty), `{"object":"data_source","id":"`+sourceID+`"}`),
		strings.Replace(listJSON("next"), `"has_more"`, `"request_status":{"type":"incomplete"},"has_more"`, 1),
		`{"object":"list","results":[{"object":"page"}],"has_more":false}`,
		`{"object":"list"`,
		`{"object":"list",7:[],"results":[{]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		list, err := decodePageList(text)
		if err != nil {
			return
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatalf("decoded, but encoding/json says %v", err)
		}
		var results []json.RawMessage
		if err := json.Unmarshal(want["results"], &results); err != nil {
			t.Fatal(err)
		}
		for i, raw := range results {
			var row map[string]json.RawMessage
			var at time.Time
			if json.Unmarshal(raw, &row) == nil && json.Unmarshal(row["created_time"], &at) == nil && !at.Equal(list.Created[i]) {
				t.Fatalf("row %d was created at %v, want %v", i, list.Created[i], at)
			}
		}
		if len(list.Pages)+len(list.DataSources)+len(list.Unreadable) != len(results) || len(list.Created) != len(results) {
			t.Fatalf("%d pages, %d data sources and %d unreadable rows of %d results", len(list.Pages), len(list.DataSources), len(list.Unreadable), len(results))
		}
		if string(want["has_more"]) != map[bool]string{true: "true", false: "false"}[list.HasMore] {
			t.Fatalf("has_more %v, want %s", list.HasMore, want["has_more"])
		}
		pages := list.Pages
		for _, raw := range results {
			if page, err := DecodePage(raw); err == nil {
				if !reflect.DeepEqual(page, pages[0]) {
					t.Fatalf("in the list %+v, alone %+v", pages[0], page)
				}
				pages = pages[1:]
			}
		}
		if len(pages) != 0 {
			t.Fatalf("%d pages of the list do not decode alone", len(pages))
		}
	})
}

// FuzzCanonical compares the canonical form with encoding/json: two texts have the
// same form exactly if they decode to the same values, after removal of what the form
// leaves out.
func FuzzCanonical(f *testing.F) {
	for _, seed := range [][2]string{
		{`{"b":1,"a":[true,null,"x"]}`, `{"a":[true,null,"\u0078"],"b":1}`},
		{`{"P":` + hosted(1) + `}`, `{"P":` + hosted(2) + `}`},
		{`{"object":"user","avatar_url":"1"}`, `{"object":"user"}`},
		{`{"type":"custom_emoji","custom_emoji":{"url":"a?1"}}`, `{"type":"custom_emoji","custom_emoji":{"url":"a?2"}}`},
		{`["a","bc"]`, `["ab","c"]`},
		{`1.0`, `1`},
		{`"\u12`, `{"a":[}`},
		{`{"a":{"type":"file"},"expiry_time":1}`, `{"expiry_time":1,"a":{"type":"file"}}`},
	} {
		f.Add([]byte(seed[0]), []byte(seed[1]))
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		for _, names := range []naming{notionsNames, peoplesNames} {
			formA, formB := formOf(a, names), formOf(b, names) // for any texts
			valueA, okA := referenceValue(a, names)
			valueB, okB := referenceValue(b, names)
			if !okA || !okB {
				return
			}
			if same := reflect.DeepEqual(valueA, valueB); same != bytes.Equal(formA, formB) {
				t.Fatalf("the same value: %v, but the forms are\n%q\n%q", same, formA, formB)
			}
			respelled, err := json.MarshalIndent(valueA, " ", "\t")
			if err != nil {
				t.Fatal(err)
			}
			if form := formOf(respelled, names); !bytes.Equal(form, formA) {
				t.Fatalf("spelled differently the form is\n%q, want\n%q", form, formA)
			}
		}
	})
}

// formOf is the canonical form of one text.
func formOf(text []byte, names naming) []byte {
	var f form
	f.appendJSON(text, names)
	return f.bytes
}

// referenceValue decodes a text and removes what the canonical form leaves out. It
// returns false for texts that encoding/json reads differently: encoding/json replaces
// lone surrogates, and keeps the last of members with one name.
func referenceValue(text []byte, names naming) (any, bool) {
	if !utf8.Valid(text) || bytes.Contains(bytes.ToLower(text), []byte(`\ud`)) || readStrictly(text, noNodes, (*strictReader).skip) != nil {
		return nil, false
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var value any
	if dec.Decode(&value) != nil {
		return nil, false
	}
	if names == notionsNames {
		referenceForget(value)
		return value, true
	}
	switch value := value.(type) {
	case map[string]any:
		for _, v := range value {
			referenceForget(v)
		}
	case []any:
		for _, v := range value {
			referenceForget(v)
		}
	}
	return value, true
}

func referenceForget(value any) {
	switch value := value.(type) {
	case []any:
		for _, v := range value {
			referenceForget(v)
		}
	case map[string]any:
		of := "" // the member whose url is cut
		switch {
		case value["object"] == "user":
			delete(value, "avatar_url")
		case value["type"] == "file":
			of = "file"
		case value["type"] == "custom_emoji":
			of = "custom_emoji"
		}
		if inner, ok := value[of].(map[string]any); ok && of != "" {
			if of == "file" {
				delete(inner, "expiry_time")
			}
			if url, ok := inner["url"].(string); ok {
				inner["url"], _, _ = strings.Cut(url, "?")
			}
		}
		for _, v := range value {
			referenceForget(v)
		}
	}
}
