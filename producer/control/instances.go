package control

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"
)

const (
	beatInterval = time.Minute
	aliveFor     = 3 * time.Minute // after an instance's last record; two beats may get lost
	goneAfter    = time.Hour
	leaveTimeout = 2 * time.Second
)

// A Peer is an instance with its id.
type Peer struct {
	ID string
	Instance
}

// Announce writes this instance's record, at once and every minute from now on. At
// and Seen are filled in. After an error it is written again within a minute.
func (b *Board) Announce(ctx context.Context, self Instance) error {
	_, err := b.announce(ctx, func(i *Instance) { *i = self })
	return err
}

// announce changes this instance's record, writes it, and returns its Seen. One call
// writes at a time, so an older record never overwrites a newer one.
func (b *Board) announce(ctx context.Context, change func(*Instance)) (seen int64, err error) {
	b.mu.Lock()
	change(&b.self)
	b.announced = true
	b.mu.Unlock()

	select {
	case b.announcing <- struct{}{}:
		defer func() { <-b.announcing }()
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
	b.mu.Lock()
	b.said++
	said := b.self
	said.Seen, said.At = b.said, time.Now()
	b.mu.Unlock()
	return said.Seen, b.Append(ctx, Record{InstanceKey(b.opts.Instance), said})
}

// beat writes this instance's record every minute, and removes the records of dead
// instances.
func (b *Board) beat(ctx context.Context) {
	ticks := time.NewTicker(beatInterval)
	defer ticks.Stop()
	for {
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return
		}
		b.mu.RLock()
		announced := b.announced
		b.mu.RUnlock()
		if !announced {
			continue
		}
		_, err := b.announce(ctx, func(*Instance) {})
		if err == nil {
			err = b.Append(ctx, b.departed(time.Now())...)
		}
		if err != nil && ctx.Err() == nil {
			b.opts.Logger.Warn("the heartbeat to the control topic failed; trying again in a minute", "error", err)
		}
	}
}

// departed returns the records that remove instances silent for more than an hour.
func (b *Board) departed(now time.Time) (remove []Record) {
	b.View(func(m *Memory) {
		for id, i := range m.instances {
			if now.Sub(i.At) > goneAfter {
				remove = append(remove, Record{Key: InstanceKey(id)})
			}
		}
	})
	return remove
}

// leave removes this instance's record, within two seconds.
func (b *Board) leave(ctx context.Context) {
	b.mu.RLock()
	announced := b.announced
	b.mu.RUnlock()
	if !announced {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, leaveTimeout)
	defer cancel()
	if err := b.Append(ctx, Record{Key: InstanceKey(b.opts.Instance)}); err != nil {
		b.opts.Logger.Info("saying goodbye to the other instances failed: they will notice", "error", err)
	}
}

// Alive are the living instances, this one among them, sorted by id.
func (b *Board) Alive(now time.Time) (alive []Peer) {
	b.View(func(m *Memory) { alive = m.Alive(now) })
	return alive
}

// Alive are the instances that were heard of in the last three minutes, sorted by id.
func (m *Memory) Alive(now time.Time) (alive []Peer) {
	for id, i := range m.instances {
		if now.Sub(i.At) <= aliveFor {
			alive = append(alive, Peer{id, i})
		}
	}
	slices.SortFunc(alive, func(a, b Peer) int { return cmp.Compare(a.ID, b.ID) })
	return alive
}

// Differing compares the digests of two files' sources, and returns the sorted names of
// the sources that the files define differently or that only one of them defines.
func Differing(a, b map[string]string) []string {
	names := map[string]bool{}
	for name, digest := range a {
		names[name] = b[name] != digest
	}
	for name, digest := range b {
		names[name] = a[name] != digest
	}
	maps.DeleteFunc(names, func(_ string, differs bool) bool { return !differs })
	return slices.Sorted(maps.Keys(names))
}
