//go:build real

package main_test

import (
	"net/http"
	"testing"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer/control"
)

// A run by hand continues at the next owner without a kill too: if the owner was
// stopped, or the group moved its shard.
func TestRunGoesWhereItsSourceGoes(t *testing.T) {
	const pages, held = 5000, 17
	handovers := map[string]func(s *stage, owner *instance) (left []*instance){
		"the owner is terminated": func(s *stage, owner *instance) []*instance {
			heir := s.startInstances(1)
			terminate(owner)
			return heir
		},
		"many instances join": func(s *stage, owner *instance) []*instance {
			all := append(s.startInstances(7), owner)
			s.divided(len(all))
			return all
		},
	}
	for name, handOver := range handovers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gate := newGate(held)
			s := newStage(t, notiontest.Options{Hook: gate.hook})
			s.addPages(pages)
			owner := s.startInstances(1)[0]
			s.ownerOf("acme", owner)
			answer[control.Run](owner, http.StatusAccepted, http.MethodPost, "/sources/acme/runs", "")
			gate.await(owner.child)
			left := handOver(s, owner)
			gate.open()
			heir, _ := s.ownerOf("acme", left...)
			s.until("the newest run ended well", func() bool {
				runs := answer[[]control.Run](heir, http.StatusOK, http.MethodGet, "/sources/acme/runs", "")
				return runs[0].Status == control.Succeeded
			})
			terminate(left...)
			if got := len(byKey(t, s.consume(s.topic("many_pages")))); got != pages {
				t.Errorf("the topic holds %d pages, want %d", got, pages)
			}
		})
	}
}

// A run that is queued while its owner is killed stays queued at the next owner, under
// its id: it is found, not started twice, and can be cancelled.
func TestQueuedRunIsTakenOver(t *testing.T) {
	t.Parallel()
	const pages = 8000
	first, second := newGate(17), newGate(60)
	s := newStage(t, notiontest.Options{Hook: func(r *http.Request) *notiontest.Fault { first.hook(r); return second.hook(r) }})
	t.Cleanup(second.open)
	s.addPages(pages)
	owner, others := s.ownerOf("acme", s.startInstances(2)...)
	answer[control.Run](owner, http.StatusAccepted, http.MethodPost, "/sources/acme/runs", "")
	first.await(owner.child)
	const full = `{"full": true}`
	queued := answer[control.Run](owner, http.StatusAccepted, http.MethodPost, "/sources/acme/runs", full)
	owner.kill()
	first.open()
	heir, _ := s.ownerOf("acme", others...)
	second.await(heir.child)
	if again := answer[control.Run](heir, http.StatusAccepted, http.MethodPost, "/sources/acme/runs", full); again.ID != queued.ID {
		t.Errorf("the run waits as %s, and the same order makes run %s", queued.ID, again.ID)
	}
	if cancelled := answer[control.Run](heir, http.StatusAccepted, http.MethodDelete, "/runs/"+queued.ID, ""); cancelled.Status != control.Cancelled {
		t.Errorf("DELETE of the run that waits says %+v", cancelled)
	}
	second.open()
	terminate(heir)
}
