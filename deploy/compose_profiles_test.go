package deploy

import (
	"bytes"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

func TestCompositionsProfiles(t *testing.T) {
	got := make(map[string][]string)
	ports := make(map[string]string)
	for name, s := range readComposition(t).Services {
		profile := strings.Join(s.Profiles, " ")
		got[profile] = append(got[profile], name)
		slices.Sort(got[profile])
		for _, port := range s.Ports {
			published := interpolate(port, nil)
			published = published[:strings.LastIndex(published, ":")]
			if other, taken := ports[published]; taken {
				t.Errorf("%s and %s both publish %s", name, other, published)
			}
			ports[published] = name
		}
	}
	want := map[string][]string{
		"":        {"kafka", "notion-kafka", "registry"},
		"observe": {"grafana", "prometheus"},
		"ui":      {"kafka-ui"},
		"flink":   {"flink", "flink-taskmanager"},
		"ksqldb":  {"ksqldb"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("services by profile (-want +got):\n%s", diff)
	}
}

// Every service reaches Kafka and the registry where notion-kafka does: with the addresses
// for containers, not those for the machine.
func TestCompositionsServicesShareKafkaAndRegistry(t *testing.T) {
	c := readComposition(t)
	own := c.Services["notion-kafka"].Environment
	for name, settings := range map[string][2]string{
		"kafka-ui": {"KAFKA_CLUSTERS_0_BOOTSTRAPSERVERS", "KAFKA_CLUSTERS_0_SCHEMAREGISTRY"},
		"ksqldb":   {"KSQL_BOOTSTRAP_SERVERS", "KSQL_KSQL_SCHEMA_REGISTRY_URL"},
	} {
		of := c.Services[name].Environment
		for setting, want := range map[string]*string{
			settings[0]: own["NOTION_KAFKA_KAFKA__BROKERS"], settings[1]: own["NOTION_KAFKA_SCHEMA_REGISTRY__URL"],
		} {
			if got := of[setting]; got == nil || want == nil || *got != *want {
				t.Errorf("%s: %s is not that of notion-kafka", name, setting)
			}
		}
	}
}

// mounted returns the file of the tree that a service has at a path.
func (s service) mounted(t *testing.T, at string) string {
	t.Helper()
	for _, volume := range s.Volumes {
		file, target, _ := strings.Cut(volume, ":")
		target, _, _ = strings.Cut(target, ":")
		if rest, under := strings.CutPrefix(at, target); under && strings.HasPrefix(file, "./") {
			return filepath.Join("..", file, rest)
		}
	}
	t.Fatalf("nothing is mounted at %s: %q", at, s.Volumes)
	return ""
}

func decodeStrictly(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// Prometheus scrapes the instance, and reads the alerts beside its configuration.
func TestCompositionsPrometheus(t *testing.T) {
	c := readComposition(t)
	const configuration = "/etc/prometheus/prometheus.yml"
	var cfg struct {
		Global struct {
			ScrapeInterval     string `yaml:"scrape_interval"`
			EvaluationInterval string `yaml:"evaluation_interval"`
		} `yaml:"global"`
		RuleFiles     []string `yaml:"rule_files"`
		ScrapeConfigs []struct {
			JobName       string `yaml:"job_name"`
			StaticConfigs []struct {
				Targets []string `yaml:"targets"`
			} `yaml:"static_configs"`
		} `yaml:"scrape_configs"`
	}
	decodeStrictly(t, c.Services["prometheus"].mounted(t, configuration), &cfg)
	for _, rules := range cfg.RuleFiles {
		if got, want := c.Services["prometheus"].mounted(t, path.Join(path.Dir(configuration), rules)), filepath.Join("prometheus", "alerts.yaml"); filepath.Join("..", "deploy", want) != got {
			t.Errorf("rules are %s, want %s", got, want)
		}
	}
	if len(cfg.RuleFiles) != 1 || len(cfg.ScrapeConfigs) != 1 || len(cfg.ScrapeConfigs[0].StaticConfigs) != 1 {
		t.Fatalf("want one file of rules and one job, got %+v", cfg)
	}
	_, port, _ := strings.Cut(*c.Services["notion-kafka"].Environment["NOTION_KAFKA_CONSOLE__LISTEN"], ":")
	if got := cfg.ScrapeConfigs[0].StaticConfigs[0].Targets; !slices.Equal(got, []string{"notion-kafka:" + port}) {
		t.Errorf("it scrapes %q, which is not where the console listens", got)
	}
}

// Grafana has the dashboard and the Prometheus that it shows, and nobody can sign in.
func TestCompositionsGrafana(t *testing.T) {
	c := readComposition(t)
	grafana := c.Services["grafana"]
	var sources struct {
		APIVersion  int `yaml:"apiVersion"`
		Datasources []struct {
			Name, UID, Type, Access, URL string
			IsDefault                    bool `yaml:"isDefault"`
			Editable                     bool
		} `yaml:"datasources"`
	}
	decodeStrictly(t, grafana.mounted(t, "/etc/grafana/provisioning/datasources/prometheus.yaml"), &sources)
	if len(sources.Datasources) != 1 || sources.Datasources[0].URL != "http://prometheus:9090" || !sources.Datasources[0].IsDefault {
		t.Errorf("want the composition's Prometheus as the only source, got %+v", sources.Datasources)
	}
	var folders struct {
		APIVersion int `yaml:"apiVersion"`
		Providers  []struct {
			Name, Type     string
			AllowUIUpdates bool `yaml:"allowUiUpdates"`
			Options        struct{ Path string }
		} `yaml:"providers"`
	}
	decodeStrictly(t, grafana.mounted(t, "/etc/grafana/provisioning/dashboards/dashboards.yaml"), &folders)
	home := *grafana.Environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
	if len(folders.Providers) != 1 || folders.Providers[0].Options.Path != path.Dir(home) {
		t.Errorf("the home dashboard %s is in none of %+v", home, folders.Providers)
	}
	if got := grafana.mounted(t, home); filepath.Base(got) != "dashboard.json" {
		t.Errorf("the home dashboard is %s", got)
	}
	for _, setting := range []string{"GF_AUTH_DISABLE_LOGIN_FORM", "GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"} {
		if got := grafana.Environment[setting]; got == nil || *got != "true" {
			t.Errorf("%s is not set: there is an administrator with a known password", setting)
		}
	}
}

// Flink is the version that the real suites test, with jars that they know.
func TestCompositionsFlinkIsTheTestedOne(t *testing.T) {
	folder := filepath.Join("..", readComposition(t).Services["flink"].Build.Context)
	dockerfile := filepath.Join(folder, "Dockerfile")
	if got, want := find(t, dockerfile, `FROM flink:([0-9.]+)-`), find(t, filepath.Join(folder, "pom.xml"), `<flink\.version>(.+)</flink\.version>`); got != want {
		t.Errorf("the image has Flink %s, the suites test %s", got, want)
	}
	for jar := range strings.SplitSeq(find(t, dockerfile, `(?m)^ARG JARS=(.+)$`), ",") {
		find(t, filepath.Join(folder, "pom.xml"), `<artifactId>(`+regexp.QuoteMeta(jar)+`)</artifactId>`)
		find(t, filepath.Join(folder, "jars.sha256"), `  (`+regexp.QuoteMeta(jar)+`-[0-9].*\.jar)`)
	}
}
