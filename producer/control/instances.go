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
func (c *Client) Announce(ctx context.Context, self Instance) error {
	_, err := c.announce(ctx, func(i *Instance) { *i = self })
	return err
}

// announce changes this instance's record, writes it, and returns its Seen. One call
// writes at a time, so an older record never overwrites a newer one.
func (c *Client) announce(ctx context.Context, change func(*Instance)) (seen int64, err error) {
	c.mu.Lock()
	change(&c.self)
	c.announced = true
	c.mu.Unlock()

	select {
	case c.announcing <- struct{}{}:
		defer func() { <-c.announcing }()
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
	c.mu.Lock()
	c.said++
	said := c.self
	said.Seen, said.At = c.said, time.Now()
	c.mu.Unlock()
	return said.Seen, c.Append(ctx, Record{InstanceKey(c.opts.Instance), said})
}

// beat writes this instance's record every minute, and removes what is over.
func (c *Client) beat(ctx context.Context) {
	ticks := time.NewTicker(beatInterval)
	defer ticks.Stop()
	for {
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return
		}
		c.mu.RLock()
		announced := c.announced
		c.mu.RUnlock()
		if !announced {
			continue
		}
		_, err := c.announce(ctx, func(*Instance) {})
		if err == nil {
			err = c.tidy(ctx, time.Now())
		}
		if err != nil && ctx.Err() == nil {
			c.opts.Logger.Warn("the heartbeat to the control topic failed; trying again in a minute", "error", err)
		}
	}
}

// departed returns the records that remove instances silent for more than an hour.
func (c *Client) departed(now time.Time) (remove []Record) {
	c.View(func(m *Memory) {
		for id, i := range m.instances {
			if now.Sub(i.At) > goneAfter {
				remove = append(remove, Record{Key: InstanceKey(id)})
			}
		}
	})
	return remove
}

// leave removes this instance's record, within two seconds.
func (c *Client) leave(ctx context.Context) {
	c.mu.RLock()
	announced := c.announced
	c.mu.RUnlock()
	if !announced {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, leaveTimeout)
	defer cancel()
	if err := c.Append(ctx, Record{Key: InstanceKey(c.opts.Instance)}); err != nil {
		c.opts.Logger.Info("saying goodbye to the other instances failed: they will notice", "error", err)
	}
}

// Alive are the living instances, this one among them, sorted by id.
func (c *Client) Alive(now time.Time) (alive []Peer) {
	c.View(func(m *Memory) { alive = m.Alive(now) })
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
