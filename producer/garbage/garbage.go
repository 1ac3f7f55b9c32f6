// Package garbage says when the memory of the program is collected.
package garbage

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

const (
	// leastGarbage is how many bytes of garbage are worth a collection.
	leastGarbage = 64 << 20
	// leastPercent is GOGC where the garbage is more than that: it keeps a process that
	// knows a million pages below 500 MB.
	leastPercent = 50
	// mostPercent is GOGC where little is in use, so that a heap that grows quickly is
	// collected before it is large.
	mostPercent = 400
)

// CollectSparingly makes the garbage collector wait for leastGarbage, or for half as much
// garbage as there is memory in use where that is more. A percentage alone would collect a
// process with 20 MB in use every few milliseconds of a first read, and each time throw away
// the buffers that are kept for the next batch: that took a third of the CPU time. GOGC in
// the environment turns this off. It is called once, at the start of the process.
func CollectSparingly() {
	if os.Getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(mostPercent)
	afterCollection(new(collection))
}

// A collection is an object that nothing refers to, so the next collection finalizes it. It
// has a pointer, because the runtime may keep an object without pointers for longer.
type collection struct{ _ *collection }

// afterCollection sets the percentage for what is in use now, and waits for the next
// collection.
func afterCollection(c *collection) {
	if inUse := memoryInUse(); inUse > 0 {
		debug.SetGCPercent(collectAt(inUse))
	}
	runtime.SetFinalizer(c, afterCollection)
}

// collectAt is GOGC for so many bytes in use.
func collectAt(inUse uint64) (percent int) {
	return int(min(max(leastPercent, 100*leastGarbage/inUse), mostPercent))
}

// memoryInUse is how many bytes the last collection found in use; 0 before the first.
func memoryInUse() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
