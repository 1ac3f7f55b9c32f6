package notion

import (
	"context"
	"sync"
	"time"
)

// maxBacklog bounds the bytes of responses that readings have requested or not yet
// handed on, of all clients that share a Room. Usual responses are a third of a MiB.
const maxBacklog = 128 << 20

// A backlog is how far readings are ahead of those who use their rows. Without a bound
// every reader of every reading could hold a response while Kafka is slow. It is safe
// for concurrent use.
type backlog struct {
	most  int64
	mu    sync.Mutex // guards what follows, and the shares
	bytes int64
	eased chan struct{} // closed, and made anew, when bytes becomes less
}

func newBacklog(most int64) *backlog { return &backlog{most: most, eased: make(chan struct{})} }

// A share is the part of a backlog that one reading has.
type share struct {
	of    *backlog
	bytes int64
	size  int64 // of its largest response so far, which the next one is expected to have
}

// reserve waits until the next response fits. A reading that has nothing in the backlog
// does not wait, so every reading goes on.
func (s *share) reserve(ctx context.Context) (reserved int64, err error) {
	for {
		s.of.mu.Lock()
		reserved, eased := s.size, s.of.eased
		fits := s.bytes == 0 || s.of.bytes+reserved <= s.of.most
		if fits {
			s.add(reserved)
		}
		s.of.mu.Unlock()
		if fits {
			return reserved, nil
		}
		select {
		case <-eased:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// settle puts the size of a response in the place of what was reserved for it.
func (s *share) settle(reserved, size int64) {
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	s.size = max(s.size, size)
	s.add(size - reserved)
}

// release takes away what was handed on.
func (s *share) release(size int64) {
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	s.add(-size)
}

// end takes away the whole share.
func (s *share) end() {
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	s.add(-s.bytes)
}

func (s *share) add(n int64) {
	s.bytes += n
	s.of.bytes += n
	if n < 0 {
		close(s.of.eased)
		s.of.eased = make(chan struct{})
	}
}

// ask sends a query once its response fits into the backlog. sent is our clock before that,
// and size what the response has in the backlog until the caller is done with it.
func (r *reading) ask(ctx context.Context, q Query) (list *PageList, sent time.Time, size int64, err error) {
	reserved, err := r.ahead.reserve(ctx)
	if err != nil {
		return nil, time.Time{}, 0, err
	}
	sent = time.Now() // not before the wait: what is read is compared by it with what others read
	list, err = r.client.Query(ctx, q)
	if err == nil {
		for i := range list.Pages {
			size += int64(len(list.Pages[i].Properties))
		}
	}
	r.ahead.settle(reserved, size)
	return list, sent, size, err
}
