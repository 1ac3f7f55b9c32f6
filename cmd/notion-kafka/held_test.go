package main

import (
	"bytes"
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
)

// hold makes a workspace in which a scan has just found too many pages missing.
func (tt *terminal) hold() (db *notiontest.Database, trashed []string) {
	tt.t.Helper()
	db = tt.addTasks(40)
	tt.must(0, "once")
	trashed = slices.Clone(db.Pages(notiontest.Live)[:30])
	for _, page := range trashed {
		tt.workspace.Trash(page)
	}
	slices.Sort(trashed)
	out, talk := tt.must(1, "once", "--full")
	stream := producer.DatabaseStream(db.ID())
	if row := tasksRow(tt.t, out); row["HELD"] != "30" || row["DELETED"] != "0" || row["STATUS"] != "needs_attention" {
		tt.t.Errorf("once --full says:\n%s", out)
	}
	for _, want := range []string{"30 of 40 pages are missing", "state confirm-deletes --source notion --stream " + stream, "dismiss-deletes"} {
		if !strings.Contains(talk, want) {
			tt.t.Errorf("it does not say %q:\n%s", want, talk)
		}
	}
	if diff := cmp.Diff(trashed, tt.states()[stream].Held); diff != "" {
		tt.t.Fatalf("state show: held pages (-want +got):\n%s", diff)
	}
	if table, _ := tt.must(0, "state", "show"); tasksRow(tt.t, table)["HELD"] != "30" {
		tt.t.Errorf("state show says:\n%s", table)
	}
	return db, trashed
}

func TestHeldDeletesAreConfirmed(t *testing.T) {
	tt := serving(t)
	db, trashed := tt.hold()
	stream := producer.DatabaseStream(db.ID())
	tt.workspace.Restore(trashed[0])
	out, _ := tt.must(0, "state", "confirm-deletes", "--source", "notion", "--stream", "database_"+strings.ReplaceAll(db.ID(), "-", ""))
	if row := tasksRow(t, out); row["DELETED"] != "29" || row["HELD"] != "0" || row["STATUS"] != "succeeded" {
		t.Errorf("confirm-deletes says:\n%s", out)
	}
	if got := tt.deletes(tasksTopic); len(got) != 29 {
		t.Errorf("%d deletes were published: %v", len(got), got)
	}
	if s := tt.states()[stream]; len(s.Held) != 0 || s.Pages != 11 {
		t.Errorf("state after the deletes: %+v", s)
	}
	out, talk := tt.must(0, "state", "confirm-deletes", "--source", "notion", "--stream", stream)
	if out != "" || !strings.Contains(talk, "no deletes are held back") {
		t.Errorf("a second confirmation says:\n%s%s", out, talk)
	}
}

func TestHeldDeletesAreDismissedUntilTheNextScan(t *testing.T) {
	tt := serving(t)
	db, _ := tt.hold()
	stream := producer.DatabaseStream(db.ID())
	if _, talk := tt.must(0, "state", "dismiss-deletes", "--source", "notion", "--stream", stream); !strings.Contains(talk, "30 held deletes dismissed") {
		t.Errorf("dismiss-deletes says:\n%s", talk)
	}
	if s := tt.states()[stream]; len(s.Held) != 0 || s.Pages != 40 {
		t.Errorf("state after the dismissal: %+v", s)
	}
	if _, talk := tt.must(0, "state", "dismiss-deletes", "--source", "notion", "--stream", stream); !strings.Contains(talk, "no deletes are held back") {
		t.Errorf("a second dismissal says:\n%s", talk)
	}
	tt.must(0, "once")
	if got := tt.deletes(tasksTopic); len(got) != 0 {
		t.Errorf("after the dismissal were published: %v", got)
	}
	out, _ := tt.must(1, "once", "--full")
	if row := tasksRow(t, out); row["HELD"] != "30" {
		t.Errorf("the scan after the dismissal says:\n%s", out)
	}
}

func TestAnswersToHeldDeletesThatCannotBeTaken(t *testing.T) {
	tt := serving(t)
	tt.addTasks(1)
	tt.must(0, "once")
	for _, answer := range []string{"confirm-deletes", "dismiss-deletes"} {
		for name, test := range map[string]struct {
			args []string
			says string
		}{
			"no stream":      {[]string{"--source", "notion"}, `"stream" not set`},
			"no source":      {[]string{"--stream", "databases"}, `"source" not set`},
			"unknown source": {[]string{"--source", "acne", "--stream", "databases"}, "acne"},
			"unknown stream": {[]string{"--source", "notion", "--stream", "database_x"}, `"database_x"`},
		} {
			t.Run(answer+"/"+name, func(t *testing.T) {
				if _, talk := tt.must(2, append([]string{"state", answer}, test.args...)...); !strings.Contains(talk, test.says) {
					t.Errorf("it does not say %q:\n%s", test.says, talk)
				}
			})
		}
	}
}

// While a daemon without an API runs, the commands are refused with its name, and
// change nothing.
func TestAnswersToHeldDeletesAreRefusedBesideADaemon(t *testing.T) {
	tt := serving(t)
	tt.flags = append(tt.flags, "--set", "console.listen=")
	db, trashed := tt.hold()
	stream := producer.DatabaseStream(db.ID())
	ctx, stop := context.WithCancel(t.Context())
	talk := newWatched(`"msg":"serving a shard"`)
	ended := make(chan int, 1)
	go func() {
		ended <- execute(ctx, append([]string{"run"}, tt.flags...), process{Out: &bytes.Buffer{}, Err: talk, Environ: tt.environ})
	}()
	<-talk.seen
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for _, answer := range []string{"confirm-deletes", "dismiss-deletes"} {
		if _, talk := tt.must(1, "state", answer, "--source", "notion", "--stream", stream); !strings.Contains(talk, "living members") || !strings.Contains(talk, host) {
			t.Errorf("%s beside a daemon says:\n%s", answer, talk)
		}
	}
	stop()
	if code := <-ended; code != 0 {
		t.Fatalf("the daemon ended with exit %d\n%s", code, talk)
	}
	if diff := cmp.Diff(trashed, tt.states()[stream].Held); diff != "" {
		t.Errorf("held pages (-want +got):\n%s", diff)
	}
}
