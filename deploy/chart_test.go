package deploy

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"notion-kafka/deploy/docstest"
)

var chart = filepath.Join("helm", "notion-kafka")

// helm runs Helm, and returns what it prints.
func helm(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	program := os.Getenv("HELM")
	if program == "" {
		t.Skip("HELM is not set: `make chart` builds Helm and runs this test")
	}
	var out, messages bytes.Buffer
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Stdout, cmd.Stderr = &out, &messages
	cmd.Env = append(os.Environ(), "HELM_CACHE_HOME="+t.TempDir(), "HELM_CONFIG_HOME="+t.TempDir(), "HELM_DATA_HOME="+t.TempDir())
	err = cmd.Run()
	return out.String(), messages.String(), err
}

// valuesFor returns the files of values that the chart is tested with, by name.
func valuesFor(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(chart, "ci", "*-values.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatal("no values", err)
	}
	named := make(map[string]string)
	for _, file := range files {
		named[strings.TrimSuffix(filepath.Base(file), "-values.yaml")] = file
	}
	return named
}

// rendered returns the manifests of the chart with a file of values.
func rendered(t *testing.T, values string) string {
	t.Helper()
	out, messages, err := helm(t, "template", "notion-kafka", chart, "--values", filepath.Join(chart, "ci", values+"-values.yaml"))
	if err != nil {
		t.Fatalf("%v\n%s", err, messages)
	}
	return out
}

// manifestOf decodes the one manifest of a kind.
func manifestOf(t *testing.T, manifests, kind string, into any) {
	t.Helper()
	decoder := yaml.NewDecoder(strings.NewReader(manifests))
	for {
		var document yaml.Node
		if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
			t.Fatalf("there is no %s", kind)
		} else if err != nil {
			t.Fatal(err)
		}
		var is struct{ Kind string }
		if err := document.Decode(&is); err != nil {
			t.Fatal(err)
		}
		if is.Kind != kind {
			continue
		}
		if err := document.Decode(into); err != nil {
			t.Fatal(err)
		}
		return
	}
}

func TestChartLints(t *testing.T) {
	for name, values := range valuesFor(t) {
		t.Run(name, func(t *testing.T) {
			if out, messages, err := helm(t, "lint", "--strict", "--values", values, chart); err != nil {
				t.Errorf("%v\n%s%s", err, out, messages)
			}
		})
	}
}

// A cluster drops keys that it does not know, and refuses values of another type only when
// the chart is installed.
func TestChartIsWhatKubernetesKnows(t *testing.T) {
	var manifests strings.Builder
	for name := range valuesFor(t) {
		manifests.WriteString(rendered(t, name)) // begins with ---
	}
	cmd := exec.CommandContext(t.Context(), "go", "-C", filepath.Join("helm", "decode"), "run", ".")
	cmd.Stdin = strings.NewReader(manifests.String())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestChartMakes(t *testing.T) {
	always := []string{"ConfigMap", "Deployment", "PodDisruptionBudget", "Service"}
	for values, want := range map[string][]string{
		"minimal":    always,
		"example":    always,
		"everything": append(slices.Clone(always), "NetworkPolicy", "PrometheusRule", "ServiceMonitor"),
	} {
		var got []string
		for line := range strings.Lines(rendered(t, values)) {
			if kind, ok := strings.CutPrefix(line, "kind: "); ok {
				got = append(got, strings.TrimSpace(kind))
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", values, diff)
		}
	}
}

// What would not work, or would show a secret, is refused before anything is installed.
func TestChartRefuses(t *testing.T) {
	for name, test := range map[string]struct{ set, want string }{
		"the embedded broker":        {"config.kafka.brokers=null", "config.kafka.brokers is empty"},
		"no registry":                {"config.schema_registry.url=", "config.schema_registry.url is empty"},
		"a console without password": {"config.console.password_file=", "has no password"},
		"another port":               {"config.console.listen=127.0.0.1:8080", "config.console.listen is the chart's to set"},
		"a token":                    {"config.sources[0].token=ntn_x", "config.sources[0].token is a secret"},
		"a misspelt value":           {"replicaCount=3", "replicaCount"},
		"the image latest":           {"image.tag=latest", "image/tag"},
		"no time to stop":            {"terminationGracePeriodSeconds=10", "terminationGracePeriodSeconds"},
	} {
		t.Run(name, func(t *testing.T) {
			_, messages, err := helm(t, "template", chart, "--values", filepath.Join(chart, "ci", "example-values.yaml"), "--set", test.set)
			if err == nil || !strings.Contains(messages, test.want) {
				t.Errorf("--set %s: %v, want a message with %q:\n%s", test.set, err, test.want, messages)
			}
		})
	}
}

func TestChartHasTheAlerts(t *testing.T) {
	var rule struct {
		Spec struct{ Groups any }
	}
	manifestOf(t, rendered(t, "everything"), "PrometheusRule", &rule)
	var alerts struct{ Groups any }
	decodeStrictly(t, filepath.Join("prometheus", "alerts.yaml"), &alerts)
	if diff := cmp.Diff(alerts.Groups, rule.Spec.Groups); diff != "" {
		t.Errorf("alerts.yaml and the chart's rules (-alerts.yaml +chart):\n%s", diff)
	}
}

func TestChartLetsThroughWhatTheConfigurationNeeds(t *testing.T) {
	var policy struct {
		Spec struct {
			Egress []struct {
				Ports []struct{ Port int }
			}
		}
	}
	manifestOf(t, rendered(t, "everything"), "NetworkPolicy", &policy)
	var got []int
	for _, rule := range policy.Spec.Egress {
		for _, p := range rule.Ports {
			got = append(got, p.Port)
		}
	}
	slices.Sort(got)
	// DNS by UDP and TCP, Notion, a proxy, the registry, three brokers of which one has the default port.
	if want := []int{53, 53, 443, 3128, 8443, 9092, 9093, 9094}; !slices.Equal(got, want) {
		t.Errorf("ports %v, want %v", got, want)
	}
}

// The values that the guide shows are taken.
func TestChartTakesTheGuidesValues(t *testing.T) {
	shown := 0
	for _, d := range docstest.Documents(t) {
		for _, code := range d.Code {
			var values struct{ Config map[string]any }
			if code.Language != "yaml" || yaml.Unmarshal([]byte(code.Text), &values) != nil || values.Config == nil {
				continue
			}
			shown++
			file := filepath.Join(t.TempDir(), "values.yaml")
			if err := os.WriteFile(file, []byte(code.Text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, messages, err := helm(t, "template", chart, "--values", file); err != nil {
				t.Errorf("%s: %v\n%s", code.At, err, messages)
			}
		}
	}
	if shown == 0 {
		t.Error("no document shows values of the chart")
	}
}

// The plain manifests are the chart's, so that there is one place to change.
func TestChartRendersThePlainManifests(t *testing.T) {
	if os.Getenv("HELM") == "" {
		t.Skip("HELM is not set: `make chart` builds Helm and runs this test")
	}
	folder := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), filepath.Join("helm", "manifests"), folder).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	kept, made := filesIn(t, "kubernetes"), filesIn(t, folder)
	var kustomization struct {
		APIVersion string `yaml:"apiVersion"`
		Kind       string
		Namespace  string
		Resources  []string
	}
	decodeStrictly(t, filepath.Join("kubernetes", "kustomization.yaml"), &kustomization)
	delete(kept, "kustomization.yaml")
	if diff := cmp.Diff(made, kept); diff != "" {
		t.Errorf("deploy/kubernetes is not what the chart renders: run `make manifests` (-chart +deploy/kubernetes):\n%s", diff)
	}
	var names []string
	for name := range made {
		names = append(names, name)
	}
	slices.Sort(names)
	if !slices.Equal(kustomization.Resources, names) {
		t.Errorf("kustomization.yaml has %q, want %q", kustomization.Resources, names)
	}
}

func filesIn(t *testing.T, folder string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	texts := make(map[string]string)
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		texts[entry.Name()] = string(text)
	}
	return texts
}

// The chart installs the version that it is released with.
func TestChartIsOfTheNewestVersion(t *testing.T) {
	newest := find(t, filepath.Join("..", "CHANGELOG.md"), `(?m)^## (\d+\.\d+\.\d+)`)
	metadata := filepath.Join(chart, "Chart.yaml")
	if got := find(t, metadata, `(?m)^appVersion: (.+)$`); got != "v"+newest {
		t.Errorf("appVersion %s, CHANGELOG.md has %s", got, newest)
	}
	if got := find(t, metadata, `(?m)^version: (.+)$`); got != newest {
		t.Errorf("version %s, CHANGELOG.md has %s", got, newest)
	}
}
