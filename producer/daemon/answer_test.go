package daemon

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/state"
)

// hold makes a world in which a scan has just found 60 of 100 pages missing.
func (w *world) hold() (db *notiontest.Database, missing []string) {
	w.t.Helper()
	db = w.addTasks(100)
	w.mustRun(byHand, with(producer.Settings{}))
	missing = append(missing, db.Pages(notiontest.Live)[:60]...)
	for _, id := range missing {
		w.notion.Trash(id)
	}
	if s := w.runWith(fullScan, db, with(producer.Settings{})); s.Held != 60 {
		w.t.Fatalf("the scan: %+v", s)
	}
	return db, missing
}

// confirm and dismiss answer held deletes, each in a process of its own.
func (w *world) confirm(stream string) ([]producer.Report, error) {
	p := w.start(with(producer.Settings{}))
	defer p.cluster.Close()
	return p.ConfirmDeletes(w.t.Context(), p.source, stream, func(int) {})
}

func (w *world) dismiss(stream string) (int, error) {
	p := w.start()
	defer p.cluster.Close()
	return p.DismissDeletes(w.t.Context(), "acme", stream)
}

func TestConfirmedDeletesArePublishedWhereThePageIsStillGone(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db, missing := w.hold()
		w.notion.Restore(missing[0])
		reports, err := w.confirm(producer.DatabaseStream(db.ID()))
		if err != nil || len(reports) != 1 || len(reports[0].Streams) != 1 {
			t.Fatalf("err %v, reports %+v", err, reports)
		}
		if s := reports[0].Streams[0]; s.Status != control.Succeeded || s.Deleted != 59 || s.Held != 0 {
			t.Errorf("report %+v", s)
		}
		w.checkDeletes(db, tasksTopic)
	})
}

func TestDismissedDeletesStayUntilTheNextScan(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db, missing := w.hold()
		stream := producer.DatabaseStream(db.ID())
		before := len(w.records(tasksTopic))
		if n, err := w.dismiss(stream); n != 60 || err != nil {
			t.Fatalf("dismissed %d, err %v", n, err)
		}
		if s := w.runWith(bySchedule, db, with(producer.Settings{})); s.Status != control.Succeeded || s.Held != 0 {
			t.Errorf("the poll after it: %+v", s)
		}
		if n := len(w.records(tasksTopic)) - before; n != 0 {
			t.Errorf("%d records were published", n)
		}
		if s := w.runWith(fullScan, db, with(producer.Settings{})); s.Held != 60 || s.Deleted != 0 {
			t.Errorf("the scan after it: %+v", s)
		}
		for _, id := range missing {
			w.notion.Restore(id)
		}
		if s := w.runWith(fullScan, db, with(producer.Settings{})); s.Status != control.Succeeded || s.Held != 0 {
			t.Errorf("the scan after they are back: %+v", s)
		}
	})
}

func TestAnswersWhereNobodyAsked(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		w.mustRun(byHand)
		answers := map[string]func(stream string) error{
			"confirm": func(stream string) error { _, err := w.confirm(stream); return err },
			"dismiss": func(stream string) error { _, err := w.dismiss(stream); return err },
		}
		for name, answer := range answers {
			if err := answer(producer.DatabaseStream(db.ID())); !errors.Is(err, ErrNothingHeld) {
				t.Errorf("%s: err %v, want ErrNothingHeld", name, err)
			}
			if err := answer("database_x"); !errors.Is(err, producer.ErrUnknownStream) || !strings.Contains(err.Error(), "databases") {
				t.Errorf("%s of an unknown stream: err %v, want one that names the known", name, err)
			}
		}
	})
}

// A page that is present again keeps its other state. Nothing is written for pages that
// are missing in a scan under way, or that were never missing.
func TestPresentAgain(t *testing.T) {
	held, missing, there := state.PageID{1}, state.PageID{2}, state.PageID{3}
	note := state.PageNote{Stuck: "too large"}
	got := state.PresentAgain(&state.StreamMemory{
		Pages: map[state.PageID]state.Page{
			held:    {Hash: 1, Marks: state.Held | state.Archived | state.Stuck},
			missing: {Hash: 2, Marks: state.Missing},
			there:   {Hash: 3},
		},
		Notes: map[state.PageID]state.PageNote{held: note},
	}, "acme", "database_x")
	want := []state.Entry{{
		Key:   state.PageKey("acme", "database_x", held.String()),
		Value: state.NotedPage{Page: state.Page{Hash: 1, Marks: state.Archived | state.Stuck}, PageNote: note},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}
