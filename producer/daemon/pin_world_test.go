package daemon

import (
	"net/http"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
)

// The first run after a claim asks at once whose token it has and what it shows.
func TestFirstRunAsksTwoThingsAtOnce(t *testing.T) {
	slow := notiontest.Options{Latency: func(*http.Request) time.Duration { return time.Second }}
	inWorld(t, slow, func(t *testing.T, w *world) {
		w.addTasks(1)
		w.mustRun(byHand)
		first := map[notiontest.Endpoint]time.Time{}
		for _, r := range w.notion.Requests() {
			if _, known := first[r.Endpoint]; !known {
				first[r.Endpoint] = r.At
			}
		}
		whose, shown := first[notiontest.EndpointMe], first[notiontest.EndpointSearch]
		if whose.IsZero() || !shown.Equal(whose) {
			t.Errorf("whose token it is was asked at %v, what it shows at %v", whose, shown)
		}
	})
}
