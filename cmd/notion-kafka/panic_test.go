package main

import (
	"context"
	"errors"
	"testing"

	"notion-kafka/notion"
)

// A panic in one check is reported as a problem, and ends nothing else.
func TestPanicInACheckIsAProblem(t *testing.T) {
	wrong := wrongAmong(t.Context(), map[string]func(context.Context) error{
		"fine":   func(context.Context) error { return nil },
		"panics": func(context.Context) error { panic("it lost its head") },
	})
	if err := wrong["panics"]; len(wrong) != 1 || !errors.As(err, new(*notion.PanicError)) {
		t.Errorf("wrong is %v", wrong)
	}
}
