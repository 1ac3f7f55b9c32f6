package daemon

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"

	"notion-kafka/notion/notiontest/canned"
	"notion-kafka/producer"
	"notion-kafka/producer/garbage"
)

// BenchmarkCosts is how the cost of a first read into real Kafka grows: with the number
// of pages, with their properties, and with their size. Notion is canned, as in
// [BenchmarkLine].
func BenchmarkCosts(b *testing.B) {
	brokers := realBrokers(b)
	garbage.CollectSparingly() // as in the program
	for _, rows := range []int{1_000, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("pages=%d", rows), func(b *testing.B) {
			benchCosts(b, brokers, canned.Realistic, rows, producer.Settings{})
		})
	}
	forms := func(b *testing.B, shape canned.Shape, rows int) {
		b.Run("json", func(b *testing.B) { benchCosts(b, brokers, shape, rows, producer.Settings{}) })
		b.Run("typed", func(b *testing.B) { benchCosts(b, brokers, shape, rows, producer.Settings{Typed: true}) })
	}
	for _, of := range []struct{ properties, rows int }{{3, 100_000}, {15, 50_000}, {100, 10_000}, {500, 2_000}} {
		b.Run(fmt.Sprintf("properties=%d", of.properties), func(b *testing.B) { forms(b, canned.Shape{Properties: of.properties}, of.rows) })
	}
	for _, of := range []struct{ kilobytes, rows int }{{1, 100_000}, {10, 20_000}, {100, 4_000}, {1000, 2_000}} {
		b.Run(fmt.Sprintf("page=%dKB", of.kilobytes), func(b *testing.B) {
			forms(b, canned.Shape{Properties: min(of.kilobytes, 2), Text: (of.kilobytes - 1) * 1000}, of.rows)
		})
	}
}

// benchCosts is a first read of so many pages, and a restart after it.
func benchCosts(b *testing.B, brokers []string, shape canned.Shape, rows int, settings producer.Settings) {
	var spent, restart time.Duration
	var before, after runtime.MemStats
	var allocations uint64
	pages := 0
	for b.Loop() {
		b.StopTimer()
		notion := canned.NewOf(b, rows, shape)
		line := newLine(b, notion, brokers)
		with(settings)(line.source)
		forgetResident()
		runtime.ReadMemStats(&before)
		cpu := cpuTime()
		b.StartTimer()
		line.run(b, rows)
		b.StopTimer()
		spent += cpuTime() - cpu
		runtime.ReadMemStats(&after)
		allocations += after.Mallocs - before.Mallocs
		pages += rows
		b.ReportMetric(residentMemory("VmHWM"), "MB-resident-at-most")
		b.ReportMetric(heapInUse(), "MB-heap")
		b.ReportMetric(float64(notion.Queries())/float64(rows)*100, "queries/100pages")
		b.ReportMetric(float64(len(notion.AppendRow(nil, 0)))/1e3, "KB/page")
		began := time.Now()
		line.claim(b)
		restart = time.Since(began)
		b.ReportMetric(heapInUse(), "MB-heap-restarted")
		line.close()
		b.StartTimer()
	}
	b.ReportMetric(float64(pages)/spent.Seconds(), "pages/CPU-s")
	b.ReportMetric(float64(allocations)/float64(pages), "allocs/page")
	b.ReportMetric(restart.Seconds(), "s-restart")
}

// forgetResident gives memory that is not in use back to the system, and makes VmHWM begin
// anew, where there is a /proc.
func forgetResident() {
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o600) // proc_pid_clear_refs(5)
}

// cpuTime is the processor time that this process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// heapInUse is in MB, after a collection.
func heapInUse() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / 1e6
}

// residentMemory is the memory of this process in MB: VmRSS is the present value, VmHWM
// the highest so far; 0 on systems without /proc.
func residentMemory(what string) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for text := range strings.Lines(string(status)) {
		var kilobytes float64
		if n, _ := fmt.Sscanf(text, what+": %f kB", &kilobytes); n == 1 {
			return kilobytes * 1024 / 1e6
		}
	}
	return 0
}
