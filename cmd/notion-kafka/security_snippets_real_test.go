//go:build real

package main_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"notion-kafka/cmd/notion-kafka/catalog"
)

// wantSnippets runs what the catalog prints for a topic of the secured broker, as ada, until
// the title of a page comes. Of the printed text only the groups' names are changed, so that every way
// begins at the first record.
func (b *securedBroker) wantSnippets(t *testing.T, s *stage, topic, title, tokenURL string) {
	t.Helper()
	b.allow(s.ctx, grant{"READ", "topic", topic, false})
	b.allow(s.ctx, grant{"READ", "group", topic + "-", true})
	login := []string{"KAFKA_USERNAME=" + ada, "KAFKA_PASSWORD=" + password, "KAFKA_CLIENT_ID=" + ada, "KAFKA_CLIENT_SECRET=" + password}
	for way, access := range map[string]catalog.Access{
		"scram-sha-512": {Brokers: []string{b.passwords}, Mechanism: "scram-sha-512"},
		"oauthbearer":   {Brokers: []string{b.passwords}, Mechanism: "oauthbearer", TokenURL: tokenURL},
		"certificate":   {Brokers: []string{b.certificates}, Certificate: true},
	} {
		access.TLS, access.BrokerCA, access.Registry = true, true, s.registry
		printed := snippetsOf(t, access, topic)
		for name, start := range map[string]func(s *stage, text string, variables []string) *child{
			"tail": (*stage).shell, "kcat": (*stage).shell, "go": (*stage).goProgram, "python": (*stage).pythonProgram, "flink": (*stage).flinkSQL,
		} {
			if name == "kcat" && access.Mechanism != "" {
				continue // Debian's has no OIDC, and its login by SCRAM failed here: a note says that it is not tested
			}
			if name == "flink" && way != "scram-sha-512" {
				continue // one start is enough of the time
			}
			t.Run(name+" with "+way, func(t *testing.T) {
				sub := s.in(t)
				ctx, cancel := context.WithTimeout(s.ctx, time.Minute) // one that stands still leaves time for the others
				defer cancel()
				sub.ctx = ctx
				b.giveFiles(sub)
				c := start(sub, strings.ReplaceAll(printed[name].Text, topic+"-"+name, topic+"-"+name+"-"+way), login)
				if name == "kcat" { // prints no values
					c.await(c.out, "a record", func(line string) bool { return strings.Contains(line, "notion-kafka.op=") })
					return
				}
				c.await(c.out, "the title of the page", func(line string) bool { return strings.Contains(line, title) })
			})
		}
	}
}

// giveFiles puts the files that snippets name into the working directory.
func (b *securedBroker) giveFiles(s *stage) {
	s.t.Helper()
	for from, to := range map[string]string{"ca.pem": "kafka-ca.pem", ada + ".both.pem": "kafka-client.pem"} {
		pem, err := os.ReadFile(b.authority.file(from))
		if err == nil {
			err = os.WriteFile(filepath.Join(s.dir, to), pem, 0o600)
		}
		if err != nil {
			s.t.Fatal(err)
		}
	}
}

// flinkSQL starts statements on Flink, with the variables put in as envsubst would.
func (s *stage) flinkSQL(text string, variables []string) *child {
	s.t.Helper()
	for _, variable := range variables {
		name, value, _ := strings.Cut(variable, "=")
		text = strings.ReplaceAll(text, "${"+name+"}", value)
	}
	cmd := exec.Command(filepath.Join(root(s.t), "deploy", "real", "flink-sql"))
	cmd.Dir, cmd.Env, cmd.Stdin = s.dir, os.Environ(), strings.NewReader(text)
	return s.startCommand("flink-sql", cmd)
}
