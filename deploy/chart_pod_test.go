package deploy

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/config"
)

// A deployment is the part of a Deployment that the tests look at (Kubernetes API: apps/v1).
type deployment struct {
	Spec struct {
		Template struct {
			Metadata struct{ Annotations map[string]string }
			Spec     pod
		}
	}
}

type pod struct {
	EnableServiceLinks            *bool `yaml:"enableServiceLinks"`
	AutomountServiceAccountToken  *bool `yaml:"automountServiceAccountToken"`
	TerminationGracePeriodSeconds int   `yaml:"terminationGracePeriodSeconds"`
	SecurityContext               struct {
		RunAsNonRoot   bool                  `yaml:"runAsNonRoot"`
		RunAsUser      int                   `yaml:"runAsUser"`
		RunAsGroup     int                   `yaml:"runAsGroup"`
		SeccompProfile struct{ Type string } `yaml:"seccompProfile"`
	} `yaml:"securityContext"`
	Containers []struct {
		Args       []string
		WorkingDir string `yaml:"workingDir"`
		Env        []struct {
			Name, Value string
			ValueFrom   any `yaml:"valueFrom"`
		}
		SecurityContext any `yaml:"securityContext"`
		VolumeMounts    []struct {
			Name      string
			MountPath string `yaml:"mountPath"`
			ReadOnly  bool   `yaml:"readOnly"`
		} `yaml:"volumeMounts"`
		ReadinessProbe probe `yaml:"readinessProbe"`
		LivenessProbe  probe `yaml:"livenessProbe"`
	}
	Volumes []struct {
		Name   string
		Secret struct {
			SecretName  string `yaml:"secretName"`
			DefaultMode int    `yaml:"defaultMode"`
		}
	}
}

type probe struct {
	HTTPGet struct{ Path, Port string } `yaml:"httpGet"`
}

func podOf(t *testing.T, values string) pod {
	t.Helper()
	var d deployment
	manifestOf(t, rendered(t, values), "Deployment", &d)
	if n := len(d.Spec.Template.Spec.Containers); n != 1 {
		t.Fatalf("%d containers", n)
	}
	return d.Spec.Template.Spec
}

func TestChartConfinesThePod(t *testing.T) {
	p := podOf(t, "minimal")
	context, container := p.SecurityContext, p.Containers[0]
	if user := find(t, "Dockerfile", `(?m)^USER (\d+):\d+$`); user != "65532" || context.RunAsUser != 65532 || context.RunAsGroup != 65532 || !context.RunAsNonRoot {
		t.Errorf("it runs as %+v, the image as user %s", context, user)
	}
	if context.SeccompProfile.Type != "RuntimeDefault" {
		t.Errorf("seccomp profile %q", context.SeccompProfile.Type)
	}
	want := map[string]any{"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": map[string]any{"drop": []any{"ALL"}}}
	if diff := cmp.Diff(want, container.SecurityContext); diff != "" {
		t.Errorf("the container's rights (-want +got):\n%s", diff)
	}
	if p.AutomountServiceAccountToken == nil || *p.AutomountServiceAccountToken {
		t.Error("the pod has a token of the Kubernetes API, which it does not use")
	}
	// The program refuses a variable NOTION_KAFKA_PORT, which Kubernetes sets for a Service notion-kafka.
	if p.EnableServiceLinks == nil || *p.EnableServiceLinks {
		t.Error("the pod has variables for Services, some of which the program refuses")
	}
	if container.ReadinessProbe.HTTPGet.Path != "/readyz" || container.LivenessProbe.HTTPGet.Path != "/healthz" {
		t.Errorf("probes %+v and %+v", container.ReadinessProbe, container.LivenessProbe)
	}
}

// The program finds its configuration, loads it, and needs nothing that is not mounted.
func TestChartsConfigurationLoads(t *testing.T) {
	for values, sources := range map[string]int{"minimal": 0, "example": 1, "everything": 2} {
		t.Run(values, func(t *testing.T) {
			p := podOf(t, values)
			var configMap struct{ Data map[string]string }
			manifestOf(t, rendered(t, values), "ConfigMap", &configMap)

			root := t.TempDir()
			text := strings.ReplaceAll(configMap.Data[config.FileName], "/secrets/", filepath.Join(root, "secrets")+"/")
			mounted := writeSecrets(t, root, text)
			secrets := make(map[string]bool)
			for _, mount := range p.Containers[0].VolumeMounts {
				secrets[strings.TrimPrefix(mount.MountPath, "/secrets/")] = mount.ReadOnly
			}
			for name := range mounted {
				if !secrets[name] {
					t.Errorf("Secret %s is not mounted", name)
				}
			}
			file := filepath.Join(root, config.FileName)
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			var environ []string
			for _, variable := range p.Containers[0].Env {
				value := variable.Value
				if variable.ValueFrom != nil {
					value = "ntn_x"
				}
				environ = append(environ, variable.Name+"="+value)
			}
			cfg, err := config.Load(config.Options{File: file, Environ: environ})
			if err != nil {
				t.Fatal(err)
			}
			if len(cfg.Kafka.Brokers) == 0 || cfg.Console.Listen != ":8080" || len(cfg.Sources) != sources || cfg.HoldsSecrets != "" {
				t.Errorf("brokers %q, console at %q, %d sources, secrets in %q", cfg.Kafka.Brokers, cfg.Console.Listen, len(cfg.Sources), cfg.HoldsSecrets)
			}
			if got := p.Containers[0].WorkingDir; got != p.Containers[0].VolumeMounts[0].MountPath {
				t.Errorf("it works in %s, where no configuration is", got)
			}
			// 10 s more than a transaction, as the program promises (DESIGN.md: from SIGTERM to the end).
			if grace := time.Duration(p.TerminationGracePeriodSeconds) * time.Second; grace < cfg.Kafka.TransactionTimeout+10*time.Second {
				t.Errorf("it is killed after %s, a transaction may take %s", grace, cfg.Kafka.TransactionTimeout)
			}
		})
	}
}

// writeSecrets makes the files of Secrets that a configuration names, and returns the
// names of the Secrets.
func writeSecrets(t *testing.T, root, text string) map[string]bool {
	t.Helper()
	names := make(map[string]bool)
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune(" \n\"'", r) }) {
		below, ok := strings.CutPrefix(word, filepath.Join(root, "secrets")+"/")
		if !ok {
			continue
		}
		name, _, _ := strings.Cut(below, "/")
		names[name] = true
		if err := os.MkdirAll(filepath.Dir(word), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(word, []byte("long enough"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return names
}

// A ConfigMap is no place for a secret, whichever key of the configuration it belongs to.
func TestChartRefusesSecrets(t *testing.T) {
	keys := secretKeys(reflect.TypeFor[config.Config](), "")
	if len(keys) < 7 {
		t.Fatalf("the configuration has more secrets than %q", keys)
	}
	for _, key := range keys {
		_, messages, err := helm(t, "template", chart, "--values", filepath.Join(chart, "ci", "minimal-values.yaml"), "--set", "config."+key+"=plain")
		if name, _, _ := strings.Cut(key, "[0]"); err == nil || !strings.Contains(messages, "config."+name) || !strings.Contains(messages, "is a secret") {
			t.Errorf("%s: %v\n%s", key, err, messages)
		}
	}
}

// secretKeys lists the keys of a section that are secrets, the first of a list for all.
func secretKeys(section reflect.Type, above string) (keys []string) {
	for field := range section.Fields() {
		key, option, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		path := above + key
		if option == "inline" {
			path = strings.TrimSuffix(above, ".")
		}
		typ := field.Type
		if typ.Kind() == reflect.Slice {
			typ, path = typ.Elem(), path+"[0]"
		}
		switch {
		case key == "-" || !field.IsExported():
		case typ == reflect.TypeFor[config.Secret]():
			keys = append(keys, path)
		case typ.Kind() == reflect.Struct:
			keys = append(keys, secretKeys(typ, path+".")...)
		}
	}
	return keys
}
