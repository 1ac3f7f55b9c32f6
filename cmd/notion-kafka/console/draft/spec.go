// Package draft changes the definition of a source step by step, as the pages of Add
// source do. It knows nothing of Notion and Kafka: what a definition does is the
// backend's to say.
package draft

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// A Spec is one element of sources:, which may be unfinished and wrong. What it has beside
// these keys is kept.
type Spec struct {
	Name              string    `json:"name,omitzero"`
	Description       string    `json:"description,omitzero"`
	Token             string    `json:"token,omitzero"`
	OAuth             bool      `json:"oauth,omitzero"`
	TopicPrefix       string    `json:"topic_prefix,omitzero"`
	Trigger           *Trigger  `json:"trigger,omitempty"`
	Sync              string    `json:"sync,omitzero"`
	Sweep             *Trigger  `json:"sweep,omitempty"`
	Deletes           string    `json:"deletes,omitzero"`
	Properties        string    `json:"properties,omitzero"`
	ExcludeProperties *[]string `json:"exclude_properties,omitempty"`
	Streams           []Rule    `json:"streams,omitempty"`

	rest fields
}

// A Rule is one element of streams:.
type Rule struct {
	Match   string `json:"match"`
	Enabled *bool  `json:"enabled,omitempty"`
	Topic   string `json:"topic,omitzero"`
	Sync    string `json:"sync,omitzero"`
	// Properties is the form of the properties: json or typed.
	Properties string `json:"properties,omitzero"`

	rest fields
}

// A Trigger is a trigger as a form has it: its texts may be wrong.
type Trigger struct {
	Every    string `json:"every,omitzero"` // such as 5m
	DailyAt  string `json:"daily_at,omitzero"`
	WeeklyOn string `json:"weekly_on,omitzero"`
	At       string `json:"at,omitzero"`
	Cron     string `json:"cron,omitzero"`
	Timezone string `json:"timezone,omitzero"`
	Manual   bool   `json:"manual,omitzero"`
	Off      bool   `json:"-"` // the word off, of sweeps only
}

// Kind is which form a trigger has: every, daily, weekly, cron, manual or off.
func (t Trigger) Kind() string {
	switch {
	case t.Off:
		return "off"
	case t.Manual:
		return "manual"
	case t.Cron != "":
		return "cron"
	case t.WeeklyOn != "":
		return "weekly"
	case t.DailyAt != "":
		return "daily"
	}
	return "every"
}

// MarshalJSON returns the text off, or an object.
func (t Trigger) MarshalJSON() ([]byte, error) {
	if t.Off {
		return []byte(`"off"`), nil
	}
	type plain Trigger
	return json.Marshal(plain(t))
}

// UnmarshalJSON reads the text off, or an object.
func (t *Trigger) UnmarshalJSON(text []byte) error {
	if bytes.Equal(text, []byte(`"off"`)) {
		*t = Trigger{Off: true}
		return nil
	}
	type plain Trigger
	return json.Unmarshal(text, (*plain)(t))
}

// fields are the keys of an object that a type has no field for.
type fields map[string]json.RawMessage

// Parse reads an element of sources:. Its error says that the element is none.
func Parse(spec json.RawMessage) (Spec, error) {
	var s Spec
	if err := json.Unmarshal(spec, &s); err != nil {
		return Spec{}, fmt.Errorf("reading the definition of a source: %w", err)
	}
	return s, nil
}

// JSON returns the element as [Parse] reads it.
func (s Spec) JSON() json.RawMessage {
	text, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprintf("draft: writing a definition: %v", err)) // it was read as JSON, and texts cannot fail
	}
	return text
}

// MarshalJSON returns an object with the keys that the pages know and those that they do
// not.
func (s Spec) MarshalJSON() ([]byte, error) {
	type plain Spec
	return whole(plain(s), s.rest)
}

// UnmarshalJSON keeps the keys that the pages do not know.
func (s *Spec) UnmarshalJSON(text []byte) error {
	type plain Spec
	err := json.Unmarshal(text, (*plain)(s))
	if err == nil {
		s.rest, err = others(text, plain{
			Name: "x", Description: "x", Token: "x", OAuth: true, TopicPrefix: "x", Trigger: new(Trigger), Sync: "x", Sweep: new(Trigger),
			Deletes: "x", Properties: "x", ExcludeProperties: new([]string), Streams: []Rule{{}},
		})
	}
	return err
}

// MarshalJSON returns an object with the keys that the pages know and those that they do
// not.
func (r Rule) MarshalJSON() ([]byte, error) {
	type plain Rule
	return whole(plain(r), r.rest)
}

// UnmarshalJSON keeps the keys that the pages do not know.
func (r *Rule) UnmarshalJSON(text []byte) error {
	type plain Rule
	err := json.Unmarshal(text, (*plain)(r))
	if err == nil {
		r.rest, err = others(text, plain{Match: "x", Enabled: new(bool), Topic: "x", Sync: "x", Properties: "x"})
	}
	return err
}

// others returns the keys of an object that full, in which every field is set, does not
// have.
func others(text []byte, full any) (fields, error) {
	var all, known fields
	shape, err := json.Marshal(full)
	if err == nil {
		err = json.Unmarshal(shape, &known)
	}
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil {
		return nil, err
	}
	for key := range known {
		delete(all, key)
	}
	return all, nil
}

// whole returns an object with its known keys, and then the rest.
func whole(known any, rest fields) ([]byte, error) {
	text, err := json.Marshal(known)
	if err != nil || len(rest) == 0 {
		return text, err
	}
	more, err := json.Marshal(rest)
	if err != nil {
		return nil, err
	}
	if len(text) == len("{}") {
		return more, nil
	}
	return append(append(text[:len(text)-1], ','), more[1:]...), nil
}
