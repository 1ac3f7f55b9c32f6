package main

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

// A part that is away is reported as not ready, and the parts beside it are not blamed.
func TestReadinessNamesThePartThatIsAway(t *testing.T) {
	checks := map[string]func(context.Context) error{
		"kafka": func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		"group": func(context.Context) error { return errors.New("has not answered a heartbeat") },
	}
	for _, name := range []string{"registry", "shards", "a", "b", "c", "d"} {
		checks[name] = func(ctx context.Context) error { return ctx.Err() }
	}
	synctest.Test(t, func(t *testing.T) {
		wrong := slices.Sorted(maps.Keys(wrongAmong(t.Context(), checks)))
		if diff := cmp.Diff([]string{"group", "kafka"}, wrong); diff != "" {
			t.Errorf("what is wrong (-want +got):\n%s", diff)
		}
	})
}

// A registry that accepts requests and never responds is reported clearly.
func TestReadyExplainsARegistryThatNeverAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		registry := func(ctx context.Context) error {
			<-ctx.Done()
			return context.Cause(ctx)
		}
		wrong := wrongAmong(t.Context(), map[string]func(context.Context) error{"registry": registry})
		if got, want := wrong["registry"].Error(), "no answer within 3s"; got != want {
			t.Errorf("it says %q, want %q", got, want)
		}
	})
}
