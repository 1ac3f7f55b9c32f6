package config

import (
	_ "embed" // the defaults, which are the printed example too
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/v2"
	"go.yaml.in/yaml/v3"
)

//go:embed example.yaml
var example string

// Example returns the commented configuration with every key and its default,
// as `config example` prints it. Load reads the defaults from it, so what it
// says is true.
func Example() string { return example }

// FileName is the file that is looked for when none is named.
const FileName = "notion-kafka.yaml"

// Options are where the layers come from, so that a test needs no process.
type Options struct {
	// File is the file of --config. Empty: FileName in the working directory,
	// then notion-kafka/FileName in the user's configuration directory; finding
	// neither is fine.
	File string
	// Set are the values of --set, each key.path=value.
	Set []string
	// Environ is NAME=value as os.Environ gives it.
	Environ []string
}

// Load reads defaults, file, environment and flags, later wins, and returns the
// valid whole. The error is an [*Error] with every problem there is.
//
// Without sources in the file and with NOTION_TOKEN set, there is one source
// named notion. Without both there is none, see [Config.RequireSources].
func Load(opts Options) (*Config, error) {
	cfg, err := loadAll(opts)
	if err != nil {
		return nil, err
	}
	return cfg, nil
}

// loadAll is Load, but for what it loaded beside the problems.
func loadAll(opts Options) (*Config, error) {
	found := &report{places: make(map[string]place), files: make(map[string]string)}
	environ := environMap(opts.Environ)
	defaults := &layer{report: found}
	file := &layer{report: found, environ: environ, file: opts.File}
	variables := &layer{report: found, environ: environ, typed: make(map[*yaml.Node]string)}
	flags := &layer{report: found, environ: environ, typed: make(map[*yaml.Node]string)}

	merged := koanf.New(pathDelimiter)
	for _, tree := range []map[string]any{
		defaults.tree(defaults.parse([]byte(example))),
		file.tree(file.read()),
		variables.tree(variables.environment()),
		flags.tree(flags.flags(opts.Set)),
	} {
		if err := merged.Load(confmap.Provider(tree, ""), nil); err != nil {
			return nil, fmt.Errorf("configuration: laying the layers over each other: %w", err)
		}
	}
	cfg := new(Config)
	if err := unmarshal(merged, cfg, found); err != nil {
		return nil, err
	}
	cfg.SecretFiles = found.files
	cfg.complete(environ, found)
	cfg.Remarks = cfg.remarks(found.places)
	if !file.unread() {
		validator{report: found, config: cfg}.all()
	}
	return cfg, found.err()
}

// pathDelimiter is no letter of any key: Kafka's settings have dots.
const pathDelimiter = "\x00"

// tree checks a layer's nodes against Config.
func (l *layer) tree(root *yaml.Node) map[string]any {
	if root == nil {
		return nil
	}
	values, _ := l.section(root, l.place(root), reflect.TypeFor[Config](), "")
	return values
}

// read parses the file, finding it first if none was named.
func (l *layer) read() *yaml.Node {
	if l.file == "" {
		l.file = findFile()
	}
	if l.file == "" {
		return nil
	}
	text, err := os.ReadFile(l.file)
	if err != nil {
		hint := ""
		if errors.Is(err, os.ErrNotExist) {
			hint = "`notion-kafka config example` prints one to begin with"
		}
		l.add("", place{file: l.file}, "the configuration file cannot be read: "+reason(err), hint)
		return nil
	}
	return l.parse(text)
}

// unread tells that the file as a whole is missing from what was merged; to
// judge the rest would only complain about what the file may well say.
func (l *layer) unread() bool {
	for _, p := range l.problems {
		if p.Path == "" && p.File == l.file && l.file != "" {
			return true
		}
	}
	return false
}

func findFile() string {
	candidates := []string{FileName}
	if dir, err := os.UserConfigDir(); err == nil {
		candidates = append(candidates, filepath.Join(dir, "notion-kafka", FileName))
	}
	for _, name := range candidates {
		// Anything but a plain absence is for the reading to report.
		if _, err := os.Stat(name); !errors.Is(err, os.ErrNotExist) {
			return name
		}
	}
	return ""
}

// reason is the last word of a file error: the name is in the message already.
func reason(err error) string {
	var at *os.PathError
	if errors.As(err, &at) {
		return at.Err.Error()
	}
	return err.Error()
}

// secretFile stands for a secret until all layers are merged: only the file of
// the layer that won is read. Name is the file, Path the key that named it.
type secretFile struct{ Path, Name string }

// unmarshal fills what into points to. The values fit already, so an error of
// its own is a fault of this package; problems are the secrets' files.
func unmarshal(merged *koanf.Koanf, into any, found *report) error {
	readSecret := func(_, to reflect.Type, v any) (any, error) {
		file, ok := v.(secretFile)
		if !ok {
			return v, nil
		}
		text := found.readSecret(file)
		if to.Kind() == reflect.Slice {
			return strings.Fields(text), nil
		}
		return text, nil
	}
	err := merged.UnmarshalWithConf("", into, koanf.UnmarshalConf{DecoderConfig: &mapstructure.DecoderConfig{
		TagName:         "yaml",
		SquashTagOption: "inline",
		ErrorUnused:     true,
		DecodeHook:      mapstructure.DecodeHookFuncType(readSecret),
	}})
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	return nil
}

// readSecret reads a secret's file, and remembers which that was.
func (r *report) readSecret(file secretFile) string {
	text, err := readSecretFile(file.Name)
	if err != nil {
		r.add(file.Path, r.near(file.Path), "the secret's file cannot be read: "+reason(err), "give the path of a file that holds the secret alone")
		return ""
	}
	if r.files != nil {
		r.files[strings.TrimSuffix(file.Path, fileSuffix)] = file.Name
	}
	return text
}

// complete fills in what depends on other keys and on the environment.
func (c *Config) complete(environ map[string]string, found *report) {
	for _, base := range []*string{&c.Notion.APIURL, &c.SchemaRegistry.URL, &c.Console.PublicURL} {
		*base = strings.TrimRight(*base, "/")
	}
	if c.OAuth.AuthorizeURL == "" {
		c.OAuth.AuthorizeURL = c.Notion.APIURL + "/v1/oauth/authorize"
	}
	if c.OAuth.TokenURL == "" {
		c.OAuth.TokenURL = c.Notion.APIURL + "/v1/oauth/token"
	}
	if token := environ["NOTION_TOKEN"]; token != "" && len(c.Sources) == 0 && !found.settled("sources") {
		c.Sources = []SourceSpec{{Name: "notion", Token: Secret(token)}}
		found.note("sources[0].token", place{file: "NOTION_TOKEN"})
	}
}
