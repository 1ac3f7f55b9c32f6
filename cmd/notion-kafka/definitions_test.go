package main

import (
	"encoding/json"
	"strings"
	"testing"

	"notion-kafka/producer/control"
	"notion-kafka/producer/seal"
)

// A definition under another name is refused: a second owner would publish the source's
// records again. And the sealed secret of one source is of no use in another.
func TestDefinitionUnderAnotherNameIsRefused(t *testing.T) {
	tt := serving(t)
	d := definitions{config: tt.app.Config, connector: newConnector(tt.app.Config, tt.app.Log, nil), keys: mustOpenKeyring(t, tt.app.Config)}
	crm, err := d.define(json.RawMessage(`{"name": "crm", "token": "ntn_crm"}`), control.Definition{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.open("crm", crm); err != nil {
		t.Fatal(err)
	}
	poser := crm
	poser.Sealed = nil
	poser.Spec = json.RawMessage(`{"name": "crm", "token": "ntn_any"}`)
	if _, err := d.open("zzz", poser); err == nil || !strings.Contains(err.Error(), `defines source "crm"`) {
		t.Errorf("crm under the name zzz: %v", err)
	}
	thief := control.Definition{Spec: json.RawMessage(`{"name": "evil", "topic_prefix": "loot."}`), Sealed: crm.Sealed}
	if _, err := d.open("evil", thief); err == nil || !strings.Contains(err.Error(), "sealed as token of source crm") {
		t.Errorf("the token of crm for source evil: %v", err)
	}
}

// A token that is entered again is sealed with the current key, also where a previous key
// opens the stored text: after a leak of that key it can be taken away. The same token
// under the same key is no change.
func TestSecretThatIsEnteredAgainIsSealedWithTheCurrentKey(t *testing.T) {
	tt := serving(t)
	var keys []string
	for range 2 {
		key, err := seal.GenerateKey()
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	under := func(key string, previous ...string) definitions {
		ring, err := seal.New(key, previous)
		if err != nil {
			t.Fatal(err)
		}
		return definitions{config: tt.app.Config, connector: newConnector(tt.app.Config, tt.app.Log, nil), keys: ring}
	}
	spec := json.RawMessage(`{"name": "crm", "token": "ntn_crm"}`)
	first, err := under(keys[0]).define(spec, control.Definition{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if same, err := under(keys[0]).define(spec, first, nil); err != nil || same.Sealed["token"] != first.Sealed["token"] {
		t.Errorf("the same token under the same key is a change: %v", err)
	}
	again, err := under(keys[1], keys[0]).define(spec, first, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := under(keys[1]).open("crm", again); err != nil {
		t.Errorf("entered again, without the previous key: %v", err)
	}
	resealed, changed := under(keys[1], keys[0]).reseal("crm", first)
	if _, err := under(keys[1]).open("crm", resealed); err != nil || !changed {
		t.Errorf("sealed anew, without the previous key: %v, changed: %v", err, changed)
	}
	if _, changed := under(keys[1], keys[0]).reseal("crm", resealed); changed {
		t.Error("what is sealed with the current key is sealed anew")
	}
}
