package deploy

import (
	"bytes"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/schema"
	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"notion-kafka/config"
)

// A composition is the part of the Compose Specification that docker-compose.yml uses;
// other keys are unknown here.
type composition struct {
	Name     string             `yaml:"name"`
	Services map[string]service `yaml:"services"`
	Volumes  map[string]any     `yaml:"volumes"`
}

type service struct {
	Profiles []string `yaml:"profiles"` // none: it is always started
	Image    string   `yaml:"image"`
	Build    struct {
		Context, Dockerfile, Target string
	} `yaml:"build"`
	Entrypoint      []string                              `yaml:"entrypoint"`
	Command         []string                              `yaml:"command"`
	Restart         string                                `yaml:"restart"`
	StopGracePeriod time.Duration                         `yaml:"stop_grace_period"`
	DependsOn       map[string]struct{ Condition string } `yaml:"depends_on"`
	Environment     map[string]*string                    `yaml:"environment"` // nil: taken from the environment, if set
	Ports           []string                              `yaml:"ports"`
	Volumes         []string                              `yaml:"volumes"`
	ReadOnly        bool                                  `yaml:"read_only"`
	Tmpfs           []string                              `yaml:"tmpfs"`
	CapDrop         []string                              `yaml:"cap_drop"`
	SecurityOpt     []string                              `yaml:"security_opt"`
	Healthcheck     struct {
		Test          []string
		Interval      time.Duration
		Timeout       time.Duration
		StartPeriod   time.Duration `yaml:"start_period"`
		StartInterval time.Duration `yaml:"start_interval"`
	} `yaml:"healthcheck"`
}

func compositionText(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docker-compose.yml"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func readComposition(t *testing.T) composition {
	t.Helper()
	var c composition
	decoder := yaml.NewDecoder(bytes.NewReader(compositionText(t)))
	decoder.KnownFields(true)
	if err := decoder.Decode(&c); err != nil {
		t.Fatal(err)
	}
	return c
}

var interpolated = regexp.MustCompile(`\$\$|\$\{(\w+):-([^}]*)\}`)

// interpolate replaces ${NAME:-default} and $$ as Compose does (Compose Specification:
// interpolation); docker-compose.yml uses no other form.
func interpolate(text string, environ map[string]string) string {
	return interpolated.ReplaceAllStringFunc(text, func(found string) string {
		if found == "$$" {
			return "$"
		}
		parts := interpolated.FindStringSubmatch(found)
		if value := environ[parts[1]]; value != "" {
			return value
		}
		return parts[2]
	})
}

// environment is the environment of a service's process when Compose runs in environ.
func (s service) environment(environ map[string]string) []string {
	var lines []string
	for name, value := range s.Environment {
		if value != nil {
			lines = append(lines, name+"="+interpolate(*value, environ))
		} else if given, ok := environ[name]; ok {
			lines = append(lines, name+"="+given)
		}
	}
	return lines
}

// Compose refuses a file that does not fit its JSON schema.
func TestCompositionFitsTheSpecification(t *testing.T) {
	var c map[string]any
	if err := yaml.Unmarshal([]byte(interpolate(string(compositionText(t)), nil)), &c); err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(c); err != nil {
		t.Error(err)
	}
}

func TestCompositionIsSound(t *testing.T) {
	c := readComposition(t)
	secret := regexp.MustCompile(`TOKEN|PASSWORD|SECRET|_KEY$`)
	for name, s := range c.Services {
		t.Run(name, func(t *testing.T) {
			if s.Build.Context == "" && !regexp.MustCompile(`:v?\d+\.\d+\.\d+(@sha256:[0-9a-f]{64})?$`).MatchString(s.Image) {
				t.Errorf("image %q: want one version, the tested one", s.Image)
			}
			if s.Restart != "unless-stopped" || len(s.Healthcheck.Test) == 0 {
				t.Errorf("restart %q, health check %q: want both", s.Restart, s.Healthcheck.Test)
			}
			if !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
				t.Errorf("it keeps capabilities that no service needs: cap_drop %q, security_opt %q", s.CapDrop, s.SecurityOpt)
			}
			for _, port := range s.Ports {
				if !strings.HasPrefix(port, "127.0.0.1:") {
					t.Errorf("port %q can be reached from other machines, without authentication", port)
				}
			}
			for other, dependency := range s.DependsOn {
				if _, ok := c.Services[other]; !ok || dependency.Condition != "service_healthy" {
					t.Errorf("depends on %s, %q: want a service that is healthy", other, dependency.Condition)
				}
				if profiles := c.Services[other].Profiles; len(profiles) > 0 && !slices.Equal(profiles, s.Profiles) {
					t.Errorf("depends on %s of the profiles %q, which need not be started", other, profiles)
				}
			}
			for _, volume := range s.Volumes {
				volume, target, _ := strings.Cut(volume, ":")
				if file, ok := strings.CutPrefix(volume, "./"); ok {
					if _, err := os.Stat(filepath.Join("..", file)); err != nil || !strings.HasSuffix(target, ":ro") {
						t.Errorf("%s at %s: want a file of the tree, mounted to be read only: %v", volume, target, err)
					}
				} else if _, ok := c.Volumes[volume]; !ok {
					t.Errorf("volume %q is not among the named ones", volume)
				}
			}
			for key, value := range s.Environment {
				if value != nil && secret.MatchString(key) {
					t.Errorf("%s is in the file: take it from the environment", key)
				}
			}
		})
	}
}

func TestCompositionsConfigurationLoads(t *testing.T) {
	c := readComposition(t)
	away(t)
	for name, test := range map[string]struct {
		environ map[string]string
		sources int
	}{
		"alone":        {nil, 0},
		"with a token": {map[string]string{"NOTION_TOKEN": "ntn_x"}, 1},
		"with all that can be given": {map[string]string{
			"NOTION_TOKEN": "ntn_x", "CONSOLE_PORT": "18080", "NOTION_KAFKA_CONSOLE__USERNAME": "ada",
			"NOTION_KAFKA_CONSOLE__PASSWORD": "long enough",
		}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, err := config.Load(config.Options{Environ: c.Services["notion-kafka"].environment(test.environ)})
			if err != nil {
				t.Fatal(err)
			}
			if len(cfg.Sources) != test.sources {
				t.Errorf("%d sources, want %d", len(cfg.Sources), test.sources)
			}
			advertised := c.Services["kafka"].Environment["KAFKA_ADVERTISED_LISTENERS"]
			for _, broker := range cfg.Kafka.Brokers {
				if host, _, err := net.SplitHostPort(broker); err != nil || c.Services[host].Image == "" || !strings.Contains(*advertised, "://"+broker+",") {
					t.Errorf("broker %s is not what the composition's Kafka advertises: %s", broker, *advertised)
				}
			}
			if len(cfg.Kafka.Brokers) == 0 {
				t.Error("no brokers: the embedded one would be used")
			}
			if u, err := url.Parse(cfg.SchemaRegistry.URL); err != nil || c.Services[u.Hostname()].Image == "" {
				t.Errorf("registry %s is no service of the composition", cfg.SchemaRegistry.URL)
			}
			if port := cfg.Console.PublicURL[strings.LastIndex(cfg.Console.PublicURL, ":"):]; !strings.Contains(
				interpolate(c.Services["notion-kafka"].Ports[0], test.environ), port+":8080") {
				t.Errorf("console.public_url is %s, which is not its published port", cfg.Console.PublicURL)
			}
		})
	}
}

// away changes to a directory without a notion-kafka.yaml.
func away(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
}

// With a token the daemon is run, without one the demo.
func TestCompositionChoosesWhatToRun(t *testing.T) {
	entrypoint := readComposition(t).Services["notion-kafka"].Entrypoint
	bin := t.TempDir()
	program := "#!/bin/sh\necho \"$@\"\n"
	if err := os.WriteFile(filepath.Join(bin, "notion-kafka"), []byte(program), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath(entrypoint[0]); err != nil {
		t.Skip(err)
	}
	for token, want := range map[string]string{"": "demo", "ntn_x": "run"} {
		var args []string
		for _, arg := range entrypoint[1:] {
			args = append(args, interpolate(arg, nil))
		}
		cmd := exec.CommandContext(t.Context(), entrypoint[0], args...)
		cmd.Env = []string{"PATH=" + bin, "NOTION_TOKEN=" + token}
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSpace(string(out)); got != want {
			t.Errorf("with NOTION_TOKEN=%q it runs %q, want %q", token, got, want)
		}
	}
}

// The composition has the versions that the real suites test.
func TestCompositionHasTheTestedVersions(t *testing.T) {
	var got []string
	for _, name := range []string{"kafka", "registry"} {
		image, _, _ := strings.Cut(readComposition(t).Services[name].Image, "@")
		got = append(got, image)
	}
	want := []string{
		"apache/kafka:" + find(t, filepath.Join("real", "kafka", "pom.xml"), `<kafka\.version>(.+)</kafka\.version>`),
		"apicurio/apicurio-registry:" + find(t, filepath.Join("real", "paths.sh"), `apicurio_version=(.+)`),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("images (-tested +composed):\n%s", diff)
	}
}

// find returns what a pattern's group matches in a file.
func find(t *testing.T, file, pattern string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(pattern).FindSubmatch(text)
	if found == nil {
		t.Fatalf("%s has no %s", file, pattern)
	}
	return string(found[1])
}
