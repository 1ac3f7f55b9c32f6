package config

import "time"

// Config is everything a person can decide, with all layers merged. The yaml tags
// are the keys of the file; a key's path is also its name in the environment
// (NOTION_KAFKA_ + path, "__" between levels) and for --set.
type Config struct {
	// DataDir is the directory of the embedded broker and registry, default
	// ./data. Unused with real ones. Processes with the same directory share
	// one embedded broker: the first to lock the directory serves.
	DataDir string `yaml:"data_dir"`

	Embedded       Embedded       `yaml:"embedded"`
	Notion         Notion         `yaml:"notion"`
	OAuth          OAuth          `yaml:"oauth"`
	Kafka          Kafka          `yaml:"kafka"`
	SchemaRegistry SchemaRegistry `yaml:"schema_registry"`
	Console        Console        `yaml:"console"`
	Secrets        Secrets        `yaml:"secrets"`

	// Defaults are the settings that a source has unless it sets its own.
	Defaults Settings `yaml:"defaults"`

	// Sources are as they were written; [Config.ResolvedSources] fills in the
	// defaults.
	Sources []SourceSpec `yaml:"sources"`

	// SecretFiles are the files that secrets were read from, by the key path of
	// the secret; see [Config.SecretNow].
	SecretFiles map[string]string `yaml:"-"`

	// HoldsSecrets is the configuration file if a secret stands in it, and not only
	// the name of a variable or of a file; "" if none does.
	HoldsSecrets string `yaml:"-"`

	// Remarks are about valid settings that are worth knowing: a file that decides
	// where tokens are sent, secrets on the command line.
	Remarks []string `yaml:"-"`
}

// Embedded is the try-it broker and registry, used while kafka.brokers is empty.
type Embedded struct {
	// KafkaListen is host:port, loopback only, default 127.0.0.1:19092.
	KafkaListen string `yaml:"kafka_listen"`
	// RegistryListen is host:port, loopback only, default 127.0.0.1:18081.
	RegistryListen string `yaml:"registry_listen"`
}

// Notion is how Notion's API is called, the same for every source.
type Notion struct {
	// APIURL has no slash at its end, default https://api.notion.com. Plain
	// http is accepted for loopback addresses only.
	APIURL string `yaml:"api_url"`
	// CAFile is a PEM file of certificate authorities to trust beside the
	// system's; empty (the default): the system's alone.
	CAFile string `yaml:"ca_file"`
	// RequestsPerMinute pins the budget of every connection. 0, the default,
	// finds it out: 180 a minute on the Free and Plus plans, 600 on Business and
	// Enterprise (Notion: request-limits).
	RequestsPerMinute int `yaml:"requests_per_minute"`
	// MaxConcurrency is the number of requests in flight per connection, at
	// most; at least 1, default 16.
	MaxConcurrency int `yaml:"max_concurrency"`
	// RequestTimeout bounds one request with its answer, default 75s.
	RequestTimeout time.Duration `yaml:"request_timeout"`
	// DiscoveryEvery is how often known databases are retrieved again one by
	// one, default 1h.
	DiscoveryEvery time.Duration `yaml:"discovery_every"`
}

// OAuth is a public Notion connection, needed only for sources with
// `oauth: true` (Notion: authorization).
type OAuth struct {
	ClientID     string `yaml:"client_id"`
	ClientSecret Secret `yaml:"client_secret"`
	// RedirectURL must be registered with the connection at Notion. It defaults to
	// console.public_url + /oauth/callback, and is never empty after Load.
	RedirectURL string `yaml:"redirect_url"`
	// AuthorizeURL defaults to notion.api_url + /v1/oauth/authorize, and is
	// never empty after Load.
	AuthorizeURL string `yaml:"authorize_url"`
	// TokenURL defaults to notion.api_url + /v1/oauth/token, and is never
	// empty after Load.
	TokenURL string `yaml:"token_url"`
}

// Kafka is the cluster (Kafka 3.7 or newer) and what is kept in it.
type Kafka struct {
	// Brokers are host:port, the port 9092 where absent. Empty, the default:
	// the embedded broker.
	Brokers []string `yaml:"brokers"`
	// ClientID is our name in the brokers' logs and quotas, default notion-kafka.
	ClientID string `yaml:"client_id"`
	TLS      TLS    `yaml:"tls"`
	SASL     SASL   `yaml:"sasl"`
	// Group is the consumer group whose instances share the sources, default
	// notion-kafka.
	Group string `yaml:"group"`
	// StateTopic holds cursors, offsets and fingerprints, compacted, default
	// notion-kafka.state. Its name is also the prefix of the transactional ids.
	StateTopic string `yaml:"state_topic"`
	// ControlTopic holds console sources, sealed grants, run history and
	// commands, compacted, default notion-kafka.control.
	ControlTopic string `yaml:"control_topic"`
	// Shards is the partition count of the state topic, 1 to 1000, default 16.
	// It is fixed when the topic is created; at most this many instances work.
	Shards int `yaml:"shards"`
	// Topics is for the data topics that are created.
	Topics Topics `yaml:"topics"`
	// InternalTopics is for the state and the control topic.
	InternalTopics InternalTopics `yaml:"internal_topics"`
	// Compression of record batches, default zstd.
	Compression Compression `yaml:"compression"`
	// TransactionTimeout is how long a transaction may be open before the broker
	// aborts it, 1s to 15m (Kafka: transaction.max.timeout.ms), default 30s.
	TransactionTimeout time.Duration `yaml:"transaction_timeout"`
}

// TLS is how connections to the brokers are secured.
type TLS struct {
	// Enabled is false by default; with the other keys it must be true.
	Enabled bool `yaml:"enabled"`
	// CAFile is a PEM file of authorities; empty: the system's.
	CAFile string `yaml:"ca_file"`
	// CertFile and KeyFile are the client's certificate and its key, PEM; both
	// or neither.
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
}

// SASL is how we authenticate to the brokers.
type SASL struct {
	// Mechanism is empty, the default, for no authentication.
	Mechanism Mechanism `yaml:"mechanism"`
	// Username and Password are, for oauthbearer, the client id and secret.
	Username string `yaml:"username"`
	Password Secret `yaml:"password"`
	// TokenURL and Scopes are for oauthbearer (client credentials grant).
	TokenURL string   `yaml:"token_url"`
	Scopes   []string `yaml:"scopes"`
}

// Topics is how data topics are created.
type Topics struct {
	// Create makes missing topics, default true. When false every topic must
	// exist, state and control included.
	Create bool `yaml:"create"`
	// Partitions of a new data topic, at least 1, default 1.
	Partitions int `yaml:"partitions"`
	// ReplicationFactor of a new data topic; -1, the default, is the broker's.
	ReplicationFactor int `yaml:"replication_factor"`
	// Config is the topic configuration by Kafka's names. Keys given in the
	// file are added to the defaults: cleanup.policy compact, max.message.bytes
	// 8388608, delete.retention.ms 86400000.
	Config map[string]string `yaml:"config"`
}

// InternalTopics is how the state and the control topic are created.
type InternalTopics struct {
	// ReplicationFactor -1, the default, is the broker's.
	ReplicationFactor int `yaml:"replication_factor"`
	// Config is added to what these topics need; empty by default.
	Config map[string]string `yaml:"config"`
}

// SchemaRegistry is the Confluent-compatible registry of the value schemas.
type SchemaRegistry struct {
	// URL may have a path and has no slash at its end. Empty, the default: the
	// embedded registry, which goes with the embedded broker only.
	URL string `yaml:"url"`
	// Username and Password are for basic authentication, Token for a bearer
	// token; not both.
	Username string `yaml:"username"`
	Password Secret `yaml:"password"`
	Token    Secret `yaml:"token"`
	// CAFile is a PEM file of authorities; empty: the system's.
	CAFile string `yaml:"ca_file"`
	// AutoRegister is true by default; when false the exact schema must be
	// there already.
	AutoRegister bool `yaml:"auto_register"`
	// Compatibility is set on each subject; empty, the default, leaves the
	// subject's rule as it is. Our own BACKWARD check runs always.
	Compatibility Compatibility `yaml:"compatibility"`
}

// Console is the listener of the console and the API.
type Console struct {
	// Listen is host:port, default 127.0.0.1:8080; empty turns it off.
	Listen string `yaml:"listen"`
	// PublicURL is how browsers reach the console, without a slash at its end,
	// default http://localhost:8080.
	PublicURL string `yaml:"public_url"`
	// Username and Password are both needed to listen beyond loopback, unless
	// Insecure.
	Username string `yaml:"username"`
	Password Secret `yaml:"password"`
	// Insecure allows anyone who reaches the listener to use it, default false.
	// Host and Origin are checked all the same.
	Insecure bool `yaml:"insecure"`
	// Hosts are further names of the console, without ports, beside loopback and the
	// host of PublicURL; default none, "*" is any.
	Hosts []string `yaml:"hosts"`
	// TopicPrefixes limit where sources that are not from the file may publish: the
	// names of their topics begin with one of these. Default [notion.].
	TopicPrefixes []string `yaml:"topic_prefixes"`
	// ReadOnly refuses every change that comes through the pages or the API, default
	// false.
	ReadOnly bool `yaml:"read_only"`
	// Preview shows the contents of records and of Notion pages, default true. When
	// false they are in no page and no response of the API.
	Preview bool `yaml:"preview"`
}

// Secrets holds the keys that seal OAuth grants and tokens entered in the console.
type Secrets struct {
	// Key comes from the keygen command. Empty, the default: with the embedded
	// broker one is made in data_dir.
	Key Secret `yaml:"key"`
	// PreviousKeys still open what they sealed.
	PreviousKeys []Secret `yaml:"previous_keys"`
}

// usesEmbedded reports whether the embedded broker is used.
func (c *Config) usesEmbedded() bool { return len(c.Kafka.Brokers) == 0 }
