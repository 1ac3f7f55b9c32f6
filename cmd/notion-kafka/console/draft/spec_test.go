package draft

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A definition comes out as it went in, with the keys that the pages do not know, and with
// texts that are wrong.
func TestADefinitionKeepsWhatThePagesDoNotKnow(t *testing.T) {
	for _, text := range []string{
		`{}`,
		`{"name":"acme"}`,
		`{"name":"Bad Name","token":"ntn_1","topic_prefix":"x.","trigger":{"every":"soon"},"sweep":"off"}`,
		`{"max_streams":5}`,
		`{"name":"a","oauth":true,"max_delete_ratio":0.25,"trigger":{"weekly_on":"monday","at":"06:00","timezone":"Europe/Berlin"},"exclude_properties":[],
			"streams":[{"match":"databases","enabled":false},{"match":"title:Old *","publish":"all","sweep":{"daily_at":"03:00"}},{"match":"database_*"}]}`,
	} {
		spec, err := Parse(json.RawMessage(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		var in, out any
		if err := json.Unmarshal([]byte(text), &in); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(spec.JSON(), &out); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(in, out); diff != "" {
			t.Errorf("in (-) and out (+) of %s:\n%s", text, diff)
		}
	}
}
