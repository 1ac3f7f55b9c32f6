package main

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"notion-kafka/producer/control"
)

// sampleTexts are values of fields by their names in JSON, those of one type with its name
// before them. A field of another name gets its name.
var sampleTexts = map[string]string{
	"Finding.id": "59833787-2cf9-4fdf-8782-e53db20768a5", "Instance.id": "notion-kafka@host-a-4711", "Offer.properties": "Name",
	"printedSchema.text": `{"type": "record", …}`, "printedKey.key": "AGE-SECRET-KEY-1…", "logLine.level": "INFO",
	"Place.why": "current", "Scan.run": "20261130T060000Z-de63d75ea699", "headers": "update", "person": "Ada", "owner": "notion-kafka@host-a-4711",
	"day": "2026-11-30", "stuck": "it is too large", "stalled": "the topic is gone", "pinned_name": "projects",
	"source": "acme", "name": "acme", "sources": "acme", "workspace": "Acme", "bot_id": "5a1c6b9e-2f0d-4a68-9c0e-9d6b9f1f0a11",
	"stream": "database_248104cd-477e-80fd-b757-e945d38000bd", "database_id": "248104cd-477e-80fd-b757-e945d38000bd", "data_source_ids": "1f2f1a5c-83c4-4c0f-8f3a-0d9b1a0c7d52",
	"title": "Projects", "topic": "notion.acme.projects", "topic_name": "projects", "left_topic": "notion.acme.old", "left_topics": "notion.acme.old",
	"page": "59833787-2cf9-4fdf-8782-e53db20768a5", "key": "59833787-2cf9-4fdf-8782-e53db20768a5", "url": "https://www.notion.so/598337872cf94fdf8782e53db20768a5",
	"id": "20261130T060000Z-de63d75ea699", "sync": "incremental", "kind": "incremental", "trigger": "schedule", "status": "succeeded", "health": "ready", "op": "update",
	"properties": "typed", "origin": "file", "answer": "current", "fate": "trashed", "level": "ok", "icon": "📌", "version": "v1.0.0",
	"error": "what went wrong", "reason": "why", "text": "what is so, and what to do", "problem": "why it cannot be read", "msg": "run done",
	"console": "http://host-a:8080", "commit": "0123abc", "go": "go1.26.0", "as": "avro", "scanning": "3 of 5 windows", "columns": "column due was added",
	"disagreements": "acme", "held": "59833787-2cf9-4fdf-8782-e53db20768a5", "of": "databases", "schema": `{"type": "record"}`,
}

// sampleJSON are values of fields that are JSON already.
var sampleJSON = map[string]string{
	"value":      `{"id":"59833787-2cf9-4fdf-8782-e53db20768a5","title":"Website relaunch"}`,
	"definition": `{"name":"acme","trigger":{"every":"5m"}}`,
	"source":     `{"name":"acme"}`,
}

// sampleKeys are the keys of maps by the names of fields.
var sampleKeys = map[string]string{"log": "msg", "headers": "notion-kafka.op", "topics": "notion.acme.projects", "stuck": "59833787-2cf9-4fdf-8782-e53db20768a5"}

var sampleTime = time.Date(2026, 11, 30, 6, 0, 0, 0, time.UTC)

// fill gives every field of a value something to show; name is that of the field in JSON,
// below the name of its type.
func fill(t *testing.T, v reflect.Value, name string) {
	t.Helper()
	_, field, _ := strings.Cut(name, ".")
	switch v.Interface().(type) {
	case control.SourceStatus:
		v.SetString(string(control.SourceReady))
		return
	case time.Time:
		v.Set(reflect.ValueOf(sampleTime))
		return
	case json.RawMessage:
		v.SetBytes([]byte(orElse(sampleJSON, field, `{}`)))
		return
	case []byte:
		v.SetBytes([]byte("bytes"))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Type().Field(i)
			tag, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if tag == "" && !field.Anonymous {
				tag = strings.ToLower(field.Name)
			}
			if field.IsExported() && tag != "-" {
				fill(t, v.Field(i), v.Type().Name()+"."+tag)
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), name)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(t, v.Index(0), name)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		if key.Kind() == reflect.String {
			key.SetString(orElse(sampleKeys, field, "1f2f1a5c-83c4-4c0f-8f3a-0d9b1a0c7d52"))
		} else {
			fill(t, key, "")
		}
		fill(t, value, name)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString(orElse(sampleTexts, name, orElse(sampleTexts, field, field)))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Float64:
		v.SetFloat(1.5)
	case reflect.Interface:
		v.Set(reflect.ValueOf("run done"))
	default:
		t.Fatalf("field %s has the kind %s", name, v.Kind())
	}
}

func orElse(values map[string]string, name, otherwise string) string {
	if value, ok := values[name]; ok {
		return value
	}
	return otherwise
}
