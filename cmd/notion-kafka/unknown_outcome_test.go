package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"notion-kafka/producer/kafka"
)

// Where nobody knows whether something was done, the person is told that doing it
// again does no harm; elsewhere not.
func TestUnknownOutcomeSaysWhatToDoNext(t *testing.T) {
	for _, c := range []struct {
		err  error
		hint bool
	}{
		{fmt.Errorf("resetting a stream: %w", kafka.ErrUnknown), true},
		{errors.Join(errors.New("source acme: failed"), fmt.Errorf("run: %w", kafka.ErrFenced)), true},
		{errors.New("resetting a stream: refused"), false},
	} {
		text := wordsFor(c.err)
		if !strings.HasPrefix(text, c.err.Error()) || strings.Contains(text, "run the same command again") != c.hint {
			t.Errorf("%v is told as %q", c.err, text)
		}
	}
}
