package kafka

import (
	"context"
	"errors"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
)

const (
	firstWindow = 128       // offsets
	windowFetch = 512 << 10 // bytes of a response, compressed or not
	windowRoom  = 8 << 20   // bytes of records that a Backward holds, over all partitions
	leastRoom   = 64 << 10  // bytes of records of a partition
	mostLarge   = 32 << 20  // bytes of values of records that alone are larger than their room
)

// A backPart is a partition that is read backwards. Kafka reads forwards only, so it reads
// window after window, each before the one it read last. Everything from the offset to on
// was read.
type backPart struct {
	span
	ready []Stored // read, and not returned yet; the newest first
	width int64    // of the next window, in offsets
	room  int      // bytes that ready may take, but for one record
}

func (p *backPart) take() Stored {
	r := p.ready[0]
	p.ready[0] = Stored{} // its memory
	p.ready = p.ready[1:]
	return r
}

// load reads on until it finds a record, or reaches the start. Aborted records, markers and
// compaction leave gaps of any length, so an empty window is followed by a wider one.
func (c *Cluster) load(ctx context.Context, p *backPart) error {
	for len(p.ready) == 0 && p.from < p.to {
		window := p.span
		window.from = max(p.from, p.to-p.width)
		read, err := c.readWindow(ctx, window, p.room)
		if errors.Is(err, kerr.OffsetOutOfRange) {
			if moved := c.startAgain(ctx, p); moved {
				continue
			}
		}
		if err != nil {
			return err
		}
		slices.Reverse(read.records)
		p.ready, p.width = read.records, p.next(read)
		p.to = read.from
	}
	return nil
}

// next returns the width of the window before one that was read.
func (p *backPart) next(read windowRead) int64 {
	switch {
	case read.full:
		return p.to - read.from // of what there was room for
	case read.held > p.room/2:
		return p.width
	}
	return 2 * (p.to - read.from)
}

// startAgain takes over the partition's present start: retention may have deleted records
// since it was listed.
func (c *Cluster) startAgain(ctx context.Context, p *backPart) (moved bool) {
	starts, err := c.listOffsets(ctx, p.topic, c.admin.ListStartOffsets)
	start, found := starts.Lookup(p.topic, p.partition)
	if err != nil || !found || start.Offset <= p.from {
		return false
	}
	p.from = start.Offset
	p.to = max(p.from, p.to)
	return true
}

// A windowRead are the last records of a window.
type windowRead struct {
	records []Stored // the oldest first
	from    int64    // all committed records of the window from here on are in records
	held    int      // bytes of records
	seen    int      // bytes of all records that were read
	full    bool     // there was no room for some of them
}

// readWindow reads a window and keeps its last records, as many as there is room for, at
// least one if there is any. A window that turns out to have far more than that is read
// again from the middle of what is left of it.
func (c *Cluster) readWindow(ctx context.Context, window span, room int) (windowRead, error) {
	for {
		read, middle := windowRead{from: window.from}, int64(0)
		for r, err := range c.committed(ctx, window) {
			if err != nil {
				return read, err
			}
			read.keep(r, room)
			if left := window.to - r.Offset; read.seen > 2*room && left > 2 {
				middle = r.Offset + left/2
				break
			}
		}
		if middle == 0 {
			return read, nil
		}
		window.from = middle
	}
}

// keep adds a record, and gives up the oldest ones that there is no room for beside it.
func (w *windowRead) keep(r Stored, room int) {
	size := r.Size()
	w.records, w.held, w.seen = append(w.records, r), w.held+size, w.seen+size
	for w.held > room && len(w.records) > 1 {
		w.held -= w.records[0].Size()
		w.records[0] = Stored{} // its memory
		w.records = w.records[1:]
		w.from, w.full = w.records[0].Offset, true
	}
}
