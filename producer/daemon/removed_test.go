package daemon

import (
	"encoding/json"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer/control"
)

// A removed source stays in no memory, neither its owner's nor that of an instance that
// has shown it: its connection holds a token.
func TestRemovedSourceIsForgotten(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		one, two := w.member("one"), w.member("two")
		defer one.stop()
		defer two.stop()
		w.pass(time.Minute)
		if _, err := one.PutSource(t.Context(), "beta", control.Definition{Spec: json.RawMessage(`{}`)}, true); err != nil {
			t.Fatal(err)
		}
		two.awaits(func(m *control.Memory) bool { _, known := m.Definition("beta"); return known })
		for _, i := range []*member{one, two} {
			if i.Sources(); !i.remembers("beta") {
				t.Fatalf("instance %s has not opened the source", i.opts.Instance)
			}
		}
		if err := one.DeleteSource(t.Context(), "beta"); err != nil {
			t.Fatal(err)
		}
		two.awaits(func(m *control.Memory) bool { _, known := m.Definition("beta"); return !known })
		for _, i := range []*member{one, two} {
			if i.Sources(); i.remembers("beta") {
				t.Errorf("instance %s still holds the connection", i.opts.Instance)
			}
		}
	})
}

// remembers says whether an instance holds a source that was made through the API.
func (i *member) remembers(source string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	_, opened := i.opened[source]
	return opened
}
