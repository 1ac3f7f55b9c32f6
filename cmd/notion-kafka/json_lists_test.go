package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
)

// What commands print has the fields of the page of the JSON output, and an array for each
// list: with a source that has run, and before there is one.
func TestJSONHasArrays(t *testing.T) {
	i := newInstance(t)
	i.environ = append(i.environ, "NOTION_KAFKA_CONSOLE__LISTEN="+strings.TrimPrefix(i.console(), "http://"))
	for _, command := range []string{"sources", "runs", "instances", "state show"} {
		i.mustFit(command, command)
	}
	page := i.workspace.AddDatabase("Projects", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}).AddPage("Website relaunch", nil)
	run := i.make("acme", fmt.Sprintf(`{"name": "acme", "token": %q, "topic_prefix": "notion.acme.", "trigger": {"manual": true}}`, i.workspace.Token()))
	i.write("sources: [{name: acme, token: " + i.workspace.Token() + "}]\n")
	for command, line := range map[string]string{
		"check": "check", "discover": "discover", "state show": "state show", "runs": "runs --failed", "once": "runs", "runs show": "runs show " + run.ID,
		"sources show": "sources show acme", "instances": "instances", "find": "find " + page, "deletes show": "deletes show acme Projects",
		"schema": "schema Projects", "keygen": "keygen", "version": "version",
	} {
		i.mustFit(command, line)
	}
}

// mustFit runs a command line with --output json, and compares what it prints with the type
// that the page has for a command.
func (i *instance) mustFit(command, line string) {
	i.t.Helper()
	out, _ := i.must(0, append(strings.Fields(line), "--output", "json")...)
	var got any
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		i.t.Fatalf("%s: %v\n%s", line, err, out)
	}
	for _, example := range jsonExamples {
		if example.commands[0] == command && example.value != nil {
			if command == "sources" { // the page shows one
				example.value = []any{}
			}
			fits(i.t, line, reflect.TypeOf(example.value), got)
			return
		}
	}
	if _, is := got.([]any); !is {
		i.t.Errorf("%s: want an array, got\n%s", line, out)
	}
}

// fits fails the test where a list is not an array, or an object has fields that its type
// lacks.
func fits(t *testing.T, at string, typ reflect.Type, got any) {
	t.Helper()
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	switch {
	case typ == reflect.TypeFor[time.Time](), typ == reflect.TypeFor[json.RawMessage](), typ.Kind() == reflect.Interface:
	case typ.Kind() == reflect.Slice:
		elements, is := got.([]any)
		if !is {
			t.Errorf("%s: want an array, got %v", at, got)
		}
		for n, element := range elements {
			fits(t, fmt.Sprintf("%s[%d]", at, n), typ.Elem(), element)
		}
	case typ.Kind() == reflect.Struct && got != nil:
		object, is := got.(map[string]any)
		if !is {
			t.Errorf("%s: want an object, got %v", at, got)
		}
		fields := fieldTypes(typ)
		for name, value := range object {
			if fields[name] == nil {
				t.Errorf("%s has %s, which the page lacks", at, name)
				continue
			}
			fits(t, at+"."+name, fields[name], value)
		}
	}
}

// fieldTypes are the types of an object's fields by their names in JSON.
func fieldTypes(typ reflect.Type) map[string]reflect.Type {
	types := map[string]reflect.Type{}
	for _, field := range reflect.VisibleFields(typ) {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" && name != "-" {
			types[name] = field.Type
		}
	}
	return types
}
