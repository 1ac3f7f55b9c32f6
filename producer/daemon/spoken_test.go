package daemon

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
)

// said are the lines of the log that contain a text.
func (w *world) said(text string) (lines []string) {
	for line := range strings.Lines(w.logs.String()) {
		if strings.Contains(line, text) {
			lines = append(lines, line)
		}
	}
	return lines
}

// The log of the first run has every stream, empty ones too, and the time of the next
// run. After that, runs that change nothing are one line an hour.
func TestLogOfQuietSources(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		w.addTasks(0)
		i := w.member("one", with(producer.Settings{Overlap: 2 * time.Minute}))
		defer i.stop()
		i.started()
		w.pass(3*time.Hour + 30*time.Minute)
		if first := w.said(`msg="stream done"`); len(first) != 3 {
			t.Errorf("of three streams it says\n%s", strings.Join(first, ""))
		}
		if done := w.said(`msg="run done"`); len(done) != 1 || !strings.Contains(done[0], "next_run=2000-01-01T00:1") {
			t.Errorf("the run:\n%s", strings.Join(done, ""))
		}
		sign := regexp.MustCompile(`level=INFO msg="nothing new in Notion" sources=1 runs=1[12] since=2000-01-01T0\S+Z next_run=2000-01-01T0\S+Z`)
		signs := w.said("nothing new in Notion")
		for _, line := range signs {
			if !sign.MatchString(line) {
				t.Error(line)
			}
		}
		if len(signs) != 3 {
			t.Errorf("%d signs of life in three hours and a half", len(signs))
		}
		db.AddPage("new", nil)
		w.pass(59 * time.Minute)
		if after := w.said("nothing new in Notion"); len(after) != 3 {
			t.Errorf("it said less than an hour after something was new that there is nothing:\n%s", strings.Join(after, ""))
		}
	})
}

// A source whose trigger is more than an hour away still has its line every hour; a
// paused source has no next run.
func TestLogOfRareSources(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(3)
		i := w.member("one", daily)
		defer i.stop()
		i.started()
		w.pass(90 * time.Minute)
		if signs := w.said("nothing new in Notion"); len(signs) != 1 || !strings.Contains(signs[0], "runs=0") || !strings.Contains(signs[0], "next_run=2000-01-02T00:0") {
			t.Errorf("signs of life: %s", signs)
		}
		if err := i.Pause(t.Context(), "acme"); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Hour)
		if signs := w.said("nothing new in Notion"); len(signs) != 2 || strings.Contains(signs[1], "next_run") {
			t.Errorf("signs of life: %s", signs)
		}
	})
}

// A run that ends because its shard goes to another instance, or seems to in an
// outage, says that it goes on.
func TestLogOfARunThatIsTakenAway(t *testing.T) {
	inWorld(t, notiontest.Options{Latency: slowly}, func(t *testing.T, w *world) {
		w.addTasks(5000)
		i := w.member("one", byHandOnly)
		defer i.stop()
		i.started()
		i.mustStart(producer.Order{})
		i.begun("acme")
		i.cable.swallow.Store(int32(kmsg.Heartbeat) + 1)
		w.pass(time.Minute)
		i.cable.swallow.Store(0)
		want := "another instance, or a Kafka outage, took this source away; it continues"
		if done := w.said(`msg="run done"`); len(done) == 0 || !strings.Contains(done[0], "status=cancelled") || !strings.Contains(done[0], want) {
			t.Errorf("%s", done)
		}
	})
}
