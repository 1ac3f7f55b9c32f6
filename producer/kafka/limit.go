package kafka

import (
	"fmt"
	"sync"
)

// SetMaxBytes sets the largest record batch that a topic takes (max.message.bytes),
// in place of Kafka's default. It may be called during a commit. A changed limit
// finishes the writer, with an [ErrUnknown] at the next commit: franz-go (1.22)
// reads the limit once a topic. Making it forget the topic would, before Kafka 4,
// put its sequence numbers in disorder.
func (w *Writer) SetMaxBytes(topic string, n int32) { w.limits.set(topic, n) }

// limits are the largest record batches that topics take.
type limits struct {
	mu       sync.Mutex
	by       map[string]int32 // by topic, in bytes
	outdated error            // set once the client uses an old limit
}

func (l *limits) set(topic string, n int32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if before, known := l.by[topic]; known && before != n {
		l.outdated = outdated(topic)
	}
	if l.by == nil {
		l.by = map[string]int32{}
	}
	l.by[topic] = n
}

func (l *limits) of(topic string) int32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n, known := l.by[topic]; known {
		return n
	}
	return defaultMaxMessageBytes
}

// changed returns an [ErrUnknown] once the client uses an old limit.
func (l *limits) changed() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.outdated
}

// outdated is the error of a writer that uses an old limit of a topic.
type outdated string

// Error names the topic.
func (o outdated) Error() string {
	return fmt.Sprintf("max.message.bytes of topic %s has changed, which needs a new producer", string(o))
}

// Is makes it an [ErrUnknown].
func (o outdated) Is(target error) bool { return target == ErrUnknown }
