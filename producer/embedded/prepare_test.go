package embedded

import (
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

func TestStartCompacts(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir)
	createTopic(t, first)
	commit(t, first, "shard-0", "a=1", "b=1", "a=2")
	commit(t, first, "shard-0", "a=3")
	shut(t, first)

	if diff := cmp.Diff([]string{"b=1", "a=3"}, committed(t, open(t, dir))); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}

// Uncommitted records must not make compaction drop committed ones, however the
// broker ended.
func TestCompactionKeepsCommittedValues(t *testing.T) {
	tests := []struct {
		name  string
		abort bool
		stop  func(t *testing.T, e *Embedded, dir string) string // returns where the data is
	}{
		{"open at a clean stop", false, func(t *testing.T, e *Embedded, dir string) string { shut(t, e); return dir }},
		{"open at a kill", false, func(t *testing.T, e *Embedded, dir string) string { return killed(t, dir) }},
		{"aborted before a clean stop", true, func(t *testing.T, e *Embedded, dir string) string { shut(t, e); return dir }},
		{"aborted before a kill", true, func(t *testing.T, e *Embedded, dir string) string { return killed(t, dir) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			first := open(t, dir)
			createTopic(t, first)
			commit(t, first, "shard-0", "a=committed", "b=1")
			other := begin(t, first, "shard-1", "a=never committed", "a=never committed either")
			if test.abort {
				end(t, other, kgo.TryAbort)
			}
			commit(t, first, "shard-2", "c=1")

			second := open(t, test.stop(t, first, dir))
			ongoing, err := kadm.NewClient(client(t, second)).ListTransactions(t.Context(), nil, []string{"Ongoing"})
			if err != nil || len(ongoing) > 0 {
				t.Fatalf("open transactions after the start: %v, %v", ongoing, err)
			}
			if diff := cmp.Diff([]string{"a=committed", "b=1", "c=1"}, committed(t, second)); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
		})
	}
}

// The same producer goes on after a kill in the middle of its transaction, and the
// broker is killed again. The records that the first kill cut off must not come back
// with those that were committed later.
func TestSecondKillDoesNotBringBackWhatTheFirstCutOff(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir)
	createTopic(t, first)
	begin(t, first, "shard-0", "a=cut off")

	dir = killed(t, dir)
	second := open(t, dir)
	commit(t, second, "shard-0", "b=1")

	third := open(t, killed(t, dir))
	if diff := cmp.Diff([]string{"b=1"}, committed(t, third)); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}

// A kill at any step of replacing the data by its compacted copy loses nothing.
func TestKillWhilePreparing(t *testing.T) {
	tests := []struct {
		name  string
		leave func(t *testing.T, kafka string)
	}{
		{"copy half written", func(t *testing.T, kafka string) {
			if err := os.MkdirAll(nextDir(kafka)+"/partitions", 0o700); err != nil {
				t.Fatal(err)
			}
		}},
		{"original moved away", func(t *testing.T, kafka string) {
			if err := os.CopyFS(nextDir(kafka), os.DirFS(kafka)); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(kafka, oldDir(kafka)); err != nil {
				t.Fatal(err)
			}
		}},
		{"original not removed", func(t *testing.T, kafka string) {
			if err := os.MkdirAll(oldDir(kafka)+"/partitions", 0o700); err != nil {
				t.Fatal(err)
			}
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			first := open(t, dir)
			createTopic(t, first)
			commit(t, first, "shard-0", "a=1")
			shut(t, first)
			kafka := dir + "/kafka"
			test.leave(t, kafka)

			if diff := cmp.Diff([]string{"a=1"}, committed(t, open(t, dir))); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
			for _, leftover := range []string{nextDir(kafka), oldDir(kafka)} {
				if _, err := os.Stat(leftover); !os.IsNotExist(err) {
					t.Errorf("%s is still there: %v", leftover, err)
				}
			}
		})
	}
}

// kfake applies its default retention of seven days whenever it compacts.
func TestStartKeepsOldRecords(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir)
	createTopic(t, first)
	old := &kgo.Record{Topic: topic, Key: []byte("a"), Value: []byte("1"), Timestamp: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)}
	producer := client(t, first)
	if err := producer.ProduceSync(t.Context(), old).FirstErr(); err != nil {
		t.Fatal(err)
	}
	producer.Close()
	shut(t, first)
	if diff := cmp.Diff([]string{"a=1"}, committed(t, open(t, dir))); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}
