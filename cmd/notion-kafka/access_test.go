package main

import (
	"encoding/json"
	"strings"
	"testing"

	"notion-kafka/avro"
	"notion-kafka/config"
	"notion-kafka/producer/control"
)

// What the Catalog prints to read a topic has the addresses of the configuration, without the
// secrets and the user names in it.
func TestUsageHasNoSecrets(t *testing.T) {
	cfg := &config.Config{
		Kafka: config.Kafka{
			Brokers: []string{"kafka-1", "kafka-2:9093", "[::1]:9094"}, TLS: config.TLS{Enabled: true, CAFile: "/etc/ca.pem", CertFile: "/etc/cert.pem", KeyFile: "/etc/key.pem"},
			SASL: config.SASL{Username: "our-user", Password: "our-secret", TokenURL: "https://url-user:url-secret@login/token"},
		},
		SchemaRegistry: config.SchemaRegistry{URL: "https://url-user:url-secret@registry/path", CAFile: "/etc/ca.pem"},
	}
	for _, mechanism := range []config.Mechanism{"", "plain", "scram-sha-256", "scram-sha-512", "oauthbearer"} {
		for _, login := range []func(*config.SchemaRegistry){
			func(*config.SchemaRegistry) {},
			func(r *config.SchemaRegistry) { r.Username, r.Password = "our-user", "our-secret" },
			func(r *config.SchemaRegistry) { r.Token = "our-secret" },
		} {
			cfg := *cfg
			cfg.Kafka.SASL.Mechanism = mechanism
			login(&cfg.SchemaRegistry)
			registry, err := avro.NewRegistry(avro.RegistryOptions{URL: cfg.SchemaRegistry.URL, Username: cfg.SchemaRegistry.Username, Token: cfg.SchemaRegistry.Token.Reveal()})
			if err != nil {
				t.Fatal(err)
			}
			app := &App{Config: &cfg, Registry: registry}
			snippets, err := app.access().Snippets(control.TableDetail{Table: control.Table{Topic: "t", Schema: json.RawMessage(avro.PageSchema)}})
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range snippets {
				all := s.Text + strings.Join(s.Notes, "\n")
				for _, secret := range []string{"our-user", "our-secret", "url-user", "url-secret", "/etc/"} {
					if strings.Contains(all, secret) {
						t.Errorf("%s, %s: has %s:\n%s", mechanism, s.Name, secret, all)
					}
				}
				for _, want := range []string{"kafka-1:9092", "kafka-2:9093", "[::1]:9094", "https://registry/path", "REGISTRY_"} {
					if s.Name != "ksqldb" && s.Name != "kcat" && !strings.Contains(all, want) {
						t.Errorf("%s, %s: has no %s:\n%s", mechanism, s.Name, want, all)
					}
				}
			}
		}
	}
}
