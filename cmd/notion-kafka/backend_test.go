package main

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/producer"
	"notion-kafka/producer/control"
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

// What a caller of the API orders reaches the owner, and what makes no sense is refused.
func TestOrdersOfTheAPI(t *testing.T) {
	const id = "248104cd-477e-80fd-b757-e945d38000bd"
	for name, test := range map[string]struct {
		given control.Order
		want  producer.Order
		wrong string
	}{
		"everything":            {},
		"streams":               {control.Order{Streams: []string{"databases", id}, Full: true, Republish: true}, producer.Order{Streams: []string{"databases", "database_" + id}, Full: true, Republish: true}, ""},
		"what failed":           {control.Order{Failed: true, Full: true}, producer.Order{Failed: true, Full: true}, ""},
		"republish alone":       {control.Order{Republish: true}, producer.Order{}, "republish needs full: only a scan sees unchanged pages"},
		"what failed, by names": {control.Order{Failed: true, Streams: []string{id}}, producer.Order{}, "failed chooses the streams: leave out streams, or name them without failed"},
	} {
		got, err := orderOf(test.given)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if told, is := errors.AsType[*control.Error](err); test.wrong != "" && (!is || told.Kind != control.Invalid || told.Message != test.wrong) || test.wrong == "" && err != nil {
			t.Errorf("%s: %v, want %q", name, err, test.wrong)
		}
	}
}
