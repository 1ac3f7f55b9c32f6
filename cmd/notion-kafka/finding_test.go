package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"notion-kafka/producer/control"
)

const (
	soughtPage  = "59833787-2cf9-4fdf-8782-e53db20768a5"
	soughtLink  = "https://www.notion.so/acme/248104cd477e80fdb757e945d38000bd?v=338104cd477e80fdb757e945d38000bd&p=598337872cf94fdf8782e53db20768a5"
	soughtTopic = "notion.acme.tasks"
)

func noon() time.Time { return time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC) }

// A told is what the owner of a source says, after a while.
type told struct {
	control.SourceFinding
	err   error
	takes time.Duration
}

func known(answer control.FindAnswer, published time.Time) control.SourceFinding {
	return control.SourceFinding{
		Places: []control.Place{{Source: "acme", Stream: "database_1", Topic: soughtTopic, Answer: answer, Text: "Said of " + string(answer) + ".", Published: published}},
		Topics: []control.SearchedTopic{{Stream: "database_1", Title: "Tasks", Topic: soughtTopic, Partition: 2}},
	}
}

func nothing() control.SourceFinding {
	return control.SourceFinding{Places: []control.Place{}, Topics: []control.SearchedTopic{{Stream: "database_1", Title: "Tasks", Topic: soughtTopic}}}
}

// findIn looks for the page in sources. records has the last record of it by topic; a topic
// that is not there has none.
func findIn(t *testing.T, page string, sights map[string]told, records map[string]*control.FoundRecord) (found control.Finding, err error) {
	t.Helper()
	f := &finder{
		ask: func(ctx context.Context, source, id string) (control.SourceFinding, error) {
			one := sights[source]
			if id != soughtPage {
				t.Errorf("source %s is asked for %q", source, id)
			}
			select {
			case <-time.After(one.takes):
				return one.SourceFinding, one.err
			case <-ctx.Done():
				return control.SourceFinding{}, ctx.Err()
			}
		},
		seek: func(_ context.Context, in control.SearchedTopic, key string, _ int) (*control.FoundRecord, bool, error) {
			if key != soughtPage {
				t.Errorf("topic %s is searched for %q", in.Topic, key)
			}
			return records[in.Topic], true, nil
		},
	}
	for source := range sights {
		f.sources = append(f.sources, source)
	}
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		found, err = f.find(t.Context(), page)
		if took := time.Since(began); took > ownersWithin+recordsWithin {
			t.Errorf("it took %v", took)
		}
	})
	return found, err
}

func TestFindings(t *testing.T) {
	update := &control.FoundRecord{Partition: 2, Offset: 7, Timestamp: noon(), Op: "update", Title: "Relaunch"}
	trashed := &control.FoundRecord{Partition: 2, Offset: 8, Timestamp: noon(), Op: "delete", Reason: "trashed", Title: "Relaunch"}
	gone := &control.FoundRecord{Partition: 2, Offset: 8, Timestamp: noon(), Op: "delete", Reason: "gone"}
	withTitle := known(control.PageBehind, noon())
	withTitle.Title = "Relaunched"
	elsewhere := known(control.PageCurrent, noon())
	elsewhere.Places[0].Source, elsewhere.Topics = "sales", nil
	for name, test := range map[string]struct {
		sights  map[string]told
		records map[string]*control.FoundRecord
		answer  control.FindAnswer
		title   string
		places  []control.FindAnswer
		silent  string
		says    []string
	}{
		"in the topic": {
			map[string]told{"acme": {SourceFinding: known(control.PageCurrent, noon())}}, map[string]*control.FoundRecord{soughtTopic: update},
			control.PageCurrent, "Relaunch", []control.FindAnswer{control.PageCurrent}, "", []string{"Said of current."},
		},
		"with a title of Notion's": {
			map[string]told{"acme": {SourceFinding: withTitle}}, map[string]*control.FoundRecord{soughtTopic: update},
			control.PageBehind, "Relaunched", []control.FindAnswer{control.PageBehind}, "", nil,
		},
		"two sources": {
			map[string]told{"acme": {SourceFinding: known(control.PageNotSelected, time.Time{})}, "sales": {SourceFinding: elsewhere}}, nil,
			control.PageCurrent, "", []control.FindAnswer{control.PageCurrent, control.PageNotSelected}, "", nil,
		},
		"trashed, and deleted": {
			map[string]told{"acme": {SourceFinding: known(control.PageTrashed, time.Time{})}}, map[string]*control.FoundRecord{soughtTopic: trashed},
			control.PageDeleted, "Relaunch", []control.FindAnswer{control.PageDeleted}, "", []string{"deleted from topic notion.acme.tasks at 2026-11-20 12:00 UTC", "Restore it"},
		},
		"trashed, and never read": {
			map[string]told{"acme": {SourceFinding: known(control.PageTrashed, time.Time{})}}, nil,
			control.PageTrashed, "", []control.FindAnswer{control.PageTrashed}, "", nil,
		},
		"deleted for good": {
			map[string]told{"acme": {SourceFinding: nothing()}}, map[string]*control.FoundRecord{soughtTopic: gone},
			control.PageDeleted, "", []control.FindAnswer{control.PageDeleted}, "", []string{"deleted from topic", "did not show it any more"},
		},
		"deletes are not published": {
			map[string]told{"acme": {SourceFinding: nothing()}}, map[string]*control.FoundRecord{soughtTopic: update},
			control.PageDeleted, "Relaunch", []control.FindAnswer{control.PageDeleted}, "", []string{"keeps a version of the page"},
		},
		"restored": {
			map[string]told{"acme": {SourceFinding: known(control.PageComing, time.Time{})}}, map[string]*control.FoundRecord{soughtTopic: trashed},
			control.PageComing, "Relaunch", []control.FindAnswer{control.PageComing}, "", []string{"Said of coming. The page was deleted from topic"},
		},
		"not shared": {
			map[string]told{"acme": {SourceFinding: nothing()}}, nil,
			control.PageNotShared, "", nil, "", []string{"No connection sees the page", "share its database"},
		},
		"not shared, and an owner is dead": {
			map[string]told{"acme": {SourceFinding: nothing()}, "sales": {takes: time.Hour}}, nil,
			control.PageUnknown, "", nil, "sales", []string{"No source that answered knows the page.", "Source sales could not say", "within 14s"},
		},
		"in the topic, and an owner is dead": {
			map[string]told{"acme": {SourceFinding: known(control.PageCurrent, noon()), takes: 12 * time.Second}, "sales": {takes: time.Hour}}, nil,
			control.PageCurrent, "", []control.FindAnswer{control.PageCurrent}, "sales", []string{"Said of current."},
		},
		"not selected, and an owner fails": {
			map[string]told{"acme": {SourceFinding: known(control.PageNotSelected, time.Time{})}, "sales": {err: &control.Error{Kind: control.Unavailable, Message: "the owner is changing"}}}, nil,
			control.PageNotSelected, "", []control.FindAnswer{control.PageNotSelected}, "sales", []string{"Said of not_selected.", "sales could not say whether it has the page: the owner is changing."},
		},
		"Notion was not asked": {
			map[string]told{"acme": {SourceFinding: control.SourceFinding{Unasked: "Notion did not answer within 12s."}}}, nil,
			control.PageUnknown, "", nil, "acme", []string{"Notion did not answer within 12s."},
		},
		"the source was removed": {
			map[string]told{"acme": {err: &control.Error{Kind: control.NotFound, Message: "there is no source acme"}}}, nil,
			control.PageNotShared, "", nil, "", nil,
		},
		"no source":  {map[string]told{}, nil, control.PageNotShared, "", nil, "", []string{"no source yet"}},
		"a database": {map[string]told{"acme": {SourceFinding: known(control.PageDatabase, time.Time{})}, "sales": {takes: time.Hour}}, nil, control.PageDatabase, "", []control.FindAnswer{control.PageDatabase}, "sales", []string{"Said of database."}},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := findIn(t, soughtLink, test.sights, test.records)
			if err != nil {
				t.Fatal(err)
			}
			var places []control.FindAnswer
			for _, one := range found.Places {
				places = append(places, one.Answer)
			}
			silent := ""
			for _, one := range found.Silent {
				silent += one.Source
			}
			t.Logf("%s: %s", found.Answer, found.Text)
			if found.Answer != test.answer || found.Title != test.title || !slices.Equal(places, test.places) || silent != test.silent || found.ID != soughtPage || found.Places == nil {
				t.Errorf("found %+v, want %s of %q, places %v, silent %q", found, test.answer, test.title, test.places, test.silent)
			}
			for _, want := range test.says {
				if !strings.Contains(found.Text, want) {
					t.Errorf("it does not say %q: %s", want, found.Text)
				}
			}
			if best := test.records[soughtTopic]; best != nil && (found.Places[0].Record == nil || found.Places[0].Record.Offset != best.Offset) {
				t.Errorf("the record: %+v", found.Places[0].Record)
			}
		})
	}
}

// What is neither a link nor an id says what to give, and nobody is asked.
func TestFindOfNoPage(t *testing.T) {
	for _, text := range []string{"", "Website relaunch", "https://www.notion.so/acme"} {
		_, err := findIn(t, text, nil, nil)
		if refusal, is := errors.AsType[*control.Error](err); !is || refusal.Kind != control.Invalid || !strings.Contains(refusal.Message, "paste the link") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Of many topics a bounded number is searched, and that is said.
func TestFindSearchesABoundedNumberOfTopics(t *testing.T) {
	many := nothing()
	many.Topics = slices.Repeat(many.Topics, 60)
	many.Unlisted = 300
	found, err := findIn(t, soughtPage, map[string]told{"acme": {SourceFinding: many}}, nil)
	if err != nil || !strings.Contains(found.Text, "310 topics") {
		t.Errorf("%+v, %v", found, err)
	}
}
