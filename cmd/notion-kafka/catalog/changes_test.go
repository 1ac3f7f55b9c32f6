package catalog

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/producer/control"
)

// value is a decoded page or database: its fields, and its properties as the JSON text that
// a record has them as.
func value(properties, others string) string {
	text, err := json.Marshal(properties)
	if err != nil {
		panic(err) // of a string
	}
	if others != "" {
		others = "," + others
	}
	return `{"id":"p","properties":` + string(text) + others + `}`
}

// said is what changes say, one a line.
func said(changes []control.Change) string {
	var lines []string
	for _, c := range changes {
		line := fmt.Sprintf("%s [%s %s]: %s -> %s", c.Property, c.ID, c.Type, c.Before, c.After)
		if c.RenamedFrom != "" {
			line = "was " + c.RenamedFrom + ", " + line
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func TestChanges(t *testing.T) {
	const (
		page     = `"object":"page"`
		database = `"object":"database"`
		done     = `"Done":{"id":"%3Ab","type":"checkbox","checkbox":true}`
		open     = `"Done":{"id":"%3Ab","type":"checkbox","checkbox":false}`
		title    = `"Name":{"id":"title","type":"title","title":[]}`
	)
	file := func(query string) string {
		return `"F":{"id":"f","type":"files","files":[{"name":"a","type":"file","file":{"url":"https://files.example/a` + query + `","expiry_time":"` + query + `"}}]}`
	}
	for name, test := range map[string]struct{ before, after, want string }{
		"nothing":            {value(`{`+title+`}`, page), value(`{`+title+`}`, page), ""},
		"one property":       {value(`{`+title+`,`+done+`}`, page), value(`{`+open+`,`+title+`}`, page), `Done [%3Ab checkbox]: {"id":"%3Ab","type":"checkbox","checkbox":true} -> {"id":"%3Ab","type":"checkbox","checkbox":false}`},
		"the order of names": {value(`{`+done+`}`, page), value(`{"Done": {"checkbox": true, "type":"checkbox","id":"%3Ab"}}`, page), ""},
		"another signature":  {value(`{`+file("?sig=1")+`}`, page), value(`{`+file("?sig=2")+`}`, page), ""},
		"another file": {value(`{`+file("1?sig=1")+`}`, page), value(`{`+file("2?sig=1")+`}`, page),
			"F [f files]: " + file("1?sig=1")[4:] + " -> " + file("2?sig=1")[4:]},
		"a new name": {value(`{`+done+`}`, page), value(`{"Ready":{"id":"%3Ab","type":"checkbox","checkbox":true}}`, page),
			`was Done, Ready [%3Ab checkbox]: {"id":"%3Ab","type":"checkbox","checkbox":true} -> {"id":"%3Ab","type":"checkbox","checkbox":true}`},
		"two names that are exchanged": {value(`{"A":{"id":"1","v":1},"B":{"id":"2","v":2}}`, page), value(`{"B":{"id":"1","v":1},"A":{"id":"2","v":3}}`, page),
			"was A, B [1 ]: {\"id\":\"1\",\"v\":1} -> {\"id\":\"1\",\"v\":1}\nwas B, A [2 ]: {\"id\":\"2\",\"v\":2} -> {\"id\":\"2\",\"v\":3}"},
		"another type": {value(`{"N":{"id":"n","type":"number","number":1}}`, page), value(`{"N":{"id":"n","type":"url","url":"1"}}`, page),
			`N [n url]: {"id":"n","type":"number","number":1} -> {"id":"n","type":"url","url":"1"}`},
		"one more and one less": {value(`{`+done+`}`, page), value(`{`+title+`}`, page),
			`Name [title title]: null -> {"id":"title","type":"title","title":[]}` + "\n" + `Done [%3Ab checkbox]: {"id":"%3Ab","type":"checkbox","checkbox":true} -> null`},
		"fields of the envelope": {
			value(`{}`, page+`,"last_edited_time":"1","url":"x","cover":"{\"type\":\"file\",\"file\":{\"url\":\"a?1\",\"expiry_time\":\"1\"}}","icon":null,"in_trash":false,"archived":false,"title":"A","public_url":null,"last_edited_by":"{\"object\":\"user\",\"id\":\"u\",\"avatar_url\":\"1\"}","last_edited_by_id":"u"`),
			value(`{}`, page+`,"last_edited_time":"2","url":"y","cover":"{\"type\":\"file\",\"file\":{\"url\":\"a?2\",\"expiry_time\":\"2\"}}","icon":"{\"type\":\"emoji\"}","in_trash":true,"archived":true,"title":"B","public_url":"true","last_edited_by":"{\"object\":\"user\",\"id\":\"v\",\"avatar_url\":\"2\"}","last_edited_by_id":"v"`),
			"last_edited_time [ ]: \"1\" -> \"2\"\nlast_edited_by [ ]: {\"object\":\"user\",\"id\":\"u\",\"avatar_url\":\"1\"} -> {\"object\":\"user\",\"id\":\"v\",\"avatar_url\":\"2\"}\n" +
				"icon [ ]: null -> {\"type\":\"emoji\"}\nin_trash [ ]: false -> true\npublic_url [ ]: null -> \"true\""},
		"a move": {value(`{}`, page+`,"parent":"{\"type\":\"data_source_id\",\"data_source_id\":\"1\"}","data_source_id":"1"`), value(`{}`, page+`,"parent":"{\"type\":\"data_source_id\",\"data_source_id\":\"2\"}","data_source_id":"2"`),
			`parent [ ]: {"type":"data_source_id","data_source_id":"1"} -> {"type":"data_source_id","data_source_id":"2"}`},
		"a data source of the same parent":     {value(`{}`, page+`,"parent":"{}","data_source_id":"1"`), value(`{}`, page+`,"parent":"{}","data_source_id":"2"`), `data_source_id [ ]: "1" -> "2"`},
		"a field that an older schema has not": {value(`{}`, page), value(`{}`, page+`,"is_locked":true,"icon":null`), `is_locked [ ]: null -> true`},
		"a schema": {value(`{"S":{"id":"s","name":"S","type":"select","select":{"options":[]}}}`, database), value(`{"S":{"id":"s","name":"S","type":"select","select":{"options":[{"name":"x"}]}}}`, database),
			`S [s select]: {"id":"s","name":"S","type":"select","select":{"options":[]}} -> {"id":"s","name":"S","type":"select","select":{"options":[{"name":"x"}]}}`},
		"a schema's property of the same name, said otherwise": {value(`{"S":{"id":"s","name":"S","type":"url","url":{}}}`, database), value(`{"S":{"id":"s","name":"s","type":"url","url":{}}}`, database), ""},
		"titles of several data sources": {value(`{"A":{"id":"title","type":"title"},"B":{"id":"title","type":"title"}}`, database), value(`{"A":{"id":"title","type":"title"},"B":{"id":"title","type":"title","x":1}}`, database),
			`B [title title]: {"id":"title","type":"title"} -> {"id":"title","type":"title","x":1}`},
		"a database's title": {value(`{}`, database+`,"title":"[]","title_text":"","data_sources":"[{\"url\":\"1\",\"last_edited_time\":\"1\"}]"`), value(`{}`, database+`,"title":"[{\"plain_text\":\"T\"}]","title_text":"T","data_sources":"[{\"url\":\"2\",\"last_edited_time\":\"2\"}]"`),
			`title [ ]: [] -> [{"plain_text":"T"}]`},
		"a data source's name": {value(`{}`, database+`,"data_sources":"[{\"title\":1}]"`), value(`{}`, database+`,"data_sources":"[{\"title\":2}]"`), `data_sources [ ]: [{"title":1}] -> [{"title":2}]`},
		"a data source's name, and a field": {value(`{}`, database+`,"in_trash":false,"data_sources":"[{\"title\":1}]"`), value(`{}`, database+`,"in_trash":true,"data_sources":"[{\"title\":2}]"`),
			"in_trash [ ]: false -> true\ndata_sources [ ]: [{\"title\":1}] -> [{\"title\":2}]"},
		"a schema that another source hides": {value(`{}`, database+`,"data_sources":"[{\"properties\":1,\"url\":1}]"`), value(`{}`, database+`,"data_sources":"[{\"properties\":2,\"url\":2}]"`),
			`data_sources [ ]: [{"properties":1,"url":1}] -> [{"properties":2,"url":2}]`},
		"a schema that its properties tell": {value(`{}`, database+`,"data_sources":"[{\"properties\":{}}]"`), value(`{"P":{"id":"p"}}`, database+`,"data_sources":"[{\"properties\":{\"P\":1}}]"`), `P [p ]: null -> {"id":"p"}`},
		"an object of another program":      {`{"a":1,"b":[1]}`, `{"b":[2],"c":"x"}`, "b [ ]: [1] -> [2]\nc [ ]: null -> \"x\"\na [ ]: 1 -> null"},
		"no objects":                        {`"a"`, `"b"`, `value [ ]: "a" -> "b"`},
		"no objects, the same":              {`"a"`, `"a"`, ""},
		"properties that are none":          {value(`[`, page), value(`[]`, page), `properties [ ]: "[" -> "[]"`},
	} {
		t.Run(name, func(t *testing.T) {
			changes := changesBetween(json.RawMessage(test.before), json.RawMessage(test.after))
			if changes == nil {
				t.Error("it returns nil, which means that nothing could be compared")
			}
			if diff := cmp.Diff(test.want, said(changes)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// JSON of any depth is compared.
func TestChangesOfDeepValues(t *testing.T) {
	deep := func(levels int, inner string) string {
		return strings.Repeat(`{"a":`, levels) + inner + strings.Repeat(`}`, levels)
	}
	for _, levels := range []int{1000, 100_000} {
		before, after := value(`{"D":`+deep(levels, "1")+`}`, `"object":"page"`), value(`{"D":`+deep(levels, "2")+`}`, `"object":"page"`)
		if changes := changesBetween(json.RawMessage(before), json.RawMessage(after)); len(changes) != 1 {
			t.Errorf("%d levels: %d changes", levels, len(changes))
		}
	}
}

// People and other programs name properties as they like. Which of two with one name counts
// is open; that they differ is said.
func TestChangesOfHostileNames(t *testing.T) {
	before := value(`{"":{},"\ud800":{"id":7},"x":{"id":"i"},"x":{"id":"i"}}`, `"object":"page"`)
	after := value(`{"":{},"\ud800":{"id":7},"x":{"id":"i"},"x":{"id":"j"}}`, `"object":"page"`)
	if changes := changesBetween(json.RawMessage(before), json.RawMessage(after)); len(changes) == 0 {
		t.Error("it finds nothing")
	}
	if changes := changesBetween(json.RawMessage(before), json.RawMessage(before)); len(changes) != 0 {
		t.Errorf("of one value twice: %s", said(changes))
	}
}
