package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// revealed compares secrets by what they hold, not by their dots.
var revealed = cmp.Comparer(func(a, b Secret) bool { return a.Reveal() == b.Reveal() })

func asError(err error, target **Error) bool { return errors.As(err, target) }

func TestNoWayOfPrintingShowsASecret(t *testing.T) {
	cfg := load(t, `
oauth: {client_id: me, client_secret: hunter2}
kafka: {sasl: {mechanism: plain, username: me, password: hunter2}}
schema_registry: {token: hunter2}
console: {username: me, password: hunter2}
secrets: {key: hunter2, previous_keys: [hunter2, hunter2]}
sources: [{name: acme, token: hunter2}]
`, Options{})
	values := map[string]any{"config": *cfg, "pointer": cfg, "sources": cfg.ResolvedSources(), "secret": cfg.Secrets.Key}
	for name, value := range values {
		var printed bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t"} {
			fmt.Fprintf(&printed, verb+"\n", value)
		}
		asJSON, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		asYAML, err := yaml.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		printed.Write(asJSON)
		printed.Write(asYAML)
		slog.New(slog.NewTextHandler(&printed, nil)).Info("loaded", "value", value)
		slog.New(slog.NewJSONHandler(&printed, nil)).Info("loaded", "value", value)
		for _, trace := range []string{"hunter2", fmt.Sprintf("%x", "hunter2"), fmt.Sprintf("%X", "hunter2")} {
			if i := strings.Index(printed.String(), trace); i >= 0 {
				t.Errorf("%s shows the secret: …%s", name, printed.String()[max(0, i-80):i+10])
			}
		}
		if !strings.Contains(printed.String(), dots) {
			t.Errorf("%s shows no dots either", name)
		}
	}
}

func TestASecretPrintsAsDots(t *testing.T) {
	for secret, want := range map[Secret]string{"": "||\"\"|\"\"|", "x": "•••|•••|\"•••\"|\"•••\"|•••"} {
		if got := fmt.Sprintf("%v|%s|%q|%#v|%d", secret, secret, secret, secret, any(secret)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if text, err := secret.MarshalText(); err != nil || string(text) != secret.String() {
			t.Errorf("MarshalText: %s, %v", text, err)
		}
	}
}
