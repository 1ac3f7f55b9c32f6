package notion

import (
	"bytes"
	"context"
	"io"
	"net/http"
)

// A Room bounds the memory for answers: 256 MiB for those that are being read and
// decoded at a time, by all clients that share it. An answer of 64 MiB finds room, and
// so does each that waits for it, in the end. It is safe for concurrent use.
//
// Answers are read in lanes, by how large they turn out to be. Whoever outgrows a lane
// waits for the next one while it holds its place, and whoever is in the last one waits
// for nobody: so there is always one that goes on.
type Room struct{ lanes []lane }

// A lane has places for answers of so many bytes.
type lane struct {
	size   int64
	places chan struct{} // holds an element for each place that is taken
}

// NewRoom returns an empty room.
func NewRoom() *Room {
	const mib = 1 << 20
	return &Room{lanes: []lane{
		{1 * mib, make(chan struct{}, 96)},
		{8 * mib, make(chan struct{}, 12)},
		{maxBody, make(chan struct{}, 1)},
	}}
}

// read reads and closes an answer's body. leave gives its room back, once nobody needs
// the bytes any more; it is never nil. Where there is no room until ctx ends, the error
// is [errNoRoom].
func (r *Room) read(ctx context.Context, resp *http.Response) (body []byte, leave func(), err error) {
	defer resp.Body.Close()
	leave = func() {}
	if resp.ContentLength > maxBody {
		return nil, leave, errTooLarge
	}
	var b bytes.Buffer
	for _, l := range r.lanes {
		if resp.ContentLength > l.size {
			continue
		}
		next, err := l.enter(ctx)
		leave() // the lane before; what it held is in this one now
		if err != nil {
			return nil, func() {}, err
		}
		leave = next
		if resp.ContentLength > 0 {
			b.Grow(int(resp.ContentLength) + bytes.MinRead - b.Len())
		}
		// One byte more, which no answer of this lane has, shows that it goes on.
		if _, err := b.ReadFrom(io.LimitReader(resp.Body, l.size+1-int64(b.Len()))); err != nil {
			return nil, leave, err
		}
		if int64(b.Len()) <= l.size {
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
