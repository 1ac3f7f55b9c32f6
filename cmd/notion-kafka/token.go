package main

import (
	"crypto/sha256"
	"encoding/hex"
	"sync"

	"golang.org/x/oauth2"
)

// A heldToken is the token of a connection. It changes only when renew is called, even
// if the token's file changes earlier.
type heldToken struct {
	now func() string

	mu   sync.Mutex // guards what follows
	held string
}

// Token implements oauth2.TokenSource.
func (t *heldToken) Token() (*oauth2.Token, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return &oauth2.Token{AccessToken: t.held}, nil
}

// renew reads the current token and returns its hash.
func (t *heldToken) renew() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.held = t.now()
	hash := sha256.Sum256([]byte(t.held))
	return hex.EncodeToString(hash[:])
}
