package main

import (
	"bytes"
	"strings"
	"sync"
)

// A written is what a command writes. Several goroutines write: Kafka's client logs while the
// command says why it failed.
type written struct {
	mu    sync.Mutex
	bytes bytes.Buffer
}

func (w *written) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.bytes.Write(b)
}

func (w *written) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.bytes.String()
}

// A watched writer closes seen once a given text was written to it.
type watched struct {
	written
	text string
	seen chan struct{}
	once sync.Once
}

func newWatched(text string) *watched { return &watched{text: text, seen: make(chan struct{})} }

func (w *watched) Write(b []byte) (int, error) {
	n, err := w.written.Write(b)
	if strings.Contains(w.String(), w.text) {
		w.once.Do(func() { close(w.seen) })
	}
	return n, err
}
