package producer

import (
	"slices"
	"time"

	"notion-kafka/producer/control"
)

// An Order is what a run was asked to do.
type Order struct {
	ID        string          `json:"id,omitzero"`    // of the run; "" has one made
	Asked     time.Time       `json:"asked,omitzero"` // of a run by hand: when
	Again     bool            `json:"again,omitzero"` // of a run by hand: its owner may have heard of it before
	Continues []string        `json:"-"`              // ids of runs that somebody else began and this one ends
	Trigger   control.Trigger `json:"trigger"`
	Streams   []string        `json:"streams,omitempty"`  // empty: every selected stream
	Full      bool            `json:"full,omitzero"`      // a scan instead of the incremental reads
	Republish bool            `json:"republish,omitzero"` // with Full: unchanged pages too
	Sweeps    bool            `json:"sweeps,omitzero"`    // nothing but the sweeps that are due
	Confirm   bool            `json:"confirm,omitzero"`   // nothing but to look again at what is held, and delete it
}

// ByHand says that a person ordered the run.
func (o Order) ByHand() bool { return o.Trigger == control.ByHand }

// IsReading says that an order is to read what is new, and more than to sweep or to
// look at what is held.
func (o Order) IsReading() bool { return !o.Sweeps && !o.Confirm }

// IsPlain says that an order is of every stream, and that the first run of a source,
// which reads every database whole, does as much.
func (o Order) IsPlain() bool { return len(o.Streams) == 0 && !o.Republish && o.IsReading() }

// Repeated is an order that is tried again by itself.
func (o Order) Repeated() Order {
	o.ID, o.Asked, o.Continues, o.Trigger = "", time.Time{}, nil, control.BySchedule
	return o
}

// A demand is what an order wants of one stream.
type demand struct {
	taken bool // anything: where nothing else is set, what is left of an unfinished scan
	poll  bool // what was edited since the cursors; of a stream that is always read whole: everything
	all   bool // every row, once more
	sweep bool // every row, because a sweep is due
	look  bool // nothing but the pages that are held
}

// due says which triggers of a stream are due.
type due struct {
	run   bool // its own trigger
	sweep bool // its sweep, and the stream may be swept
}

// wants is the one place that says what an order wants of a stream with these
// settings. A stream with a trigger of its own is not for the runs of its source's
// trigger, unless its own is due as well.
func (o Order) wants(stream string, settings Settings, is due) (d demand) {
	named := slices.Contains(o.Streams, stream)
	switch {
	case len(o.Streams) > 0 && !named:
		return demand{}
	case settings.Trigger != nil && !o.ByHand() && !named && !o.Sweeps && !is.run:
		return demand{}
	case kindOf(stream).whole():
		return demand{taken: o.IsReading(), poll: o.IsReading()}
	case o.Confirm:
		return demand{taken: true, look: true}
	case o.Full, settings.FullTable && !o.Sweeps:
		return demand{taken: true, all: true}
	}
	return demand{taken: true, poll: !o.Sweeps && !settings.FullTable, sweep: is.sweep && !settings.FullTable}
}

// kind is what a stream of which nothing can be read is reported as.
func (d demand) kind() Kind {
	switch {
	case d.all, d.look:
		return FullScan
	case d.poll:
		return Incremental
	}
	return Sweep
}

// jobKind is the kind of the job that does most of what is wanted.
func (d demand) jobKind() jobKind {
	if d.poll {
		return polling
	}
	return scanning
}
