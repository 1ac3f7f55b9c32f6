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
	"syscall"
	"testing"
	"time"

	"notion-kafka/config"
	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// scaleConfig is a configuration file for the real cluster, with names of its own.
func scaleConfig(tb testing.TB, file string, more ...string) *config.Config {
	tb.Helper()
	name := fmt.Sprintf("scale-%d", time.Now().UnixNano())
	cfg, err := config.Load(config.Options{
		File: file, Environ: []string{},
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

// BenchmarkSources starts one process with sources of one small database each, and waits
// until every one has been read once. Their Notion is in the process, and its CPU time
// and memory count.
func BenchmarkSources(b *testing.B) {
	for _, sources := range []int{1, 10, 100, 1000} {
		b.Run(fmt.Sprintf("sources=%d", sources), func(b *testing.B) { benchSources(b, sources) })
	}
}

func benchSources(b *testing.B, sources int) {
	workspace := notiontest.New(notiontest.Options{RequestsPerMinute: -1})
	db := workspace.AddDatabase("Small", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
	for range 5 {
		db.AddPage("page", nil)
	}
	api := httptest.NewServer(workspace)
	defer api.Close()
	runs, asked := 0, 0
	var spent time.Duration
	for b.Loop() {
		b.StopTimer()
		cfg := scaleConfig(b, writeSources(b, sources), "notion.api_url="+api.URL, "notion.requests_per_minute=100000")
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
		ended := make(chan struct{})
		daemon := app.Daemon(opened, func(r producer.Report) {
			mu.Lock()
			defer mu.Unlock()
			if read[r.Source] == "" {
				if read[r.Source] = r.Status; len(read) == sources {
					close(ended)
				}
			}
		})
		before, cpu := requests(workspace), cpuTime()
		began := time.Now()
		b.StartTimer()
		stopped := make(chan error, 1)
		go func() { stopped <- daemon.Run(ctx) }()
		select {
		case <-ended:
		case err := <-stopped:
			b.Fatalf("the daemon ended: %v", err)
		}
		b.StopTimer()
		b.ReportMetric(time.Since(began).Seconds(), "s-to-last-poll")
		runs, asked, spent = runs+sources, asked+requests(workspace)-before, spent+cpuTime()-cpu
		b.ReportMetric(float64(runtime.NumGoroutine()), "goroutines")
		b.ReportMetric(heap(), "MB-heap")
		stop()
		if err := <-stopped; err != nil {
			b.Fatal(err)
		}
		for source, status := range read {
			if status != control.Succeeded {
				b.Errorf("source %s: %s", source, status)
			}
		}
		app.Close()
		b.StartTimer()
	}
	b.ReportMetric(float64(spent.Microseconds())/1000/float64(runs), "CPU-ms/source")
	b.ReportMetric(float64(asked)/float64(runs), "requests/source")
}

// requests is how many requests a workspace received.
func requests(w *notiontest.Workspace) (n int) {
	for _, of := range w.Counts() {
		n += of
	}
	return n
}

// cpuTime is the processor time that this process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
