//go:build real

package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"notion-kafka/config"
	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
	"notion-kafka/producer/state"
)

// scaleConfig is a configuration for the real cluster with names of its own.
func scaleConfig(tb testing.TB, more ...string) *config.Config {
	tb.Helper()
	name := fmt.Sprintf("scale-%d", time.Now().UnixNano())
	cfg, err := config.Load(config.Options{
		File: writeSources(tb, 0), Environ: []string{},
		Set: append(more, "kafka.brokers="+os.Getenv("KAFKA_BROKERS"), "schema_registry.url="+os.Getenv("REGISTRY_URL"),
			"kafka.group="+name, "kafka.state_topic="+name+".state", "kafka.control_topic="+name+".control"),
	})
	if err != nil {
		tb.Fatal(err)
	}
	return cfg
}

// writeSources writes a configuration file with so many sources of one connection.
func writeSources(tb testing.TB, n int) string {
	tb.Helper()
	var b strings.Builder
	b.WriteString("sources:\n")
	prefix := fmt.Sprint(time.Now().UnixNano())
	for i := range n {
		fmt.Fprintf(&b, "  - {name: s%d, token: %s, topic_prefix: %s.s%d., trigger: {every: 10m}}\n", i, notiontest.DefaultToken, prefix, i)
	}
	if n == 0 {
		b.Reset()
		b.WriteString("data_dir: unused\n")
	}
	file := tb.TempDir() + "/notion-kafka.yaml"
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		tb.Fatal(err)
	}
	return file
}

// heap returns the heap in use after a collection, in MB.
func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / 1e6
}

// BenchmarkRestoreMillionPages claims a shard that remembers a million pages
// and rebuilds its memory.
func BenchmarkRestoreMillionPages(b *testing.B) {
	const pages, perTransaction = 1_000_000, 2_000
	ctx := b.Context()
	app, err := Open(ctx, scaleConfig(b), slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	defer app.Close()
	if err := app.Daemon(nil, nil).Prepare(ctx); err != nil {
		b.Fatal(err)
	}
	owner := kafka.KeyValue{Key: []byte(state.OwnerKey()), Value: []byte(`{}`)}
	writer, err := app.Cluster.Claim(ctx, 0, owner)
	if err != nil {
		b.Fatal(err)
	}
	for i := 0; i < pages; i += perTransaction {
		err := writer.Commit(ctx, nil, func([]kafka.Position) (out []kafka.KeyValue, err error) {
			for n := range perTransaction {
				id := state.PageID{0: byte((i + n) >> 24), 1: byte((i + n) >> 16), 2: byte((i + n) >> 8), 3: byte(i + n)}
				entry := state.Entry{Key: state.PageKey("acme", "database_248104cd-477e-80fd-b757-e945d38000bd", id.String()), Value: state.Page{
					Hash: uint64(i+n) * 0x9E3779B97F4A7C15, Created: 29_000_000, Edited: 29_000_001, Form: 1,
				}}
				key, value, err := entry.Encode()
				if err != nil {
					return nil, err
				}
				out = append(out, kafka.KeyValue{Key: key, Value: value})
			}
			return out, nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	writer.Close()
	for b.Loop() {
		before := heap()
		writer, err := app.Cluster.Claim(ctx, 0, owner)
		if err != nil {
			b.Fatal(err)
		}
		memory := state.NewMemory()
		for record, err := range writer.Restore(ctx) {
			if err == nil {
				err = memory.Apply(record.Key, record.Value)
			}
			if err != nil {
				b.Fatal(err)
			}
		}
		writer.Close()
		restored := len(memory.Source("acme").Stream("database_248104cd-477e-80fd-b757-e945d38000bd").Pages)
		if restored != pages {
			b.Fatalf("restored %d pages", restored)
		}
		b.ReportMetric(heap()-before, "MB-heap")
		runtime.KeepAlive(memory)
	}
}

// BenchmarkThousandSources starts one process with a thousand sources of one
// small database each, and waits until every one has been read once.
func BenchmarkThousandSources(b *testing.B) {
	const sources = 1000
	workspace := notiontest.New(notiontest.Options{RequestsPerMinute: -1})
	db := workspace.AddDatabase("Small", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
	for range 5 {
		db.AddPage("page", nil)
	}
	api := httptest.NewServer(workspace)
	defer api.Close()
	for b.Loop() {
		cfg := scaleConfig(b, "notion.api_url="+api.URL, "notion.requests_per_minute=100000")
		loaded, err := config.Load(config.Options{File: writeSources(b, sources), Environ: []string{}, Set: []string{"kafka.brokers=" + os.Getenv("KAFKA_BROKERS"), "schema_registry.url=" + os.Getenv("REGISTRY_URL")}})
		if err != nil {
			b.Fatal(err)
		}
		cfg.Sources = loaded.Sources
		log := slog.New(slog.DiscardHandler)
		_, opened, err := openSources(cfg, log)
		if err != nil {
			b.Fatal(err)
		}
		app, err := Open(b.Context(), cfg, log)
		if err != nil {
			b.Fatal(err)
		}
		ctx, stop := context.WithCancel(b.Context())
		var mu sync.Mutex
		read := map[string]control.Status{}
		began := time.Now()
		daemon := app.Daemon(opened, func(r producer.Report) {
			mu.Lock()
			defer mu.Unlock()
			if read[r.Source] = r.Status; len(read) == sources {
				stop()
			}
		})
		peak := make(chan int)
		go func() {
			most := 0
			for ctx.Err() == nil {
				most = max(most, runtime.NumGoroutine())
				select {
				case <-ctx.Done():
				case <-time.After(100 * time.Millisecond):
				}
			}
			peak <- most
		}()
		if err := daemon.Run(ctx); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(began).Seconds(), "s-to-last-poll")
		b.ReportMetric(float64(<-peak), "goroutines")
		b.ReportMetric(heap(), "MB-heap")
		for source, status := range read {
			if status != control.Succeeded {
				b.Errorf("source %s: %s", source, status)
			}
		}
		app.Close()
	}
}
