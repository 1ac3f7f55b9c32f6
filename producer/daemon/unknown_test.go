package daemon

import (
	"errors"
	"strings"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
)

// Every request for an unknown run waits until the control topic has been read up to
// now; many requests together write few records.
func TestTheUnknownIsLookedForTogether(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		i := w.member("one", byHandOnly)
		defer i.stop()
		i.started()
		w.pass(10 * time.Second)
		before := len(w.announced("one"))
		const asking = 100
		done := make(chan error, asking)
		for range asking {
			go func() { done <- i.CatchUp(t.Context()) }()
		}
		var err error
		for range asking {
			err = errors.Join(err, <-done)
		}
		if wrote := len(w.announced("one")) - before; err != nil || wrote < 1 || wrote > 2 {
			t.Errorf("%d who ask wrote %d records: %v", asking, wrote, err)
		}
	})
}

// announced are an instance's own records in the control topic.
func (w *world) announced(instance string) (records []string) {
	for _, r := range w.records("control") {
		if strings.HasSuffix(string(r.Key), "/"+instance) && strings.HasPrefix(string(r.Key), "instance/") {
			records = append(records, string(r.Value))
		}
	}
	return records
}
