package notion_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"notion-kafka/notion"
	"notion-kafka/notion/notiontest"
	"notion-kafka/notion/notiontest/canned"
)

// patient is a client whose readings run so many bytes ahead, at most.
func patient(t *testing.T, of *canned.Notion, backlog int64) *notion.Client {
	t.Helper()
	client, err := notion.NewClient(notion.Options{
		Transport: slowly{of}, Budget: notion.NewBudget(1_000_000, 16), Room: notion.RoomFor(backlog),
		Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: notiontest.DefaultToken}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// slowly takes a second for each answer, so that there are many readers.
type slowly struct{ base http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (s slowly) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(time.Second) // virtual
	return s.base.RoundTrip(r)
}

// Readers do not run far ahead of a caller that is slow, and yet everything is read.
func TestReadersWaitForASlowCaller(t *testing.T) {
	const rows = 20_000
	for backlog, want := range map[int64]struct{ least, most int }{ // bytes, responses
		1:         {1, 1},   // which the caller has
		1_000_000: {3, 8},   // the last response of a window is a small one
		1 << 30:   {16, 40}, // one a reader, and a portion of ten or more
	} {
		synctest.Test(t, func(t *testing.T) {
			of := canned.New(t, rows)
			read, done, held := 0, 0, 0
			for portion, err := range patient(t, of, backlog).ReadAll(t.Context(), notion.Query{DataSourceID: of.DataSourceID()}) {
				if err != nil {
					t.Fatal(err)
				}
				read += len(portion.Pages)
				time.Sleep(time.Minute) // virtual: the readers go on as far as they may
				held = max(held, of.Queries()-done)
				done += portion.Responses
			}
			if read != rows {
				t.Errorf("with a backlog of %d bytes %d rows were read", backlog, read)
			}
			if held < want.least || held > want.most {
				t.Errorf("with a backlog of %d bytes %d responses were held at a time, want %d to %d", backlog, held, want.least, want.most)
			}
		})
	}
}

// A request that waited for the caller was not sent before the wait: what others read
// meanwhile is older than its answer.
func TestSentIsAfterTheWaitForTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		of := canned.New(t, 2_000)
		var free time.Time
		for portion, err := range patient(t, of, 1).ReadAll(t.Context(), notion.Query{DataSourceID: of.DataSourceID()}) {
			if err != nil {
				t.Fatal(err)
			}
			if portion.Sent.Before(free) {
				t.Fatalf("sent %v before the caller was free", free.Sub(portion.Sent))
			}
			time.Sleep(time.Minute) // virtual
			free = time.Now()
		}
	})
}

// A reading goes on, whatever others have in the backlog.
func TestReadingsDoNotWaitForEachOther(t *testing.T) {
	const rows = 2_000
	synctest.Test(t, func(t *testing.T) {
		of := canned.New(t, rows)
		client := patient(t, of, 1)
		for _, err := range client.ReadAll(t.Context(), notion.Query{DataSourceID: of.DataSourceID()}) {
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute) // virtual: the backlog is full
			read := 0
			for portion, err := range client.ReadAll(t.Context(), notion.Query{DataSourceID: of.DataSourceID()}) {
				if err != nil {
					t.Fatal(err)
				}
				read += len(portion.Pages)
			}
			if read < rows {
				t.Errorf("%d rows were read", read)
			}
			break
		}
	})
}
