package main

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"notion-kafka/config"
)

// check names the passwords and tokens that others on the network can read.
func TestCheckWarnsOfWhatTravelsInClear(t *testing.T) {
	far := config.Kafka{Brokers: []string{"localhost:9092", "kafka-1:9092", "kafka-2"}, SASL: config.SASL{Mechanism: config.ScramSHA512}}
	near, sealed, open := far, far, far
	near.Brokers = []string{"127.0.0.1:9092", "[::1]:9092", "localhost"}
	sealed.TLS.Enabled = true
	open.SASL.Mechanism = config.NoSASL
	for name, test := range map[string]struct {
		cfg  config.Config
		says []string // the beginning of each line
	}{
		"brokers":                    {config.Config{Kafka: far}, []string{"! Kafka: the credentials of kafka.sasl travel in clear to kafka-1:9092, kafka-2: set kafka.tls.enabled: true"}},
		"brokers on this machine":    {config.Config{Kafka: near}, nil},
		"brokers with TLS":           {config.Config{Kafka: sealed}, nil},
		"brokers that ask nobody":    {config.Config{Kafka: open}, nil},
		"registry":                   {config.Config{SchemaRegistry: config.SchemaRegistry{URL: "http://registry:8081", Password: "hunter2"}}, []string{"! registry: its password or token travels in clear to registry:8081"}},
		"registry with a token":      {config.Config{SchemaRegistry: config.SchemaRegistry{URL: "http://registry:8081", Token: "hunter2"}}, []string{"! registry: "}},
		"registry by https":          {config.Config{SchemaRegistry: config.SchemaRegistry{URL: "https://registry", Token: "hunter2"}}, nil},
		"registry on this machine":   {config.Config{SchemaRegistry: config.SchemaRegistry{URL: "http://[::1]:8081", Token: "hunter2"}}, nil},
		"registry that asks nobody":  {config.Config{SchemaRegistry: config.SchemaRegistry{URL: "http://registry:8081"}}, nil},
		"console":                    {config.Config{Console: config.Console{Listen: "0.0.0.0:8080", Username: "me", Password: "hunter22"}}, []string{"! console: 0.0.0.0:8080 is plain http beyond this machine, for its password and the tokens"}},
		"console, short password":    {config.Config{Console: config.Console{Listen: "0.0.0.0:8080", Username: "me", Password: "hunter2"}}, []string{"! console: 0.0.0.0:8080 is plain http beyond this machine, for its password and the tokens", "! console: its password has 7 characters"}},
		"console without a password": {config.Config{Console: config.Console{Listen: ":8080", Insecure: true}}, []string{"! console: :8080 is plain http beyond this machine, for the tokens"}},
		"console on this machine":    {config.Config{Console: config.Console{Listen: "localhost:8080", Username: "me"}}, nil},
		"no console":                 {config.Config{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			c := checklist{out: &out}
			c.clear(&test.cfg)
			lines := slices.Collect(strings.Lines(out.String()))
			if c.failed || !slices.EqualFunc(lines, test.says, strings.HasPrefix) || strings.Contains(out.String(), "hunter2") {
				t.Errorf("it says\n%s\nwant %q", out.String(), test.says)
			}
		})
	}
}

// The check command prints these warnings.
func TestCheckCommandWarnsOfAConsoleInClear(t *testing.T) {
	tt := serving(t)
	tt.addTasks(1)
	tt.mustCheck(0, []string{"--set", "console.listen=0.0.0.0:8080", "--set", "console.insecure=true"}, "! console: 0.0.0.0:8080 is plain http")
}

// A command that sends the console's password in clear over the network warns of it.
func TestPasswordInClearToAnotherMachineIsWarnedOf(t *testing.T) {
	for api, warned := range map[string]bool{"http://192.0.2.1:8080": true, "https://192.0.2.1": false, "http://127.0.0.1:8080": false} {
		for username, needed := range map[string]bool{"me": true, "": false} {
			var log bytes.Buffer
			cfg := &config.Config{Console: config.Console{Username: username, Password: "hunter2"}}
			if _, err := newAPIClient(cfg, api, slog.New(slog.NewTextHandler(&log, nil))); err != nil {
				t.Fatal(err)
			}
			if said := strings.Contains(log.String(), "travels in clear"); said != (warned && needed) || strings.Contains(log.String(), "hunter2") {
				t.Errorf("%s, user %q: %q", api, username, log.String())
			}
		}
	}
}
