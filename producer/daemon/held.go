package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"notion-kafka/notion"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/state"
)

const (
	// mostHeld is how many held pages of a stream are listed.
	mostHeld = 1000
	// MostLooked is how many held pages Notion may be asked about at once.
	MostLooked = 100
	// lookWithin bounds the requests of a look. The pages that Notion did not answer for
	// are unknown then.
	lookWithin = 12 * time.Second
	// answerWithin is what remains of a command's time for its answer.
	answerWithin = 3 * time.Second
	// mostLooks is how many looks of a source may be under way: at held pages, and at pages
	// that somebody looks for.
	mostLooks = 4
)

var errLookOver = fmt.Errorf("no answer from Notion within %v: look again, or at fewer pages", lookWithin)

// A heldQuery asks for the held pages of a stream, and what Notion says of the first Look
// of them.
type heldQuery struct {
	Stream string `json:"stream"`
	Look   int    `json:"look,omitzero"`
}

// Held returns the held pages of a stream, the one that was edited last first, at most
// 1,000. Notion is asked about the first look of them, at most [MostLooked]; nothing is
// changed by that. The pages that Notion does not answer for within 12 seconds are
// unknown.
func (d *Daemon) Held(ctx context.Context, source, stream string, look int) (held control.HeldDeletes, err error) {
	if look < 0 || look > MostLooked {
		return held, &control.Error{Kind: control.Invalid, Message: fmt.Sprintf("Notion can be asked about 0 to %d held pages, not %d", MostLooked, look)}
	}
	err = d.request(ctx, source, verbHeld, heldQuery{stream, look}, &held)
	return held, err
}

// answerHeld answers with the held pages of a stream. A look goes on beside whatever else
// the runner does.
func (r *runner) answerHeld(ctx context.Context, req request) {
	var held control.HeldDeletes
	query, err := withBody(req.command.Body, func(q heldQuery) (heldQuery, error) { return q, nil })
	if err == nil {
		held, err = r.held(query.Stream)
	}
	if query.Look = min(query.Look, len(held.Pages), MostLooked); err != nil || query.Look <= 0 {
		req.reply(answerOf(held, err))
		return
	}
	looks := r.beside(ctx, req, "stream "+query.Stream, func(ctx context.Context) (any, error) {
		return &held, r.look(ctx, query.Stream, held.Pages[:query.Look])
	})
	if !looks {
		req.reply(refused(control.Unavailable, fmt.Sprintf("%d looks at pages of source %s are under way: try again in a moment", mostLooks, r.task.Name)))
	}
}

// beside asks Notion for the answer to a request, and replies, beside whatever else the
// runner does. Notion has to answer in time for the command's sender. about is what a
// panic is logged with. beside returns false if too many looks are under way.
func (r *runner) beside(ctx context.Context, req request, about string, ask func(context.Context) (any, error)) bool {
	select {
	case r.looking <- struct{}{}:
	default:
		return false
	}
	deadline := time.Now().Add(lookWithin)
	if expires := req.command.Expires; !expires.IsZero() && expires.Add(-answerWithin).Before(deadline) {
		deadline = expires.Add(-answerWithin)
	}
	r.looks.Go(func() {
		defer func() { <-r.looking }()
		until, cancel := context.WithDeadlineCause(ctx, deadline, errLookOver)
		defer cancel()
		var answer any
		err := notion.Guard(func() (err error) {
			answer, err = ask(until)
			return err
		})
		if ctx.Err() != nil {
			err = ownerChanges(r.task.Name, "try again in a moment")
		}
		if fault, is := errors.AsType[*notion.PanicError](err); is {
			r.task.Shard.Log.Error(producer.FaultMet, "source", r.task.Name, "about", about, "panic", fault.Value, "stack", string(fault.Stack))
		}
		req.reply(answerOf(answer, err))
	})
	return true
}

// held lists the held pages of a stream from the state.
func (r *runner) held(stream string) (held control.HeldDeletes, err error) {
	held = control.HeldDeletes{Source: r.task.Name, Stream: stream, Pages: []control.HeldPage{}}
	r.task.Shard.View(func(m *state.Memory) {
		if err = knownStream(m, r.task.Name, stream); err != nil {
			return
		}
		memory := m.Source(r.task.Name)
		is := producer.Describe(memory.Stream(stream))
		held.Title, held.Topic = memory.Databases[producer.DatabaseOf(stream)].Title, is.Topic
		held.Rows, held.Held = is.Counts.Published, is.Counts.Held
		if is.Counts.Held == 0 {
			return
		}
		for id, page := range memory.Stream(stream).Pages {
			if page.Marks.Has(state.Held) {
				held.Pages = append(held.Pages, heldPage(id, page))
			}
		}
	})
	slices.SortFunc(held.Pages, func(a, b control.HeldPage) int {
		return cmp.Or(b.Edited.Compare(a.Edited), strings.Compare(a.Page, b.Page))
	})
	held.Pages = held.Pages[:min(len(held.Pages), mostHeld)]
	return held, err
}

func heldPage(id state.PageID, page state.Page) control.HeldPage {
	one := control.HeldPage{Page: id.String(), URL: "https://www.notion.so/" + strings.ReplaceAll(id.String(), "-", "")}
	if page.Edited > 0 {
		one.Edited = time.Unix(int64(page.Edited)*60, 0).UTC()
	}
	return one
}

// look asks Notion about held pages, and notes in them what it says. A source whose token
// is refused asks nothing.
func (r *runner) look(ctx context.Context, stream string, pages []control.HeldPage) error {
	if refused := r.backoffNow().refused; refused != "" {
		for i := range pages {
			pages[i].Fate, pages[i].Error = control.Unknown, refused
		}
		return nil
	}
	ids := make([]state.PageID, len(pages))
	for i, page := range pages {
		id, err := state.ParsePageID(page.Page)
		if err != nil {
			return err
		}
		ids[i] = id
	}
	sights, err := r.task.Look(ctx, stream, ids)
	for i, sight := range sights {
		pages[i].Fate, pages[i].Title = sight.Fate, sight.Title
		if sight.Err != nil {
			pages[i].Error = sight.Err.Error()
		}
	}
	return err
}
