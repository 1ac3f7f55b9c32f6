//go:build real

package main_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer/kafka"
)

// BenchmarkFirstRecord starts the program with a group, topics and a source that nobody has
// seen: s-to-record is until a read_committed consumer has a page, and s-to-end, of once,
// until the process has ended. Started again, s-to-poll-again is until Notion gets the first
// query. A workspace answers at once, or after 0.3 s.
func BenchmarkFirstRecord(b *testing.B) {
	for _, command := range []string{"run", "once"} {
		for _, answer := range []time.Duration{0, 300 * time.Millisecond} {
			b.Run(fmt.Sprintf("%s/answers=%v", command, answer), func(b *testing.B) {
				for b.Loop() {
					benchFirstRecord(b, command, answer)
				}
			})
		}
	}
}

func benchFirstRecord(b *testing.B, command string, answer time.Duration) {
	queried := make(chan time.Time, 1)
	s := newNewcomer(b, notiontest.Options{
		Latency: func(*http.Request) time.Duration { return answer },
		Hook: func(r *http.Request) *notiontest.Fault {
			if strings.HasSuffix(r.URL.Path, "/query") {
				select {
				case queried <- time.Now():
				default:
				}
			}
			return nil
		},
	})
	cold := s.start(command)
	if err := s.firstRecord(); err != nil {
		b.Fatalf("no record: %v\n%s", err, cold.talk.String())
	}
	b.ReportMetric(time.Since(cold.began).Seconds(), "s-to-record")
	if took := cold.end(command); command == "once" {
		b.ReportMetric(took.Seconds(), "s-to-end")
	}
	<-queried
	again := s.start(command)
	b.ReportMetric((<-queried).Sub(again.began).Seconds(), "s-to-poll-again")
	again.end(command)
}

// A newcomer is a workspace with one database, and a configuration with names of its own
// in the Kafka that deploy/real/with started.
type newcomer struct {
	b      *testing.B
	dir    string
	token  string
	topic  string
	reader *kafka.Cluster
}

func newNewcomer(b *testing.B, options notiontest.Options) *newcomer {
	b.Helper()
	options.RequestsPerMinute = -1
	workspace := notiontest.New(options)
	workspace.AddDatabase("Tasks").DataSource().AddPages(100, time.Now().Add(-72*time.Hour), time.Minute, func(int) notiontest.Values { return nil })
	api := httptest.NewServer(workspace)
	b.Cleanup(api.Close)
	brokers, registry := os.Getenv("KAFKA_BROKERS"), os.Getenv("REGISTRY_URL")
	if brokers == "" || registry == "" {
		b.Fatal("KAFKA_BROKERS or REGISTRY_URL is not set: run this with deploy/real/with")
	}
	name := "first-" + strings.ToLower(rand.Text()[:8])
	s := &newcomer{b: b, dir: b.TempDir(), token: workspace.Token(), topic: name + ".tasks"}
	text := configuration(name, realParts{brokers: brokers, registry: registry}, api.URL, fmt.Sprintf("  - {name: acme, token: \"${NOTION_TOKEN}\", topic_prefix: %s.}\n", name))
	if err := os.WriteFile(filepath.Join(s.dir, "notion-kafka.yaml"), []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	var err error
	if s.reader, err = kafka.Open(kafka.Options{Brokers: strings.Split(brokers, ","), ClientID: name}); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(s.reader.Close)
	return s
}

// firstRecord returns once a read_committed consumer has a record of the topic.
func (s *newcomer) firstRecord() error {
	ctx, cancel := context.WithTimeout(s.b.Context(), longestTest)
	defer cancel()
	for !s.reader.Exists(ctx, s.topic) {
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	for _, err := range s.reader.Tail(ctx, s.topic, true) {
		return err
	}
	return context.Cause(ctx)
}

// A measured is a process of the program, and when it began.
type measured struct {
	b     *testing.B
	cmd   *exec.Cmd
	talk  *bytes.Buffer
	began time.Time
}

func (s *newcomer) start(command string) *measured {
	s.b.Helper()
	m := &measured{b: s.b, cmd: exec.CommandContext(s.b.Context(), program, command), talk: &bytes.Buffer{}}
	m.cmd.Dir, m.cmd.Env = s.dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir, "NOTION_TOKEN=" + s.token}
	m.cmd.Stdout, m.cmd.Stderr = m.talk, m.talk
	m.began = time.Now()
	if err := m.cmd.Start(); err != nil {
		s.b.Fatal(err)
	}
	return m
}

// end waits for the end of the process, and returns how long it ran. run is told to end.
func (m *measured) end(command string) time.Duration {
	m.b.Helper()
	if command == "run" {
		if err := m.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			m.b.Fatal(err)
		}
	}
	if err := m.cmd.Wait(); err != nil {
		m.b.Fatalf("%s: %v\n%s", command, err, m.talk)
	}
	return time.Since(m.began)
}
