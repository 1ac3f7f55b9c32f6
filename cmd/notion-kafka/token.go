package main

import (
	"crypto/sha256"
	"encoding/hex"
	"sync"

	"golang.org/x/oauth2"
)

// A heldToken is the token of a connection, which others may replace. It stays the
// same from one renew to the next.
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

// renew takes on the token as it is now and says which one that is, by a hash.
func (t *heldToken) renew() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.held = t.now()
	hash := sha256.Sum256([]byte(t.held))
	return hex.EncodeToString(hash[:])
}
