//go:build real

package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/notion/notiontest/canned"
	"notion-kafka/notion/notiontest/sdk"
)

// What is read in BenchmarkSideBySide, and how often.
const (
	sideRows  = 20_000
	cutRows   = 500 // have a relation that Notion cuts
	sideTurns = 3
)

// BenchmarkSideBySide reads the same simulated Notion, without limits, with this program
// into real Kafka and with others. They are whole processes, of which nothing but their
// own CPU time counts; Notion is this process, Kafka another one. The official client
// needs Node and npm, Airbyte's connector a Python at AIRBYTE_PYTHON. A row whose program
// is not there is left out.
func BenchmarkSideBySide(b *testing.B) {
	side := newSide(b)
	b.Run("notion-kafka", func(b *testing.B) { side.bench(b, side.once) })
	dir := b.TempDir()
	if err := sdk.Install(b.Context(), dir); err != nil {
		leftOut("the official client", err)
	} else {
		b.Run("sdk/counted", func(b *testing.B) { side.bench(b, side.official(dir, "")) })
		b.Run("sdk/file", func(b *testing.B) { side.bench(b, side.official(dir, filepath.Join(dir, "rows.ndjson"))) })
	}
	if read, err := side.airbyte(b); err != nil {
		leftOut("Airbyte's connector", err)
	} else {
		b.Run("airbyte", func(b *testing.B) { side.bench(b, read) })
	}
}

// leftOut says on standard error why there is no row for a program.
func leftOut(program string, why error) {
	fmt.Fprintf(os.Stderr, "SideBySide: %s is left out: %v\n", program, why)
}

// A side is the Notion that all programs read.
type side struct {
	url, token, dataSource string
}

func newSide(b *testing.B) *side {
	b.Helper()
	w := notiontest.New(notiontest.Options{RequestsPerMinute: -1, Violation: func(what string) { b.Error("Notion's contract broken:", what) }})
	db := canned.Realistic.AddTo(w, "Tasks", sideRows)
	ids := db.Pages(notiontest.Live)
	for i := range cutRows {
		w.EditSilently(ids[i*sideRows/cutRows], notiontest.Values{"Depends on": ids[i : i+30]})
	}
	api := httptest.NewServer(w)
	b.Cleanup(api.Close)
	return &side{url: api.URL, token: w.Token(), dataSource: db.DataSource().ID()}
}

// A reader makes a process that reads everything, and a check of its standard output: how
// many rows it read.
type reader func(b *testing.B) (cmd *exec.Cmd, count func(out []byte) (rows int, err error))

// bench lets a reader read several times.
func (s *side) bench(b *testing.B, read reader) {
	var rates []float64
	for b.Loop() {
		for range sideTurns {
			b.StopTimer()
			cmd, count := read(b)
			file := filepath.Join(b.TempDir(), "out")
			to, err := os.Create(file)
			if err != nil {
				b.Fatal(err)
			}
			var talk bytes.Buffer
			cmd.Stdout, cmd.Stderr = to, &talk
			b.StartTimer()
			err = errors.Join(cmd.Run(), to.Close())
			b.StopTimer()
			out, readErr := os.ReadFile(file)
			if err = errors.Join(err, readErr); err != nil {
				b.Fatalf("%s: %v\n%.2000s\n%.2000s", cmd, err, out, talk.Bytes())
			}
			if rows, err := count(out); rows != sideRows || err != nil {
				b.Fatalf("%s: %d rows, %v\n%.2000s\n%.2000s", cmd, rows, err, out, talk.Bytes())
			}
			used := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
			rates = append(rates, sideRows/used.Seconds())
			b.StartTimer()
		}
	}
	b.ReportMetric(slices.Min(rates), "rows/CPU-s-least")
	b.ReportMetric(slices.Max(rates), "rows/CPU-s-most")
}

// once is this program, into topics of its own.
func (s *side) once(b *testing.B) (*exec.Cmd, func([]byte) (int, error)) {
	b.Helper()
	name, file := fmt.Sprintf("side-%d", time.Now().UnixNano()), filepath.Join(b.TempDir(), "notion-kafka.yaml")
	text := fmt.Sprintf(`
notion: {api_url: %q, requests_per_minute: 1000000}
kafka: {brokers: [%s], group: %[3]s, state_topic: %[3]s.state, control_topic: %[3]s.control}
schema_registry: {url: %[4]q}
console: {listen: "", topic_prefixes: [%[3]s]}
sources: [{name: acme, token: %[5]q, topic_prefix: %[3]s.}]
`, s.url, os.Getenv("KAFKA_BROKERS"), name, os.Getenv("REGISTRY_URL"), s.token)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	cmd := exec.CommandContext(b.Context(), program, "once", "--config", file)
	cmd.Env = []string{}
	return cmd, func(out []byte) (int, error) {
		published := regexp.MustCompile(`database_.*\s\d+\s+(\d+)\s+\d+\s+\d+\s+\d+\s`).FindSubmatch(out)
		if published == nil {
			return 0, errors.New("the table has no row for the database")
		}
		return strconv.Atoi(string(published[1]))
	}
}

// official is the official client, which counts the rows, or writes them into a file.
func (s *side) official(dir, file string) reader {
	return func(b *testing.B) (*exec.Cmd, func([]byte) (int, error)) {
		b.Helper()
		cmd := exec.CommandContext(b.Context(), "node", "rows.mjs")
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "BASE_URL="+s.url, "TOKEN="+s.token, "DATA_SOURCE="+s.dataSource, "FILE="+file)
		return cmd, func(out []byte) (int, error) {
			var counted struct{ Distinct int }
			err := json.Unmarshal(out, &counted)
			return counted.Distinct, err
		}
	}
}
