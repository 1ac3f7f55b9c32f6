package notion_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"notion-kafka/notion"
	"notion-kafka/notion/notiontest"
)

// Whatever Notion does, a reading that ends without an error has every row. Only cursors
// that go stale again and again may end it.
func TestDenseMinuteIsCompleteWhateverNotionDoes(t *testing.T) {
	const seeds = 12
	ended := 0
	for seed := range uint64(seeds) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			inRandomWorld(t, seed, func(t *testing.T, l *world, rng *rand.Rand) {
				var properties []notiontest.Prop
				if seed%2 == 0 {
					properties = append(properties, number)
				}
				rows := append(l.imported(400+rng.IntN(400), tasks, properties...), l.addClusters(rng)...)
				times, err := l.read(l.knowing(), func() bool { return rng.IntN(20) == 0 })
				if errors.Is(err, notion.ErrInvalidCursor) {
					ended++
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				for id, n := range times { // the next reading reads an unfinished minute again
					times[id] = min(n, 1)
				}
				l.mustHold(times, rows)
			})
		})
	}
	if ended > seeds/3 {
		t.Errorf("%d of %d readings ended early", ended, seeds)
	}
}

// A blindFilter is a Notion whose filters of titles, contrary to its documentation, select
// none of some rows.
type blindFilter struct {
	next  http.RoundTripper
	blind map[string]bool
}

func (b blindFilter) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		return b.next.RoundTrip(r)
	}
	asked, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(asked))
	resp, err := b.next.RoundTrip(r)
	if err != nil || !bytes.Contains(asked, []byte(`"title":{`)) {
		return resp, err
	}
	var list map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil {
		return nil, err
	}
	list["results"] = slices.DeleteFunc(list["results"].([]any), func(row any) bool { return b.blind[row.(map[string]any)["id"].(string)] })
	shown, err := json.Marshal(list)
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(shown)), int64(len(shown))
	return resp, err
}

// Some rows are selected by no filter: nobody can tell which others are missing, unless
// they were edited, trashed or archived while the minute was read.
func TestRowsOfADenseMinuteThatNoFilterSelects(t *testing.T) {
	leave := map[string]func(w *notiontest.Workspace, page string){
		"and stay":     func(*notiontest.Workspace, string) {},
		"edited":       func(w *notiontest.Workspace, page string) { w.Edit(page, nil) },
		"trashed":      (*notiontest.Workspace).Trash,
		"archived":     (*notiontest.Workspace).Archive,
		"purged":       (*notiontest.Workspace).Purge,
		"another's":    (*notiontest.Workspace).UnsharePage,
		"outside now":  (*notiontest.Workspace).MoveToPage,
		"only the ids": (*notiontest.Workspace).RestrictPage,
	}
	for name, leaves := range leave {
		t.Run(name, func(t *testing.T) {
			var leaving func()
			options := notiontest.Options{RowCap: 400, Hook: notiontest.OneByOne(func(r *http.Request) *notiontest.Fault {
				if strings.Contains(r.URL.Path, "/pages/") && leaving != nil {
					leaving()
					leaving = nil
				}
				return nil
			})}
			inWorld(t, options, func(t *testing.T, l *world) {
				rows := l.imported(700, tasks)
				blind := map[string]bool{}
				for _, id := range rows[100:110] {
					blind[id] = true
				}
				leaving = func() {
					for id := range blind {
						leaves(l.w, id)
					}
				}
				l.client = l.through(blindFilter{l.w.RoundTripper(), blind})
				_, err := l.read(l.query(), never)
				if (name == "and stay") != errors.Is(err, notion.ErrIncomplete) {
					t.Errorf("error %v", err)
				}
				if leaving != nil {
					t.Error("no row was looked at")
				}
			})
		})
	}
}

// The order of the minute's rows changes while they are read: the reading has all of
// them or ends with an error.
func TestDenseMinuteWhoseOrderShifts(t *testing.T) {
	const parts = 10 // queries until the minute is read in parts
	for _, every := range []int{1, 3, 7, 29} {
		t.Run(fmt.Sprint(every), func(t *testing.T) {
			asked := 0
			options := notiontest.Options{RowCap: 400, Hook: notiontest.OneByOne(func(r *http.Request) *notiontest.Fault {
				if asked++; asked < parts || asked%every != 0 {
					return nil
				}
				fault := notiontest.Shuffled()
				return &fault
			})}
			inWorld(t, options, func(t *testing.T, l *world) {
				rows := l.imported(1500, tasks)
				times, err := l.read(l.knowing(), never)
				if err == nil {
					l.mustHold(times, rows)
				} else if !errors.Is(err, notion.ErrIncomplete) || !strings.Contains(err.Error(), "change their order") {
					t.Fatal(err)
				}
				if every == 1 && err == nil {
					t.Error("no error although every response has another order")
				}
			})
		})
	}
}

// Notion's responses are short: a single title tells nothing about how to divide a part.
func TestDenseMinuteInShortResponses(t *testing.T) {
	asked := 0
	options := notiontest.Options{RowCap: 400, Hook: notiontest.OneByOne(func(*http.Request) *notiontest.Fault {
		if asked++; asked%2 != 0 {
			return nil
		}
		fault := notiontest.ShortPage(1)
		return &fault
	})}
	inWorld(t, options, func(t *testing.T, l *world) {
		rows := l.imported(1000, tasks)
		times, err := l.read(l.knowing(), never)
		if err != nil {
			t.Fatal(err)
		}
		l.mustHold(times, rows)
	})
}
