package avro

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A schemaField holds the parts of a field that the contract fixes.
type schemaField struct{ Name, Type string }

// The contract's tables: order, types and nullability. Changing a line here
// breaks consumers.
func TestSchemasKeepTheContract(t *testing.T) {
	const (
		text     = `"string"`
		optional = `["null","string"] default null`
		moment   = `{"type":"long","logicalType":"timestamp-millis"}`
		flag     = `"boolean"`
		flagNo   = `"boolean" default false`
	)
	tests := []struct {
		name, text string
		want       []schemaField
	}{
		{"Page", PageSchema, []schemaField{
			{"id", text}, {"object", text}, {"last_edited_time", moment}, {"properties", text}, {"created_time", moment},
			{"created_by", optional}, {"last_edited_by", optional}, {"cover", optional}, {"icon", optional},
			{"parent", text}, {"archived", flag}, {"in_trash", flag}, {"url", text}, {"public_url", optional},
			{"title", optional}, {"database_id", optional}, {"data_source_id", optional}, {"created_by_id", optional},
			{"last_edited_by_id", optional}, {"is_archived", flagNo}, {"is_locked", flagNo},
		}},
		{"Database", DatabaseSchema, []schemaField{
			{"id", text}, {"title", text}, {"object", text}, {"properties", text}, {"created_time", moment},
			{"created_by", optional}, {"last_edited_by", optional}, {"last_edited_time", moment}, {"cover", optional},
			{"icon", optional}, {"parent", text}, {"url", text}, {"public_url", optional}, {"archived", flag},
			{"in_trash", flag}, {"title_text", optional}, {"description", optional}, {"is_inline", flagNo},
			{"data_sources", optional},
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := parse(test.text); err != nil {
				t.Fatal(err)
			}
			var schema struct {
				Type, Name, Namespace string
				Fields                []struct {
					Name, Doc     string
					Type, Default json.RawMessage
				}
			}
			if err := json.Unmarshal([]byte(test.text), &schema); err != nil {
				t.Fatal(err)
			}
			if schema.Type != "record" || schema.Name != test.name || schema.Namespace != "notion" {
				t.Errorf("the schema is a %s named %s.%s", schema.Type, schema.Namespace, schema.Name)
			}
			var got []schemaField
			for _, field := range schema.Fields {
				if field.Doc == "" {
					t.Errorf("field %s has no doc", field.Name)
				}
				kind := string(field.Type)
				if len(field.Default) > 0 {
					kind += " default " + string(field.Default)
				}
				got = append(got, schemaField{field.Name, kind})
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
		})
	}
}
