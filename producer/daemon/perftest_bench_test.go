package daemon

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"notion-kafka/avro"
	"notion-kafka/notion"
	"notion-kafka/notion/notiontest/canned"
	"notion-kafka/producer/kafka"
)

// BenchmarkPerfTest is kafka-producer-perf-test, which comes with Kafka: as many
// records of the same size as in BenchmarkLine into the same broker, with no
// Notion before it, no keys, no transactions and no state.
func BenchmarkPerfTest(b *testing.B) {
	brokers := realBrokers(b)
	payload := filepath.Join(b.TempDir(), "payload")
	if err := os.WriteFile(payload, perfPayload(b), 0o600); err != nil {
		b.Fatal(err)
	}
	rate := regexp.MustCompile(fmt.Sprintf(`(?m)^%d records sent, ([0-9.]+) records/sec`, lineRows))
	for b.Loop() {
		topic := fmt.Sprintf("perf-%d", time.Now().UnixNano())
		cluster := openBench(b, brokers, topic+".state")
		_, err := cluster.EnsureTopic(b.Context(), kafka.TopicSpec{Name: topic, Partitions: 1, ReplicationFactor: 1, Create: true})
		if err != nil {
			b.Fatal(err)
		}
		cluster.Close()
		perf := exec.CommandContext(b.Context(), "../../deploy/real/perf-test", "--bootstrap-server", strings.Join(brokers, ","), "--topic", topic,
			"--num-records", strconv.Itoa(lineRows), "--throughput", "-1", "--payload-file", payload,
			"--command-property", "compression.type=zstd", "linger.ms=5", "batch.size=1000000", "acks=all")
		var talk bytes.Buffer
		perf.Stderr = &talk
		out, err := perf.Output()
		got := rate.FindSubmatch(out)
		if err != nil || got == nil || bytes.Contains(talk.Bytes(), []byte("Exception")) {
			b.Fatalf("perf-test: %v\n%s\n%.1000s", err, out, talk.Bytes())
		}
		perSecond, err := strconv.ParseFloat(string(got[1]), 64)
		if err != nil {
			b.Fatal(err)
		}
		cpu := perf.ProcessState.UserTime() + perf.ProcessState.SystemTime()
		b.ReportMetric(perSecond, "pages/s")
		b.ReportMetric(lineRows/cpu.Seconds(), "pages/CPU-s")
	}
}

// perfPayload are lines of the length of BenchmarkLine's records, and about as
// compressible: perf-test reads text.
func perfPayload(b *testing.B) []byte {
	b.Helper()
	rows, encoder := canned.New(b, canned.Bodies), avro.NewPageEncoder(1)
	var lines []byte
	for i := range canned.Bodies {
		object := rows.AppendRow(nil, i)
		page, err := notion.DecodePage(object)
		if err != nil {
			b.Fatal(err)
		}
		value, err := encoder.Append(nil, &page)
		if err != nil {
			b.Fatal(err)
		}
		lines = append(append(lines, object[:min(len(object), len(value))]...), '\n')
	}
	return lines
}
