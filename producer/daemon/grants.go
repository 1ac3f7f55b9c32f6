package daemon

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"notion-kafka/notion"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/grants"
	"notion-kafka/producer/kafka"
	"notion-kafka/producer/shard"
	"notion-kafka/producer/state"
)

// WriteGrant implements [grants.Owner].
func (d *Daemon) WriteGrant(ctx context.Context, source, bot string, grant control.Grant) error {
	d.mu.Lock()
	s := d.claimed[d.shardOf(source)]
	d.mu.Unlock()
	if s == nil {
		return grants.ErrNotOwner
	}
	err := d.write(ctx, s, control.Record{Key: control.GrantKey(bot), Value: grant})
	if shard.Lost(err) != nil {
		return fmt.Errorf("%w: %w", grants.ErrNotOwner, err)
	}
	if err != nil {
		return err
	}
	unread := d.await(ctx, func(m *control.Memory) bool { g, ok := m.Grant(bot); return ok && g.Version >= grant.Version })
	if unread != nil {
		s.Log.DebugContext(ctx, "reading back a grant; its tokens are used once it is", "source", source, "error", unread)
	}
	return nil
}

// HandOver implements [grants.Owner].
func (d *Daemon) HandOver(ctx context.Context, record control.Record) error {
	key, value, err := record.Encode()
	if err != nil {
		return err
	}
	return d.opts.Cluster.Append(ctx, d.opts.ControlTopic.Name, kafka.KeyValue{Key: key, Value: value})
}

// ownGrants makes this daemon the owner of the sources' grants.
func (d *Daemon) ownGrants() {
	if d.opts.Grants == nil || d.opts.Control == nil {
		return
	}
	d.opts.Grants.ReadFrom(d.opts.Control.View, d.opts.Control.CaughtUpTogether)
	d.opts.Grants.OwnedBy(d)
}

// holds notes a claimed shard; nil: it is ours no longer.
func (d *Daemon) holds(partition int32, s *shard.Shard) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s == nil {
		delete(d.claimed, partition)
	} else {
		d.claimed[partition] = s
	}
}

// connecting is the body of a request to connect a source: a sealed grant and its bot.
type connecting struct {
	Bot   string        `json:"bot"`
	Grant control.Grant `json:"grant"`
}

// Connect gives a source the grant that a person has just allowed. The owner of the source checks
// it, stores it and runs the source at once. It is refused if the source has another workspace, or
// if another source has the same connection. Whatever comes of it: a source that has this
// connection gets the new pair, because Notion may refuse its old one now.
func (d *Daemon) Connect(ctx context.Context, source string, granted *notion.Grant) (control.Connected, error) {
	connected, err := d.connect(ctx, source, granted)
	if err != nil {
		d.keepNewest(ctx, d.opts.Control.View, granted)
	}
	return connected, err
}

func (d *Daemon) connect(ctx context.Context, source string, granted *notion.Grant) (connected control.Connected, err error) {
	if !d.HasSource(source) {
		return connected, unknownSource(source)
	}
	if err := d.CatchUp(ctx); err != nil {
		return connected, err
	}
	if holder := d.holderOf(source, granted.BotID); holder != "" {
		return connected, HeldBy("source "+source, holder)
	}
	sealed, err := d.opts.Grants.Seal(source, granted, time.Now().UTC())
	if err != nil {
		return connected, notSealed(source, err)
	}
	err = d.request(ctx, source, verbConnect, connecting{granted.BotID, sealed}, &connected)
	return connected, err
}

// keepNewest leaves a pair that could not be stored to the source that has its connection, if there
// is one.
func (d *Daemon) keepNewest(ctx context.Context, view func(func(*control.Memory)), granted *notion.Grant) {
	var before control.Grant
	var held bool
	view(func(m *control.Memory) { before, held = m.Grant(granted.BotID) })
	if !held {
		return
	}
	next, err := d.opts.Grants.Seal(before.Source, granted, before.Granted)
	if err == nil {
		err = d.HandOver(ctx, control.Record{Key: control.HandoverKey(granted.BotID), Value: before.HandoverOf(next)})
	}
	if err != nil {
		d.opts.Logger.WarnContext(ctx, "somebody allowed the connection of a source once more, and its new token could not be stored: if the source needs reconnecting now, connect it", "source", before.Source, "error", err)
	}
}

// holderOf is the other source that has the connection of a bot; "" if there is none. A source
// that is gone holds nothing.
func (d *Daemon) holderOf(source, bot string) (holder string) {
	d.opts.Control.View(func(m *control.Memory) {
		if g, ok := m.Grant(bot); ok && g.Source != source {
			holder = g.Source
		}
	})
	if holder != "" && d.HasSource(holder) {
		return holder
	}
	return ""
}

// HeldBy refuses to connect what, such as source acme, with a connection that a source has.
func HeldBy(what, holder string) error {
	return &control.Error{Kind: control.Conflict, Message: fmt.Sprintf("%s is not connected: %s", what, AlreadyConnected(holder, "let another person of the workspace connect "+what))}
}

// AlreadyConnected says that a source cannot have the connection of another one, its holder,
// and what to do: select databases there, or otherwise.
func AlreadyConnected(holder, otherwise string) string {
	return fmt.Sprintf("this connection is already connected as source %s. "+
		"Two sources with one connection would share its request budget and publish everything twice: "+
		"select further databases in source %s, or %s", holder, holder, otherwise)
}

// connect stores a grant for the source, and runs the source at once. A run that still tries
// tokens that Notion refused is ended, and so is one that reads with another connection: a
// scan must know whose it is.
func (r *runner) connect(ctx context.Context, what connecting) (control.Connected, error) {
	if holder := r.d.holderOf(r.task.Name, what.Bot); holder != "" {
		return control.Connected{}, HeldBy("source "+r.task.Name, holder)
	}
	var connected control.Connected
	ends := false
	r.d.opts.Control.View(func(m *control.Memory) {
		bot, before, _ := m.GrantOf(r.task.Name)
		ends = before.Refused != "" || bot != what.Bot
	})
	err := r.d.opts.Grants.Connection(r.task.Name).Exclusively(ctx, func() (err error) {
		var records []control.Record
		if connected, records, err = connection(r.task.Name, r.task.Shard.Source(r.task.Name), what, r.d.opts.Control.View); err != nil {
			return err
		}
		if err := r.d.write(ctx, r.task.Shard, records...); err != nil {
			return err
		}
		return r.d.await(ctx, func(m *control.Memory) bool { g, ok := m.Grant(what.Bot); return ok && g.Sealed == what.Grant.Sealed })
	})
	if err != nil {
		return control.Connected{}, err
	}
	if ends {
		r.halt(ctx, errConnectedAnew)
	}
	r.task.Shard.Log.Info("the source was connected", "source", r.task.Name, "workspace", connected.Workspace, "person", connected.Person)
	r.setBackoff(backoff{again: time.Now(), order: producer.Order{Trigger: control.BySchedule}})
	r.forgive()
	return connected, r.d.tell(ctx, r.task.Shard, r.stateRecord())
}

// connection checks a grant for a source, and returns the records that store it in place of the
// source's other grants.
func connection(source string, pinned state.Source, what connecting, view func(func(*control.Memory))) (control.Connected, []control.Record, error) {
	connected := control.Connected{Source: source, Workspace: what.Grant.WorkspaceLabel(), Person: what.Grant.Person}
	if pinned.Workspace != "" && what.Grant.Workspace != "" && pinned.Workspace != what.Grant.Workspace {
		return connected, nil, &control.Error{Kind: control.Conflict, Message: fmt.Sprintf("source %s belongs to Notion workspace %s, and the access was given to workspace %s: nothing was changed, and its topics are as they were. "+
			"Connect it again and choose workspace %s at the top of Notion's page, or make another source for workspace %s. What was allowed in %s is not used: "+
			"remove it in Notion, under Settings, Connections, if nothing else uses it",
			source, cmp.Or(pinned.WorkspaceName, pinned.Workspace), connected.Workspace, cmp.Or(pinned.WorkspaceName, pinned.Workspace), connected.Workspace, connected.Workspace)}
	}
	var records []control.Record
	view(func(m *control.Memory) {
		_, _, connected.Before = m.GrantOf(source)
		if g, held := m.Grant(what.Bot); held {
			what.Grant.Version = g.Version + 1
		}
		records = forgetGrants(m, source, what.Bot)
	})
	return connected, append(records, control.Record{Key: control.GrantKey(what.Bot), Value: what.Grant}), nil
}

// ConnectAlone is [Daemon.Connect] without a running instance; it is refused while an instance of
// the group lives. memory is the control topic as it is now.
func (d *Daemon) ConnectAlone(ctx context.Context, source string, granted *notion.Grant, memory *control.Memory) (control.Connected, error) {
	connected, err := d.connectAlone(ctx, source, granted, memory)
	if err != nil {
		d.keepNewest(ctx, func(look func(*control.Memory)) { look(memory) }, granted)
	}
	return connected, err
}

func (d *Daemon) connectAlone(ctx context.Context, source string, granted *notion.Grant, memory *control.Memory) (control.Connected, error) {
	if err := d.Prepare(ctx); err != nil {
		return control.Connected{}, err
	}
	if err := d.alone(ctx, 0); err != nil {
		return control.Connected{}, err
	}
	view := func(look func(*control.Memory)) { look(memory) }
	if g, ok := memory.Grant(granted.BotID); ok && g.Source != source && d.HasSource(g.Source) {
		return control.Connected{}, HeldBy("source "+source, g.Source)
	}
	sealed, err := d.opts.Grants.Seal(source, granted, time.Now().UTC())
	if err != nil {
		return control.Connected{}, err
	}
	s, err := d.shards().Claim(ctx, d.shardOf(source), producer.NewID(time.Now()))
	if err != nil {
		return control.Connected{}, err
	}
	defer s.Close()
	connected, records, err := connection(source, s.Source(source), connecting{granted.BotID, sealed}, view)
	if err != nil {
		return connected, err
	}
	// What the last owner said of the old tokens is over.
	if said, some := memory.SourceState(source); some {
		said.Refused, said.Doubted = "", false
		records = append(records, control.Record{Key: control.SourceStateKey(source), Value: said})
	}
	return connected, d.write(ctx, s, records...)
}

// forgetGrants are the records that forget the grants of a source, all but that of one bot.
func forgetGrants(m *control.Memory, source, but string) (records []control.Record) {
	for bot, g := range m.Grants() {
		if g.Source == source && bot != but {
			records = append(records, control.Record{Key: control.GrantKey(bot)}, control.Record{Key: control.HandoverKey(bot)})
		}
	}
	return records
}

// resealGrants seals the tokens of sources that have no runner yet with the current key. It returns
// an error only when the shard is lost.
func (s *supervisor) resealGrants(ctx context.Context) error {
	d := s.d
	if d.opts.Grants == nil || d.opts.Control == nil {
		return nil
	}
	var all map[string]control.Grant
	d.opts.Control.View(func(m *control.Memory) { all = m.Grants() })
	for bot, g := range all {
		if d.shardOf(g.Source) != s.shard.Partition || s.runners[g.Source] != nil {
			continue
		}
		fresh, changed := d.opts.Grants.Reseal(bot, g)
		if !changed {
			continue
		}
		fresh.Version++
		err := d.write(ctx, s.shard, control.Record{Key: control.GrantKey(bot), Value: fresh})
		if err == nil {
			err = d.await(ctx, func(m *control.Memory) bool { now, ok := m.Grant(bot); return !ok || now.Version >= fresh.Version })
		}
		if lost := shard.Lost(err); lost != nil {
			return lost
		}
		if err != nil {
			s.shard.Log.WarnContext(ctx, "sealing the tokens of a source with the current secrets.key failed: they stay sealed with a previous one", "source", g.Source, "error", err)
		}
	}
	return nil
}

// connectionOf is who connected a source; nil where nobody did.
func connectionOf(m *control.Memory, source string) *control.Connection {
	bot, g, connected := m.GrantOf(source)
	if !connected {
		return nil
	}
	return &control.Connection{Bot: bot, Workspace: g.WorkspaceLabel(), Person: g.Person, GrantedAt: g.Granted}
}
