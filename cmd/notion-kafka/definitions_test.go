package main

import (
	"encoding/json"
	"strings"
	"testing"

	"notion-kafka/producer/control"
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
