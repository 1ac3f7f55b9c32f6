package state

import (
	"fmt"
	"runtime"
	"testing"
	"time"
)

// BenchmarkRestore rebuilds the memory of a stream with a million pages, as a
// claim does. It reports seconds and the bytes that stay in memory.
func BenchmarkRestore(b *testing.B) {
	const pages = 1_000_000
	keys, values := make([][]byte, pages), make([][]byte, pages)
	for i := range pages {
		id := fmt.Sprintf("248104cd-477e-80fd-b757-%012x", i*7919)
		page := Page{Hash: uint64(i) * 0x9e3779b97f4a7c15, Form: 1, Created: 29_000_000, Edited: 29_000_000 + uint32(i%1000)}
		var err error
		keys[i], values[i], err = Entry{PageKey("acme", "database_248104cd-477e-80fd-b757-e945d38000bd", id), page}.Encode()
		if err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		started := time.Now()
		m := NewMemory()
		for i := range keys {
			if err := m.Apply(keys[i], values[i]); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(time.Since(started).Seconds(), "s/restore")
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB-kept")
		runtime.KeepAlive(m)
	}
}
