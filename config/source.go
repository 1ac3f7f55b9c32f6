package config

import "time"

// Settings is how streams are read and published, every value final.
type Settings struct {
	// Trigger is when the runs start, default every 5m.
	Trigger Trigger `yaml:"trigger"`
	// Sync default incremental.
	Sync Sync `yaml:"sync"`
	// Sweep is when an incremental stream is scanned beside its reads, default
	// every 24h; off: deletes are not captured.
	Sweep Trigger `yaml:"sweep"`
	// Deletes default tombstone.
	Deletes Deletes `yaml:"deletes"`
	// MaxDeleteRatio, 0 to 1, default 0.5: when more than this part of a
	// stream's known pages are missing, the deletes wait for a person.
	MaxDeleteRatio float64 `yaml:"max_delete_ratio"`
	// MaxStreams is how many databases of a source have streams, default 1000. Those
	// beyond wait, oldest first, and the source needs attention: a right to create
	// databases in Notion is one to create topics in Kafka.
	MaxStreams int `yaml:"max_streams"`
	// Overlap is how far behind the cursor an incremental read begins, default
	// 2m. Notion floors edit times to the minute, so it can't be zero.
	Overlap time.Duration `yaml:"overlap"`
	// Properties default json. The stream databases has no columns, whatever it says.
	Properties Properties `yaml:"properties"`
	// ExcludeProperties are names or ids of Notion properties that never leave
	// Notion; none by default.
	ExcludeProperties []string `yaml:"exclude_properties"`
}

// Overrides are the settings that a source or a stream has of its own; nil if it has
// none. A list that is given replaces the one above it.
type Overrides struct {
	Trigger           *Trigger       `yaml:"trigger"`
	Sync              *Sync          `yaml:"sync"`
	Sweep             *Trigger       `yaml:"sweep"`
	Deletes           *Deletes       `yaml:"deletes"`
	MaxDeleteRatio    *float64       `yaml:"max_delete_ratio"`
	MaxStreams        *int           `yaml:"max_streams"`
	Overlap           *time.Duration `yaml:"overlap"`
	Properties        *Properties    `yaml:"properties"`
	ExcludeProperties *[]string      `yaml:"exclude_properties"`
}

// over returns base with the given settings in place of its own.
func (o Overrides) over(base Settings) Settings {
	put(&base.Trigger, o.Trigger)
	put(&base.Sync, o.Sync)
	put(&base.Sweep, o.Sweep)
	put(&base.Deletes, o.Deletes)
	put(&base.MaxDeleteRatio, o.MaxDeleteRatio)
	put(&base.MaxStreams, o.MaxStreams)
	put(&base.Overlap, o.Overlap)
	put(&base.Properties, o.Properties)
	put(&base.ExcludeProperties, o.ExcludeProperties)
	return base
}

func put[T any](to *T, given *T) {
	if given != nil {
		*to = *given
	}
}

// SourceSpec is one element of sources as it was written.
type SourceSpec struct {
	// Name is [a-z0-9-]{1,40} and unique. The source's state is kept under it.
	Name string `yaml:"name"`
	// Description is for people.
	Description string `yaml:"description"`
	// Token is the token of an internal connection, or a personal one; empty with
	// OAuth.
	Token Secret `yaml:"token"`
	// OAuth means that the grant comes from the login command or the console.
	OAuth bool `yaml:"oauth"`
	// TopicPrefix default notion.{name}.
	TopicPrefix string `yaml:"topic_prefix"`
	// TopicNaming default title.
	TopicNaming TopicNaming `yaml:"topic_naming"`

	Overrides `yaml:",inline"`

	// Streams are the rules that select streams; the first that matches wins. Absent:
	// databases and database_*.
	Streams []StreamRule `yaml:"streams"`
}

// StreamRule selects streams and may give them settings of their own.
type StreamRule struct {
	// Match is databases, database_{id}, database_*, or title:{pattern}, where
	// * stands for any text, ? for one character, [a-z] for one of a set; case
	// and the dashes of an id do not count.
	Match string `yaml:"match"`
	// Topic is the whole name, only for a rule that can match one stream.
	Topic string `yaml:"topic"`
	// Enabled is false to leave out the streams that the rule matches; nil is true.
	Enabled *bool `yaml:"enabled"`
	// Publish default changes.
	Publish *Publish `yaml:"publish"`

	Overrides `yaml:",inline"`
}

// Source is a source with everything final; see [Config.ResolvedSources].
type Source struct {
	Name        string
	Description string
	Token       Secret // empty exactly when OAuth
	OAuth       bool
	TopicPrefix string
	TopicNaming TopicNaming
	Settings    Settings
	Streams     []StreamRule // never empty
}

// StreamSettings are the settings of a selected stream, everything final.
type StreamSettings struct {
	Settings
	// Topic is the explicit topic; empty: the default name applies.
	Topic   string
	Publish Publish
	// Match is the rule that selected the stream, as it was written.
	Match string
}

// ResolvedSources returns the sources in the order of the file, with the defaults
// filled in. Callers must not change the slices.
func (c *Config) ResolvedSources() []Source {
	sources := make([]Source, 0, len(c.Sources))
	for _, spec := range c.Sources {
		sources = append(sources, spec.resolve(c.Defaults))
	}
	return sources
}

func (s SourceSpec) resolve(defaults Settings) Source {
	source := Source{
		Name:        s.Name,
		Description: s.Description,
		Token:       s.Token,
		OAuth:       s.OAuth,
		TopicPrefix: s.TopicPrefix,
		TopicNaming: s.TopicNaming,
		Settings:    s.over(defaults),
		Streams:     s.Streams,
	}
	if source.TopicPrefix == "" {
		source.TopicPrefix = "notion." + s.Name + "."
	}
	if source.TopicNaming == "" {
		source.TopicNaming = NamedByTitle
	}
	if len(source.Streams) == 0 {
		source.Streams = []StreamRule{{Match: matchDatabases}, {Match: matchEveryDatabase}}
	}
	return source
}

// RequireSources returns an error if there is no source. The error says how to give
// one.
func (c *Config) RequireSources() error {
	if len(c.Sources) > 0 {
		return nil
	}
	return &Error{Problems: []Problem{{
		Path:    "sources",
		Message: "there is no source to read",
		Hint: "set NOTION_TOKEN to a Notion token (one source named notion, every database it is shared with), " +
			"or give the configuration file at least one, such as sources: [{name: acme, token: \"${ACME_NOTION_TOKEN}\"}]",
	}}}
}
