package deploy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"notion-kafka/config"
)

func TestEnvironmentFileSuitsTheExample(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("systemd", "notion-kafka.env.example"))
	if err != nil {
		t.Fatal(err)
	}
	var environ []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, _ := strings.Cut(line, "=")
		if value != "" {
			t.Errorf("%s has a value: an example that is installed unchanged must not look filled in", name)
		}
		environ = append(environ, name+"=x")
	}
	cfg, err := config.Load(config.Options{File: "notion-kafka.example.yaml", Environ: environ})
	if err != nil {
		t.Fatalf("the example's configuration with the example's environment: %v", err)
	}
	if len(cfg.Sources) == 0 {
		t.Error("it has no source")
	}
}

// An instance that is killed in mid-transaction loses nothing, but its successor waits
// for the transaction to time out.
func TestStoppingIsGivenTheTimeOfATransaction(t *testing.T) {
	unit := find(t, filepath.Join("systemd", "notion-kafka.service"), `(?m)^TimeoutStopSec=(.+)$`)
	systemd, err := time.ParseDuration(unit)
	if err != nil {
		t.Fatal(err)
	}
	composed := readComposition(t).Services["notion-kafka"].StopGracePeriod
	away(t)
	cfg, err := config.Load(config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for unit, patience := range map[string]time.Duration{"systemd": systemd, "docker-compose.yml": composed} {
		if patience <= cfg.Kafka.TransactionTimeout {
			t.Errorf("%s waits %s, a transaction may take %s", unit, patience, cfg.Kafka.TransactionTimeout)
		}
	}
}
