package daemon

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/schedule"
)

// reconnects is an Observer that records the changes of NeedsReconnect.
type reconnects struct {
	producer.Nobody

	mu    sync.Mutex
	heard []bool
}

func (r *reconnects) NeedsReconnect(_ string, needs bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.heard = slices.Compact(append(r.heard, needs))
}

func (r *reconnects) of() []bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.heard)
}

// everyTen gives a source a trigger every ten minutes.
func everyTen(src *producer.Source) { src.Trigger = schedule.Every{Interval: 10 * time.Minute} }

// The metric of a source follows its status: it rises once when the token counts as
// refused, stays while a person tries again in vain, is not raised while the source is
// paused, and falls when Notion accepts the token again.
func TestObserverHearsOfARefusedToken(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(3)
		heard := &reconnects{}
		i := w.memberWith("one", func(i *member) { i.opts.Observer = heard }, everyTen)
		hears := func(when string, want ...bool) {
			t.Helper()
			if diff := cmp.Diff(want, heard.of()); diff != "" {
				t.Errorf("%s (-want +got)\n%s", when, diff)
			}
		}
		w.pass(25 * time.Minute)
		hears("while all is well", false)
		w.notion.RevokeToken()
		w.pass(2 * time.Hour)
		hears("with a refused token", false, true)
		i.finished(i.mustStart(producer.Order{}).ID)
		w.pass(5 * time.Minute)
		hears("after a run by hand in vain", false, true)
		w.notion.RestoreToken()
		i.finished(i.mustStart(producer.Order{}).ID)
		hears("after a run by hand with a good token", false, true, false)
		w.notion.RevokeToken()
		w.pass(2 * time.Hour)
		hears("refused again", false, true, false, true)
		if err := i.Pause(t.Context(), "acme"); err != nil {
			t.Fatal(err)
		}
		hears("paused", false, true, false, true, false)
		i.stop()
	})
}

// A refused token is logged as what it is, once: the source, that it asks Notion nothing
// more, and what to do.
func TestRefusedTokenIsLoggedOnce(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(3)
		i := w.member("one", everyTen)
		w.pass(25 * time.Minute)
		w.notion.RevokeToken()
		w.pass(12 * time.Hour)
		if now := i.Sources()[0]; now.Status != control.SourceNeedsReconnect {
			t.Fatalf("the source is %s", now.Status)
		}
		i.stop()
		if signs := w.said("nothing new in Notion"); len(signs) > 0 {
			t.Errorf("while nothing is read it says\n%s", strings.Join(signs, "\n"))
		}
		if signs := w.said("nothing is read from Notion"); len(signs) == 0 || !strings.Contains(signs[0], "level=WARN") || !strings.Contains(signs[0], "need_reconnecting=acme") {
			t.Errorf("the signs of life are %q", signs)
		}
		said := w.said("needs reconnecting")
		if len(said) != 1 {
			t.Fatalf("%d lines say so:\n%s", len(said), strings.Join(said, "\n"))
		}
		for _, part := range []string{"level=ERROR", "source=acme", "sends Notion no more requests", "API token is invalid"} {
			if !strings.Contains(said[0], part) {
				t.Errorf("it lacks %q: %s", part, said[0])
			}
		}
	})
}
