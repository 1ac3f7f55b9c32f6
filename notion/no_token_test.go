package notion

import (
	"errors"
	"testing"
	"testing/synctest"

	"golang.org/x/oauth2"
)

// A token that is missing by a fault of ours is no refusal of Notion's, and is not waited
// for: Notion is not asked.
func TestNoTokenByAFaultOfOurs(t *testing.T) {
	for ours, kind := range map[bool]error{true: ErrNoToken, false: ErrUnauthorized} {
		synctest.Test(t, func(t *testing.T) {
			c, s := newScriptedWith(t, Options{Tokens: noTokens{&TokenError{Why: "it is sealed", Advice: "find the key", Ours: ours}}}, ok(`{}`))
			_, err := c.Me(t.Context())
			const says = "retrieving the token's own user: it is sealed; find the key"
			if !errors.Is(err, kind) || err.Error() != says || len(s.requests) != 0 {
				t.Errorf("ours: %t: %v after %d requests, want %q and %v", ours, err, len(s.requests), says, kind)
			}
		})
	}
}

type noTokens struct{ err error }

func (w noTokens) Token() (*oauth2.Token, error) { return nil, w.err }
