package main

import (
	"bytes"
	"strings"
	"sync"
)

// A watched writer closes seen once a given text was written to it.
type watched struct {
	text string
	seen chan struct{}

	mu      sync.Mutex
	written bytes.Buffer
	closed  bool
}

func newWatched(text string) *watched { return &watched{text: text, seen: make(chan struct{})} }

func (w *watched) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.written.Write(b)
	if !w.closed && strings.Contains(w.written.String(), w.text) {
		w.closed = true
		close(w.seen)
	}
	return len(b), nil
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.written.String()
}
