package daemon

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"notion-kafka/notion"
	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// oversizing makes every answer that shows a row with its properties too large.
type oversizing struct {
	http.RoundTripper
	row atomic.Pointer[string] // nil: none
}

// RoundTrip implements http.RoundTripper.
func (o *oversizing) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := o.RoundTripper.RoundTrip(r)
	row := o.row.Load()
	if err != nil || row == nil || strings.Contains(r.URL.RawQuery, "title") {
		return resp, err
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(text))
	if bytes.Contains(text, []byte(`"id":"`+*row+`"`)) {
		resp.ContentLength = 64<<20 + 1
	}
	return resp, nil
}

// askingBy gives a source a transport to Notion.
func (w *world) askingBy(transport http.RoundTripper) func(*producer.Source) {
	return func(src *producer.Source) {
		client, err := notion.NewClient(notion.Options{
			BaseURL: "https://notion.invalid", Transport: transport,
			Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: w.notion.Token()}),
		})
		if err != nil {
			w.t.Fatal(err)
		}
		src.Notion = client
	}
}

// A single row that is too large is stuck with the reason, its database goes on, and the
// row arrives as soon as it is smaller.
func TestARowThatIsTooLargeIsStuckAndHoldsUpNoOther(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(7)
		huge := &oversizing{RoundTripper: w.notion.RoundTripper()}
		row := db.Pages(notiontest.Live)[3]
		huge.row.Store(&row)
		must := func(when string, order producer.Order, published int) {
			t.Helper()
			s := w.runWith(order, db, w.askingBy(huge))
			if s.Status != control.NeedsAttention || s.Published != published || s.Stuck != 1 || s.Deleted != 0 || !strings.Contains(s.Error, row) || !strings.Contains(s.Error, "64 MiB") {
				t.Errorf("%s: %+v", when, s)
			}
		}
		must("first read", byHand, 6)
		w.notion.Edit(row, notiontest.Values{"Points": 8})
		db.AddPage("Another", nil)
		w.pass(time.Hour)
		must("a poll", bySchedule, 1)
		must("a run by hand", byHand, 0)
		w.pass(time.Hour)
		must("a scan", producer.Order{Trigger: "manual", Full: true}, 0)
		huge.row.Store(nil)
		if s := w.runWith(byHand, db, w.askingBy(huge)); s.Status != control.Succeeded || s.Published != 1 || s.Stuck != 0 {
			t.Errorf("once it is smaller: %+v", s)
		}
		w.checkTopic(db, tasksTopic)
	})
}
