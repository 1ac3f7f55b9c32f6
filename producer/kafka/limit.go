package kafka

import (
	"fmt"
	"sync"
)

// SetMaxBytes tells the writer how large a record batch a topic takes
// (max.message.bytes); without it, Kafka's default counts. It may be called beside
// a commit. A limit that has changed finishes the writer, with an [ErrUnknown] at
// the next commit: franz-go (1.22) asks for it once a topic, and to have it forget
// the topic would, before Kafka 4, put its sequence numbers in disorder.
func (w *Writer) SetMaxBytes(topic string, n int32) { w.limits.set(topic, n) }

// limits are the largest record batches that topics take.
type limits struct {
	mu       sync.Mutex
	by       map[string]int32 // by topic, in bytes
	outdated error            // once one of them is not what the client goes by
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

// changed is an [ErrUnknown] once a limit is not what the client goes by.
func (l *limits) changed() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.outdated
}

// outdated is the error of a writer that goes by an old limit of a topic.
type outdated string

// Error names the topic.
func (o outdated) Error() string {
	return fmt.Sprintf("max.message.bytes of topic %s has changed, which takes a new producer", string(o))
}

// Is makes it an [ErrUnknown].
func (o outdated) Is(target error) bool { return target == ErrUnknown }
