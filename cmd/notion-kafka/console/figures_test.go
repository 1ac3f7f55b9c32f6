//go:build figures

package console

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"testing"
	"time"

	"notion-kafka/producer/control"
)

// A bigBackend has many sources with long histories, and many streams in each.
type bigBackend struct {
	*fakeBackend
	streams []control.Stream
	runs    []control.Run
}

// Streams implements [Backend].
func (b *bigBackend) Streams(context.Context, string) ([]control.Stream, error) {
	return b.streams, nil
}

// Runs implements [Backend].
func (b *bigBackend) Runs(string) ([]control.Run, error) { return b.runs, nil }

func newBigBackend(sources, streams int) *bigBackend {
	b := &bigBackend{fakeBackend: newFake()}
	one := b.sources[0]
	b.sources = nil
	for i := range sources {
		one.Name = fmt.Sprintf("source-%03d", i)
		b.sources = append(b.sources, one)
	}
	for i := range streams {
		b.streams = append(b.streams, control.Stream{
			Stream: fmt.Sprintf("database_%032x", i), Title: fmt.Sprintf("Engineering Tasks %d", i), Topic: fmt.Sprintf("notion.acme.engineering_tasks_%d", i),
			Sync: "incremental", Enabled: true, Health: control.SourceReady, Status: control.Succeeded, Rows: 4211, Cursor: noon(), LastChange: noon(), LastRun: noon(),
		})
	}
	for i := range 100 {
		run := b.run
		run.ID = fmt.Sprintf("run-%03d", 100-i)
		b.runs = append(b.runs, run)
	}
	return b
}

// TestFigurePages measures big pages: how long a browser on this machine waits for the
// first byte, and what it loads at its first visit and at later ones.
func TestFigurePages(t *testing.T) {
	const times = 21
	server := httptest.NewServer(newServer(t, newBigBackend(100, 500), Options{}).handler())
	t.Cleanup(server.Close)
	for name, path := range map[string]string{"sources=100": "/sources", "streams=500": "/sources/source-000", "runs=100": "/runs"} {
		var waits []time.Duration
		var page []byte
		for range times {
			body, wait := load(t, server.URL+path)
			page, waits = body, append(waits, wait)
		}
		slices.Sort(waits)
		files, all := 0, 0
		for _, asset := range regexp.MustCompile(`(?:src|href)="([./]*assets/[^"]+)"`).FindAllSubmatch(page, -1) {
			files++
			body, _ := load(t, server.URL+path+"/../"+string(asset[1]))
			all += len(body)
		}
		fmt.Printf("Page/%s\t%.1f ms-to-first-byte\t%d bytes-warm\t%d requests-warm\t%d bytes-cold\t%d requests-cold\n",
			name, float64(waits[times/2].Microseconds())/1000, len(page), 1, len(page)+all, 1+files)
	}
}

// load returns the body at an address, and how long its first byte took.
func load(t *testing.T, address string) (body []byte, wait time.Duration) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html")
	began := time.Now()
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	wait = time.Since(began)
	body, err = io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s, %v", address, response.Status, err)
	}
	return body, wait
}
