package producer

import (
	"slices"
	"time"

	"notion-kafka/producer/control"
)

// An Order is what a run was asked to do. [control.Order] is the part of it that callers of
// the API set; it is a type of its own, so that they can set nothing else.
type Order struct {
	ID          string          `json:"id,omitzero"`    // of the run; if "", Begin makes one
	RequestedAt time.Time       `json:"asked,omitzero"` // when the run was requested; zero for scheduled runs
	Again       bool            `json:"again,omitzero"` // the order was sent before, and its owner may have received it
	Continues   []string        `json:"-"`              // ids of interrupted runs that this run completes
	Trigger     control.Trigger `json:"trigger"`
	Streams     []string        `json:"streams,omitempty"`  // empty: every selected stream
	Full        bool            `json:"full,omitzero"`      // a scan instead of the incremental reads
	Republish   bool            `json:"republish,omitzero"` // with Full: publish unchanged pages too
	Sweeps      bool            `json:"sweeps,omitzero"`    // only the sweeps that are due
	Failed      bool            `json:"failed,omitzero"`    // the streams whose last read failed; the owner names them in Streams when it takes the order on
	Confirm     bool            `json:"confirm,omitzero"`   // only look at the held pages again, and delete those that are gone
}

// ByHand reports whether a person ordered the run.
func (o Order) ByHand() bool { return o.Trigger == control.ByHand }

// IsReading reports whether an order reads what is new: it neither only sweeps nor
// only looks at held pages.
func (o Order) IsReading() bool { return !o.Sweeps && !o.Confirm }

// IsPlain reports whether the first run of a source does everything that the order
// wants: it names no stream, and the first run reads every database whole anyway.
func (o Order) IsPlain() bool { return len(o.Streams) == 0 && !o.Republish && o.IsReading() }

// Repeated is the order for an automatic retry: scheduled, and with nothing of the
// first attempt.
func (o Order) Repeated() Order {
	o.ID, o.RequestedAt, o.Continues, o.Trigger = "", time.Time{}, nil, control.BySchedule
	return o
}

// A demand is what an order wants of one stream.
type demand struct {
	taken bool // the run takes the stream; if no other field is set, only to continue an unfinished scan
	poll  bool // read what was edited since the cursors; a stream that is always read whole: everything
	all   bool // read every row again
	sweep bool // read every row, because a sweep is due
	look  bool // look only at the held pages
}

// due says which triggers of a stream are due.
type due struct {
	run   bool // its own trigger
	sweep bool // its sweep, and the stream may be swept
}

// wants is the one function that decides what an order wants of a stream with these
// settings. Runs of the source's trigger leave out a stream with a trigger of its own,
// unless that one is due as well.
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

// kind is the kind of read that is reported for a stream that cannot be read.
func (d demand) kind() control.Kind {
	switch {
	case d.all, d.look:
		return control.FullScan
	case d.poll:
		return control.Incremental
	}
	return control.Sweep
}

// jobKind is the kind of the job that does most of the demand.
func (d demand) jobKind() jobKind {
	if d.poll {
		return polling
	}
	return scanning
}
