package config

import (
	_ "embed" // the defaults, which are the printed example too
	"errors"
	"fmt"
	"net"
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
// as `config example` prints it. Load reads the defaults from it, so they are true.
func Example() string { return example }

// FileName is the file that Load looks for if none is named.
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

// Load reads defaults, file, environment and flags, where later ones win, and returns
// the valid configuration. The error is an [*Error] with all problems.
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

// loadAll is Load, but also returns what it loaded despite problems.
func loadAll(opts Options) (*Config, error) {
	found := &report{places: make(map[string]place), files: make(map[string]string)}
	environ := environMap(opts.Environ)
	defaults := &layer{report: found}
	file := &layer{report: found, environ: environ, file: opts.File}
	variables := &layer{report: found, environ: environ, origins: make(map[*yaml.Node]string)}
	flags := &layer{report: found, environ: environ, origins: make(map[*yaml.Node]string)}

	merged := koanf.New(pathDelimiter)
	for _, tree := range []map[string]any{
		defaults.tree(defaults.parse([]byte(example))),
		file.tree(file.read()),
		variables.tree(variables.environment()),
		flags.tree(flags.flags(opts.Set)),
	} {
		if err := merged.Load(confmap.Provider(tree, ""), nil); err != nil {
			return nil, fmt.Errorf("merging the layers of the configuration: %w", err)
		}
	}
	cfg := new(Config)
	if err := unmarshal(merged, cfg, found); err != nil {
		return nil, err
	}
	cfg.SecretFiles, cfg.HoldsSecrets = found.files, found.holding
	cfg.complete(environ, found)
	cfg.Remarks = cfg.remarks(found.places)
	if !file.isUnread() {
		validator{report: found, config: cfg}.all()
	}
	return cfg, found.err()
}

// pathDelimiter is in no key: Kafka's settings have dots.
const pathDelimiter = "\x00"

// tree checks a layer's nodes against Config.
func (l *layer) tree(root *yaml.Node) map[string]any {
	if root == nil {
		return nil
	}
	values, _ := l.section(root, l.place(root), reflect.TypeFor[Config](), "")
	return values
}

// read parses the file. It looks for the file if none was named.
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

// isUnread reports whether the whole file is missing from the merged values.
// Validating the rest would only report settings that the file may well have.
func (l *layer) isUnread() bool {
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
		// Reading the file reports every error but its absence.
		if _, err := os.Stat(name); !errors.Is(err, os.ErrNotExist) {
			return name
		}
	}
	return ""
}

// reason returns the cause of a file error: the message names the file already.
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

// unmarshal fills in what into points to. The values are checked already, so its
// error is a fault of this package. It reports problems with the secrets' files.
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
		return fmt.Errorf("unmarshalling the configuration: %w", err)
	}
	return nil
}

// readSecret reads a secret's file, and remembers the file's name.
func (r *report) readSecret(file secretFile) string {
	text, err := readSecretFile(file.Name)
	if err != nil {
		r.add(file.Path, r.placeOf(file.Path), "the secret's file cannot be read: "+reason(err), "give the path of a file that holds the secret alone")
		return ""
	}
	if r.files != nil {
		r.files[strings.TrimSuffix(file.Path, fileSuffix)] = file.Name
	}
	return text
}

// complete fills in values that depend on other keys and on the environment.
func (c *Config) complete(environ map[string]string, found *report) {
	for _, base := range []*string{&c.Notion.APIURL, &c.SchemaRegistry.URL, &c.Console.PublicURL} {
		*base = strings.TrimRight(*base, "/")
	}
	if _, port, err := net.SplitHostPort(c.Console.Listen); err == nil && port != "0" && found.places["console.public_url"].file == "" {
		c.Console.PublicURL = "http://localhost:" + port
	}
	if c.OAuth.RedirectURL == "" {
		c.OAuth.RedirectURL = c.Console.PublicURL + "/oauth/callback"
	}
	if c.OAuth.AuthorizeURL == "" {
		c.OAuth.AuthorizeURL = c.Notion.APIURL + "/v1/oauth/authorize"
	}
	if c.OAuth.TokenURL == "" {
		c.OAuth.TokenURL = c.Notion.APIURL + "/v1/oauth/token"
	}
	if token := environ["NOTION_TOKEN"]; token != "" && len(c.Sources) == 0 && !found.hasProblem("sources") {
		c.Sources = []SourceSpec{{Name: "notion", Token: Secret(token)}}
		found.note("sources[0].token", place{file: "NOTION_TOKEN"})
	}
}
