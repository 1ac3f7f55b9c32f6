package notion

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"sync"
)

// A Room bounds the memory for responses: 256 MiB for all that are read and decoded at
// a time, by all clients that share the Room. A response of 64 MiB fits, and every
// response that waits is read in the end. A Room is safe for concurrent use. What readings
// have decoded and not yet handed on is bounded too, see [maxBacklog].
//
// Responses are read in lanes, by their size so far. A response that outgrows its lane
// keeps its place and waits for the next lane. A response in the last lane never waits,
// so one can always go on.
type Room struct {
	lanes   []lane
	backlog *backlog
}

// A lane has places for responses of up to size bytes.
type lane struct {
	size   int64
	places chan struct{} // has an element for each occupied place
}

// NewRoom returns an empty room.
func NewRoom() *Room {
	const mib = 1 << 20
	return &Room{backlog: newBacklog(maxBacklog), lanes: []lane{
		{1 * mib, make(chan struct{}, 96)},
		{8 * mib, make(chan struct{}, 12)},
		{maxBody, make(chan struct{}, 1)},
	}}
}

// buffers are for responses of the first lane, most of which do not say how long they are.
// Each is read into a buffer that has its size already, and kept in memory of exactly its
// own. Larger responses keep their buffer: two of them would be too much at a time.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// read reads and closes a response's body. The caller calls leave when it no longer
// needs the bytes; leave is never nil and frees the place. Where there is no room until
// ctx ends, the error is errNoRoom.
func (r *Room) read(ctx context.Context, resp *http.Response) (body []byte, leave func(), err error) {
	defer resp.Body.Close()
	leave = func() {}
	if resp.ContentLength > maxBody {
		return nil, leave, errTooLarge
	}
	b := buffers.Get().(*bytes.Buffer)
	b.Reset()
	for i, l := range r.lanes {
		if resp.ContentLength > l.size {
			continue
		}
		next, err := l.enter(ctx)
		leave() // the previous lane: the response has a place in this one now
		if err != nil {
			return nil, func() {}, err
		}
		leave = next
		if resp.ContentLength > 0 {
			b.Grow(int(resp.ContentLength) + bytes.MinRead - b.Len())
		}
		// One byte beyond the lane's size shows that the response is larger.
		if _, err := b.ReadFrom(io.LimitReader(resp.Body, l.size+1-int64(b.Len()))); err != nil {
			return nil, leave, err
		}
		switch {
		case int64(b.Len()) > l.size:
		case i == 0:
			body = bytes.Clone(b.Bytes())
			buffers.Put(b)
			return body, leave, nil
		default:
			return b.Bytes(), leave, nil
		}
	}
	return nil, leave, errTooLarge
}

func (l lane) enter(ctx context.Context) (leave func(), err error) {
	select {
	case l.places <- struct{}{}:
		return func() { <-l.places }, nil
	case <-ctx.Done():
		return nil, errNoRoom
	}
}
