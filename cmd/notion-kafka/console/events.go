package console

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"notion-kafka/producer/control"
)

// lastEvent is the id of the last event of a run's stream. A browser reconnects after
// every end of a stream and sends the last id that it received.
const lastEvent = "ended"

// A change is a run as it is now, or why it is no longer followed.
type change struct {
	run control.Run
	err error
}

// events follows a run by server-sent events (WHATWG HTML: server-sent events),
// from how it is now to its end.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	if err := accepts(r, "text/event-stream"); err != nil {
		s.fail(w, r, err)
		return
	}
	if r.Header.Get("Last-Event-ID") == lastEvent {
		w.WriteHeader(http.StatusNoContent) // the client must not reconnect
		return
	}
	if err := s.awake(r.Context()); err != nil {
		s.fail(w, r, err)
		return
	}
	end, err := s.beginStream()
	if err != nil {
		s.fail(w, r, err)
		return
	}
	defer end()
	stream := &eventStream{w: w, control: http.NewResponseController(w)}
	_ = stream.control.SetReadDeadline(time.Time{}) // a deadline that passes would end the request
	if r.Method == http.MethodHead {
		stream.begin()
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	alive := time.NewTicker(s.keepAlive)
	defer alive.Stop()
	changes := s.follow(ctx, r.PathValue("run"))
	for err == nil {
		select {
		case change, more := <-changes:
			switch {
			case !more:
				return
			case change.err != nil && !stream.begun:
				s.fail(w, r, change.err)
				return
			case change.err != nil:
				err = stream.send("problem", "", s.problem(r, change.err))
			default:
				err = stream.send("run", stream.id(change.run), change.run)
			}
		case <-alive.C:
			err = stream.write([]byte(": still here\n\n"))
		case <-s.ending:
			return
		case <-ctx.Done():
			return
		}
	}
	s.log.DebugContext(r.Context(), "writing a stream of events failed", requestAttrs(r), "error", err)
}

// follow waits for changes in a goroutine of its own, because the stream has to send
// keep-alives meanwhile. It ends with ctx.
func (s *Server) follow(ctx context.Context, id string) <-chan change {
	changes := make(chan change)
	send := func(c change) bool {
		select {
		case changes <- c:
			return true
		case <-ctx.Done():
			return false
		}
	}
	go func() {
		defer close(changes)
		defer func() {
			if cause := recover(); cause != nil {
				send(change{err: fmt.Errorf("panic: %v\n%s", cause, debug.Stack())})
			}
		}()
		_, _, err := s.backend.Run(id)
		if unknown(err) {
			err = s.catchUp(ctx)
		}
		if err != nil {
			send(change{err: err})
			return
		}
		for run, err := range s.backend.Follow(ctx, id) {
			if !send(change{run, err}) || err != nil {
				return
			}
		}
	}()
	return changes
}

// An eventStream writes events to one client.
type eventStream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	begun   bool
	sent    int // events
}

// id numbers the events of a stream; the last event's id is a name.
func (e *eventStream) id(run control.Run) string {
	e.sent++
	if run.Status.Ended() {
		return lastEvent
	}
	return strconv.Itoa(e.sent)
}

// send writes an event with JSON, which has no line breaks, as its data.
func (e *eventStream) send(event, id string, data any) error {
	text, err := encode(data)
	if err != nil {
		return err
	}
	var message bytes.Buffer
	fmt.Fprintf(&message, "event: %s\n", event)
	if id != "" {
		fmt.Fprintf(&message, "id: %s\n", id)
	}
	fmt.Fprintf(&message, "data: %s\n\n", text)
	return e.write(message.Bytes())
}

// write flushes at once, with a deadline for a client that does not read.
func (e *eventStream) write(message []byte) error {
	if !e.begun {
		e.begin()
	}
	_ = e.control.SetWriteDeadline(time.Now().Add(writeWithin))
	if _, err := e.w.Write(message); err != nil {
		return err
	}
	return e.control.Flush()
}

// begin sends the headers. Proxies must not buffer events (nginx: X-Accel-Buffering).
func (e *eventStream) begin() {
	e.begun = true
	e.w.Header().Set("Content-Type", "text/event-stream")
	e.w.Header().Set("Cache-Control", "no-store, no-transform")
	e.w.Header().Set("X-Accel-Buffering", "no")
	e.w.WriteHeader(http.StatusOK)
}
