package config

// A key with a fixed set of values has a type of its own with the method
// choices, which the loader calls.

// Sync is how a stream is read: what changed, or everything each time.
type Sync string

// The two sync modes.
const (
	Incremental Sync = "incremental"
	FullTable   Sync = "full_table"
)

func (Sync) choices() []string { return []string{string(Incremental), string(FullTable)} }

// Deletes is what is published for a page that is gone.
type Deletes string

// The ways of publishing a delete: a null value, the page with in_trash set,
// first that and then the null value, or nothing.
const (
	Tombstone   Deletes = "tombstone"
	SoftDelete  Deletes = "soft"
	BothDeletes Deletes = "both"
	NoDeletes   Deletes = "none"
)

func (Deletes) choices() []string {
	return []string{string(Tombstone), string(SoftDelete), string(BothDeletes), string(NoDeletes)}
}

// Properties is the form of a page's properties in the record.
type Properties string

// JSON text alone, or beside it one column per property.
const (
	PropertiesJSON  Properties = "json"
	PropertiesTyped Properties = "typed"
)

func (Properties) choices() []string {
	return []string{string(PropertiesJSON), string(PropertiesTyped)}
}

// TopicNaming is where default topic names come from.
type TopicNaming string

// From the database's title, or from its id.
const (
	NamedByTitle TopicNaming = "title"
	NamedByID    TopicNaming = "id"
)

func (TopicNaming) choices() []string { return []string{string(NamedByTitle), string(NamedByID)} }

// Publish is what a run of a full_table stream publishes.
type Publish string

// What changed, or the unchanged pages too.
const (
	PublishChanges Publish = "changes"
	PublishAll     Publish = "all"
)

func (Publish) choices() []string { return []string{string(PublishChanges), string(PublishAll)} }

// Compression is a codec of Kafka's record batches.
type Compression string

// The codecs offered.
const (
	CompressionNone   Compression = "none"
	CompressionSnappy Compression = "snappy"
	CompressionLZ4    Compression = "lz4"
	CompressionZstd   Compression = "zstd"
)

func (Compression) choices() []string {
	return []string{string(CompressionNone), string(CompressionSnappy), string(CompressionLZ4), string(CompressionZstd)}
}

// Mechanism is a SASL mechanism; empty is none.
type Mechanism string

// The mechanisms offered.
const (
	NoSASL      Mechanism = ""
	Plain       Mechanism = "plain"
	ScramSHA256 Mechanism = "scram-sha-256"
	ScramSHA512 Mechanism = "scram-sha-512"
	OAuthBearer Mechanism = "oauthbearer"
)

func (Mechanism) choices() []string {
	return []string{string(NoSASL), string(Plain), string(ScramSHA256), string(ScramSHA512), string(OAuthBearer)}
}

// Compatibility is a subject's rule in the registry, by the registry's own
// names; empty leaves the rule alone.
type Compatibility string

func (Compatibility) choices() []string {
	return []string{
		"", "NONE", "BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE",
	}
}
