//go:build real

package main_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer/control"
)

// After kill -9 in the middle of a scan whose records bring new columns, the state knows the
// columns of all committed records. The next process goes on with the same ones.
func TestKilledWithNewColumns(t *testing.T) {
	t.Parallel()
	const pages, typed = 3000, 1500 // from this page on, the formula has another type of result
	for name, query := range map[string]int{"with the first columns": 1, "with a column of the middle": 17} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gate := newGate(query)
			s := newTypedStage(t, notiontest.Options{Hook: gate.hook})
			db := s.workspace.AddDatabase("Many Pages", notiontest.Prop{Name: "N", Kind: notiontest.KindNumber}, notiontest.Prop{Name: "F", Kind: notiontest.KindFormula})
			db.DataSource().AddPages(pages, time.Now().Add(-72*time.Hour), time.Second, func(i int) notiontest.Values {
				values := notiontest.Values{"Name": fmt.Sprintf("Page %d", i), "N": i, "F": i}
				if i >= typed {
					values["F"] = strconv.Itoa(i)
				}
				return values
			})
			topic, stream := s.topic("many_pages"), "database_"+db.ID()

			victim := s.start("once")
			gate.await(victim)
			written := s.nextWritten(topic)
			gate.open()
			written()
			victim.kill()
			if victim.end.code != -1 {
				t.Fatalf("the process ended by itself with exit code %d\n%s%s", victim.end.code, victim.end.out, victim.end.talk)
			}
			used, known := s.columnsUsed(topic), []string{}
			s.until(fmt.Sprintf("the state knows the columns %v of committed records", used), func() bool { // the markers of a transaction are written one by one
				known = names(pinnedIn(t, s.committed(s.name+".state"), stream))
				return !slices.ContainsFunc(used, func(name string) bool { return !slices.Contains(known, name) })
			})
			committed := len(byKey(t, s.consume(topic)))
			s.mustRun("once")
			after := s.wantPinned(stream, topic)
			if len(after) != 4 || !slices.Equal(namesOf(after)[:len(known)], known) {
				t.Errorf("the state had the columns %v, and in the end there are %v", known, namesOf(after))
			}
			s.wantNumbered(topic, pages, typed)
			t.Logf("killed with %d pages and %d columns committed; in the end: %v", committed, len(known), namesOf(after))
		})
	}
}

// wantNumbered checks the columns of pages that have a number and a formula of it, which is
// a text from one of them on. Every page has to be there once.
func (s *stage) wantNumbered(topic string, pages, typed int) {
	s.t.Helper()
	published := byKey(s.t, s.consume(topic))
	if len(published) != pages {
		s.t.Errorf("topic %s has %d pages, want %d", topic, len(published), pages)
	}
	wrong := 0
	for _, r := range published {
		var value struct {
			N      *float64 `json:"n"`
			Title  string   `json:"title"`
			F      any      `json:"f"`
			Number any      `json:"f_number"`
			Text   any      `json:"f_string"`
			Name   string   `json:"name"`
		}
		if err := json.Unmarshal(r.Value, &value); err != nil || value.N == nil {
			s.t.Fatalf("%v\n%s", err, r.Value)
		}
		want := []any{*value.N}
		if int(*value.N) >= typed {
			want = []any{strconv.Itoa(int(*value.N))}
		}
		// Which of the results comes first has the name f.
		got := slices.DeleteFunc([]any{value.F, value.Number, value.Text}, func(one any) bool { return one == nil })
		if diff := cmp.Diff(want, got); diff != "" || value.Name != value.Title {
			if wrong++; wrong < 4 {
				s.t.Errorf("page %s (-want +got):\n%s", value.Title, diff)
			}
		}
	}
}

// columnsUsed are the columns in the schemas of a topic's committed records.
func (s *stage) columnsUsed(topic string) (names []string) {
	s.t.Helper()
	known := map[uint32]bool{}
	for _, r := range s.committed(topic) {
		if id := binary.BigEndian.Uint32(r.Value[1:]); !known[id] {
			known[id] = true
			var found struct {
				Schema string `json:"schema"`
			}
			if err := json.Unmarshal(s.ask(http.MethodGet, fmt.Sprintf("/schemas/ids/%d", id), nil), &found); err != nil {
				s.t.Fatal(err)
			}
			names = append(names, namesOf(columnsOf(s.t, found.Schema))...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// An owner that stands still has the schema of before a change, and the instance that takes
// its shard over the one after it. The old owner wakes up and publishes nothing; when it has
// the shard again, the columns are what the other instance made of them.
func TestColumnsGoWhereTheSourceGoes(t *testing.T) {
	t.Parallel()
	first := newGate(3) // the first run has two
	s := newTypedStage(t, notiontest.Options{Hook: first.hook})
	db := s.workspace.AddDatabase("Tasks", notiontest.Prop{Name: "P", Kind: notiontest.KindNumber})
	page := db.AddPage("A", notiontest.Values{"P": 1})
	topic, stream := s.topic("tasks"), "database_"+db.ID()
	s.mustRun("once")
	before := s.wantPinned(stream, topic)

	all := s.startInstances(2)
	old, others := s.ownerOf("acme", all...)
	s.workspace.Edit(page, notiontest.Values{"P": 2})
	db.DataSource().AddProperty(notiontest.Prop{Name: "Alpha", Kind: notiontest.KindNumber})
	answer[control.Run](old, http.StatusAccepted, http.MethodPost, "/sources/acme/runs", `{"full": true}`)
	first.await(old.child)
	old.signal(syscall.SIGSTOP)
	db.DataSource().RetypeProperty("P", notiontest.KindRichText)
	db.DataSource().RenameProperty("Alpha", "Beta")
	s.workspace.Edit(page, notiontest.Values{"P": "three", "Beta": 7})
	first.open()

	heir := others[0]
	s.until("the other instance has done the run", func() bool {
		if !strings.HasSuffix(heir.source("acme").Owner, "-"+heir.pid()) {
			return false
		}
		return answer[[]control.Run](heir, http.StatusOK, http.MethodGet, "/sources/acme/runs", "")[0].Status == control.Succeeded
	})
	during := s.wantPinned(stream, topic)
	if diff := cmp.Diff([]string{"name", "p", "p_rich_text", "beta"}, namesOf(during)); diff != "" {
		t.Errorf("columns after the takeover (-want +got):\n%s", diff)
	}
	old.signal(syscall.SIGCONT)
	s.ownerOf("acme", all...)
	terminate(heir)
	s.ownerOf("acme", old)
	s.workspace.Edit(page, notiontest.Values{"P": "four"})
	run := answer[control.Run](old, http.StatusAccepted, http.MethodPost, "/sources/acme/runs", `{"full": true}`)
	old.awaitEvent(old.follow(run.ID), "the run ended", hasEnded)
	terminate(old)

	after := s.wantPinned(stream, topic)
	if diff := cmp.Diff(namesOf(during), namesOf(after)); diff != "" || len(before) != 2 {
		t.Errorf("columns when the old owner has the shard again (-during +after):\n%s", diff)
	}
	records := s.consume(topic)
	last := records[len(records)-1].cells(t, "p", "p_rich_text", "beta")
	if diff := cmp.Diff([]string{"null", "four", "7.0"}, last); diff != "" {
		t.Errorf("the newest record (-want +got):\n%s", diff)
	}
	t.Logf("%d records; columns before %v, at the heir %v, in the end %v", len(records), namesOf(before), namesOf(during), namesOf(after))
}
