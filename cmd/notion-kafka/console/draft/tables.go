package draft

import (
	"slices"
	"strings"

	"notion-kafka/producer/control"
)

// A TableForm is what the page of tables has for one stream.
type TableForm struct {
	Topic string // whole; "": the suggested one
	Sync  string // incremental or full_table; "" where it is no choice
	// Properties is json or typed; "" where it is no choice.
	Properties string
}

// The forms of properties.
const (
	jsonText     = "json"
	typedColumns = "typed"
)

// DefaultPrefix is the prefix of the topics of a source that has none of its own.
func DefaultPrefix(name string) string { return "notion." + name + "." }

// Prefix returns the prefix of the source's topics.
func (s Spec) Prefix() string {
	if s.TopicPrefix != "" {
		return s.TopicPrefix
	}
	return DefaultPrefix(s.Name)
}

// Rename gives the source another name. Topics with the prefix that came from the old name
// get the new one.
func (s *Spec) Rename(name string) {
	before := s.Prefix()
	s.Name = name
	s.movePrefix(before)
}

// SetPrefix gives the source another prefix of topics. Topics that begin with the old one
// keep the rest of their names.
func (s *Spec) SetPrefix(prefix string) {
	before := s.Prefix()
	s.TopicPrefix = prefix
	if prefix == DefaultPrefix(s.Name) {
		s.TopicPrefix = ""
	}
	s.movePrefix(before)
}

func (s *Spec) movePrefix(before string) {
	for i, rule := range s.Streams {
		if name, has := strings.CutPrefix(rule.Topic, before); has && before != "" && name != "" {
			s.Streams[i].Topic = s.Prefix() + name
		}
	}
}

// SetTables gives enabled tables their topics and modes. Every topic is written out as the
// page showed it, so that a title that changes before the first run changes no topic. With
// known, the source exists, and what it has already is not written out.
func (s *Spec) SetTables(tables []control.ReviewedTable, forms map[string]TableForm, known bool) {
	was := slices.Clone(s.Streams)
	for _, table := range tables {
		form, given := forms[table.Stream]
		if !given || !table.Enabled {
			continue
		}
		topic, mode := form.Topic, form.Sync != "" && form.Sync != table.Sync
		columns := form.Properties != "" && (form.Properties == typedColumns) != table.Typed
		fixed := table.Stream == databases && topic == s.Prefix()+databases // its name depends on no title
		if fixed {
			topic = ""
		}
		if asItIs := fixed || known && topic == table.Topic; asItIs && !mode && !columns && s.indexOf(table.Stream) < 0 {
			continue
		}
		if len(s.Streams) == 0 { // rules take the place of those that apply without any
			s.Streams = []Rule{{Match: databases}, {Match: everyDatabase}}
		}
		rule := s.own(table, was)
		rule.Topic = topic
		if mode {
			rule.Sync = form.Sync
		}
		if columns {
			rule.Properties = form.Properties
		}
	}
}

// SetSync gives all streams one mode.
func (s *Spec) SetSync(mode string) {
	s.Sync = mode
	for i := range s.Streams {
		s.Streams[i].Sync = ""
	}
}

// SetTyped gives all streams typed columns, or none.
func (s *Spec) SetTyped(typed bool) {
	s.Properties = jsonText
	if typed {
		s.Properties = typedColumns
	}
	for i := range s.Streams {
		s.Streams[i].Properties = ""
	}
}

// SetExcluded sets the properties that never leave Notion, one name a line.
func (s *Spec) SetExcluded(lines string) {
	names := []string{}
	for line := range strings.Lines(lines) {
		if name := strings.TrimSpace(line); name != "" {
			names = append(names, name)
		}
	}
	if len(names) > 0 || s.ExcludeProperties != nil {
		s.ExcludeProperties = &names
	}
}
