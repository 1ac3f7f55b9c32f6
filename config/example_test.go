package config

import (
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.yaml.in/yaml/v3"
)

// defaults returns the promised defaults.
func defaults() *Config {
	return &Config{
		DataDir:  "./data",
		Embedded: Embedded{KafkaListen: "127.0.0.1:19092", RegistryListen: "127.0.0.1:18081"},
		Notion: Notion{
			APIURL:         "https://api.notion.com",
			MaxConcurrency: 16,
			RequestTimeout: 75 * time.Second,
			DiscoveryEvery: time.Hour,
		},
		OAuth: OAuth{
			RedirectURL:  "http://localhost:8080/oauth/callback",
			AuthorizeURL: "https://api.notion.com/v1/oauth/authorize",
			TokenURL:     "https://api.notion.com/v1/oauth/token",
		},
		Kafka: Kafka{
			ClientID:     "notion-kafka",
			Group:        "notion-kafka",
			StateTopic:   "notion-kafka.state",
			ControlTopic: "notion-kafka.control",
			Shards:       16,
			Topics: Topics{
				Create:            true,
				Partitions:        1,
				ReplicationFactor: -1,
				Config: map[string]string{
					"cleanup.policy":      "compact",
					"max.message.bytes":   "8388608",
					"delete.retention.ms": "86400000",
				},
			},
			InternalTopics:     InternalTopics{ReplicationFactor: -1},
			Compression:        CompressionZstd,
			TransactionTimeout: 30 * time.Second,
		},
		SchemaRegistry: SchemaRegistry{AutoRegister: true},
		Console:        Console{Listen: "127.0.0.1:8080", PublicURL: "http://localhost:8080", TopicPrefixes: []string{"notion."}, Preview: true},
		Defaults: Settings{
			Trigger:        Trigger{Every: 5 * time.Minute},
			Sync:           Incremental,
			Sweep:          Trigger{Every: 24 * time.Hour},
			Deletes:        Tombstone,
			MaxDeleteRatio: 0.5, MaxStreams: 1000,
			Overlap:    2 * time.Minute,
			Properties: PropertiesJSON,
		},
	}
}

func TestTheDefaults(t *testing.T) {
	away(t)
	cfg, err := Load(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(defaults(), cfg, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("without any configuration (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(defaults(), load(t, Example(), Options{}), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("with the example as the file (-want +got):\n%s", diff)
	}
}

// uncommented returns the example with its sources uncommented.
func uncommented(t *testing.T) string {
	t.Helper()
	above, below, found := strings.Cut(Example(), "\nsources: []\n")
	if !found {
		t.Fatal("the example has no line `sources: []`")
	}
	lines := strings.Split(below, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(line, "# ")
	}
	return above + "\n" + strings.Join(lines, "\n")
}

func TestTheExamplesSources(t *testing.T) {
	cfg := load(t, uncommented(t), Options{Environ: []string{"NOTION_TOKEN=ntn_x"}})
	no, fullTable, tombstone, changes := false, FullTable, Tombstone, PublishChanges
	want := []SourceSpec{{
		Name:        "acme",
		Description: "Product and CRM databases, owned by the data team",
		Token:       "ntn_x",
		TopicPrefix: "notion.acme.",
		TopicNaming: NamedByTitle,
		Overrides:   Overrides{Trigger: &Trigger{Cron: "0 6 * * 1-5", Timezone: "Europe/Berlin"}},
		Streams: []StreamRule{
			{Match: "databases"},
			{
				Match:   "database_248104cd-477e-80fd-b757-e945d38000bd",
				Topic:   "notion.acme.engineering_tasks",
				Publish: &changes,
				Overrides: Overrides{
					Sync: &fullTable, Deletes: &tombstone, Trigger: &Trigger{DailyAt: "02:30"},
				},
			},
			{Match: "title:Private*", Enabled: &no},
			{Match: "database_*"},
		},
	}}
	if diff := cmp.Diff(want, cfg.Sources, revealed); diff != "" {
		t.Errorf("sources (-want +got):\n%s", diff)
	}
}

func TestTheExampleHasEveryKey(t *testing.T) {
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(uncommented(t)), &document); err != nil {
		t.Fatal(err)
	}
	var written []string
	collect(document.Content[0], "", &written)
	for _, path := range structPaths(reflect.TypeFor[Config](), "") {
		if !slices.Contains(written, path) {
			t.Errorf("the example lacks %s", path)
		}
	}
	for _, f := range fieldsOf(reflect.TypeFor[Trigger]()) {
		if !strings.Contains(Example(), f.key+":") {
			t.Errorf("the example does not explain a trigger's %s", f.key)
		}
	}
}

// collect gathers the key paths of a document, lists without their numbers.
func collect(n *yaml.Node, path string, into *[]string) {
	switch n.Kind {
	case yaml.SequenceNode:
		for _, element := range n.Content {
			collect(element, path, into)
		}
	case yaml.MappingNode:
		for pair := range slices.Chunk(n.Content, 2) {
			here := under(path, pair[0].Value)
			*into = append(*into, here)
			collect(pair[1], here, into)
		}
	}
}

// structPaths lists the keys of the types, each where it is explained: settings that a
// source or a stream may override are explained once, under defaults.
func structPaths(typ reflect.Type, above string) []string {
	var all []string
	for i := range typ.NumField() {
		f := typ.Field(i)
		key, option, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if option == "inline" || key == "-" {
			continue
		}
		path := under(above, key)
		all = append(all, path)
		inner := f.Type
		if inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct && inner != reflect.TypeFor[Trigger]() {
			all = append(all, structPaths(inner, path)...)
		}
	}
	return all
}

func TestTheDeployedExampleLoads(t *testing.T) {
	file := filepath.Join("..", "deploy", "notion-kafka.example.yaml")
	cfg, err := Load(Options{File: file, Environ: []string{
		"KAFKA_PASSWORD=a", "REGISTRY_PASSWORD=b", "ACME_NOTION_TOKEN=c",
	}})
	if err != nil {
		t.Fatal(err)
	}
	if len(cfg.Sources) == 0 {
		t.Error("it shows no source")
	}
}
