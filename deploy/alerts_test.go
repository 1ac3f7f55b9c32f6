package deploy

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"notion-kafka/producer/control"
)

// alertRules is the part of a Prometheus rule file that ours uses (Prometheus: alerting
// rules).
type alertRules struct {
	Groups []struct {
		Name  string `yaml:"name"`
		Rules []struct {
			Alert       string            `yaml:"alert"`
			Expr        string            `yaml:"expr"`
			For         time.Duration     `yaml:"for"`
			Labels      map[string]string `yaml:"labels"`
			Annotations map[string]string `yaml:"annotations"`
		} `yaml:"rules"`
	} `yaml:"groups"`
}

func readAlertRules(t *testing.T) alertRules {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("prometheus", "alerts.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var file alertRules
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestAlerts(t *testing.T) {
	file := readAlertRules(t)
	labelInText := regexp.MustCompile(`\$labels\.(\w+)`)
	var names []string
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			names = append(names, rule.Alert)
			t.Run(rule.Alert, func(t *testing.T) {
				checkQuery(t, rule.Expr)
				if s := rule.Labels["severity"]; s != "warning" && s != "critical" {
					t.Errorf("severity %q: want warning or critical", s)
				}
				for _, key := range []string{"summary", "description"} {
					if rule.Annotations[key] == "" {
						t.Errorf("it has no %s", key)
					}
					for _, label := range labelInText.FindAllStringSubmatch(rule.Annotations[key], -1) {
						if !slices.Contains(kept(rule.Expr), label[1]) {
							t.Errorf("its %s shows the label %s, which the expression does not keep", key, label[1])
						}
					}
				}
			})
		}
	}
	slices.Sort(names)
	if unique := slices.Compact(slices.Clone(names)); len(names) == 0 || len(unique) < len(names) {
		t.Errorf("want rules, each with a name of its own, got %q", names)
	}
}

// The alerts about a source speak of its status in the words of the console and the commands.
func TestAlertsSayTheStatus(t *testing.T) {
	status := map[string]control.SourceStatus{
		"NotionKafkaStreamLate": control.SourceLate, "NotionKafkaSourceNeverSucceeded": control.SourceFailing,
		"NotionKafkaNeedsReconnect": control.SourceNeedsReconnect, "NotionKafkaDeletesHeld": control.SourceNeedsAttention,
		"NotionKafkaPagesStuck": control.SourceNeedsAttention, "NotionKafkaNeedsAttention": control.SourceNeedsAttention,
	}
	for _, group := range readAlertRules(t).Groups {
		for _, rule := range group.Rules {
			words := strings.ToLower(status[rule.Alert].Words())
			if summary := rule.Annotations["summary"]; !strings.Contains(summary, words) {
				t.Errorf("%s: %q does not say %q", rule.Alert, summary, words)
			}
			delete(status, rule.Alert)
		}
	}
	if len(status) > 0 {
		t.Errorf("no rules %v", status)
	}
}

// A stream's trigger decides how long it may be without a success, so the rule has no
// duration of its own.
func TestLateAlertFollowsTheTrigger(t *testing.T) {
	for _, group := range readAlertRules(t).Groups {
		for _, rule := range group.Rules {
			if rule.Alert != "NotionKafkaStreamLate" {
				continue
			}
			if regexp.MustCompile(`\d`).MatchString(rule.Expr) || !strings.Contains(rule.Expr, "notion_kafka_overdue_timestamp_seconds") {
				t.Errorf("%s\ndoes not use the time when the stream is overdue", rule.Expr)
			}
			return
		}
	}
	t.Error("no rule reports a late stream")
}
