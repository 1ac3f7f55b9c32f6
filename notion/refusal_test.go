package notion

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
)

var (
	unauthorized = reply{status: 401, body: errorJSON("unauthorized", "API token is invalid.")}
	me           = ok(`{"object":"user","id":"` + userA + `","type":"bot","name":"Sync","bot":{}}`)
)

// A single 401 among good answers does not count: the request is sent again a minute
// later.
func TestATokenIsRefusedWhenNotionSaysSoAgain(t *testing.T) {
	for name, test := range map[string]struct {
		replies  []reply
		last     error
		requests int
		took     time.Duration
	}{
		"once among good answers":     {[]reply{me, unauthorized, me}, nil, 3, time.Minute},
		"twice among good answers":    {[]reply{me, unauthorized, unauthorized}, ErrUnauthorized, 3, time.Minute},
		"never accepted":              {[]reply{unauthorized}, ErrUnauthorized, 4, 2 * time.Second},
		"refused once, then accepted": {[]reply{unauthorized, me}, nil, 3, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s := newScripted(t, test.replies...)
				began := time.Now()
				_, _ = c.Me(t.Context())
				if _, err := c.Me(t.Context()); !errors.Is(err, test.last) || (err == nil) != (test.last == nil) {
					t.Errorf("error %v, want %v", err, test.last)
				}
				if took := time.Since(began); len(s.requests) != test.requests || took != test.took {
					t.Errorf("sent %d requests in %v, want %d in %v", len(s.requests), took, test.requests, test.took)
				}
			})
		})
	}
}

// Where another request succeeds between two refusals, the second refusal counts as
// the first. A request that is refused five times counts as refused, even if others
// succeed.
func TestAGoodAnswerBetweenTwoRefusalsClearsTheFirst(t *testing.T) {
	for name, test := range map[string]struct {
		other, refusals int // how many minutes another request succeeds, how often ours is refused
		want            error
		took            time.Duration
	}{
		"one good answer, then accepted":  {1, 2, nil, 2 * time.Minute},
		"one good answer, then none":      {1, 9, ErrUnauthorized, 2 * time.Minute},
		"good answers that never end":     {9, 9, ErrUnauthorized, 4 * time.Minute},
		"good answers, accepted at last":  {9, 4, nil, 4 * time.Minute},
		"none, refused twice in a minute": {0, 9, ErrUnauthorized, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s := newScripted(t, me)
				if _, err := c.Me(t.Context()); err != nil {
					t.Fatal(err)
				}
				refusals := test.refusals
				s.answer = func(r *http.Request) (reply, bool) {
					if strings.HasSuffix(r.URL.Path, "/me") {
						return me, true
					}
					if refusals--; refusals >= 0 {
						return unauthorized, true
					}
					return ok(pageJSON(pageID, "{}")), true
				}
				began := time.Now()
				done := make(chan error)
				go func() {
					_, err := c.Page(t.Context(), pageID)
					done <- err
				}()
				_ = sleep(t.Context(), time.Second)
				for range test.other {
					if _, err := c.Me(t.Context()); err != nil {
						t.Error(err)
					}
					_ = sleep(t.Context(), time.Minute)
				}
				if err := <-done; !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
					t.Errorf("error %v, want %v", err, test.want)
				}
				if took := time.Since(began); test.other < 9 && took.Round(time.Minute) != test.took {
					t.Errorf("took %v, want %v", took, test.took)
				}
			})
		})
	}
}

func TestWhoWaitsForAcceptanceCanBeStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := newScripted(t, me, unauthorized)
		_, _ = c.Me(t.Context())
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if _, err := c.Me(ctx); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrUnauthorized) {
			t.Errorf("error %v, want the context's alone", err)
		}
	})
}

// Without one of OAuth's error codes (RFC 6749, 5.2) an answer is not a refusal: so a
// proxy's page, or a token endpoint that is down or throttles.
func TestATokenEndpointInTroubleIsNoRefusal(t *testing.T) {
	for _, status := range []int{400, 401, 403, 404, 408, 429, 500, 503, 504} {
		synctest.Test(t, func(t *testing.T) {
			failed := &oauth2.RetrieveError{
				Response: &http.Response{Status: http.StatusText(status), StatusCode: status}, Body: []byte("nrt_secretOfTheTests"),
			}
			c, _ := newScriptedWith(t, Options{Tokens: failingSource{failed}}, ok(""))
			_, err := c.Me(t.Context())
			if !errors.Is(err, ErrUnavailable) || errors.Is(err, ErrUnauthorized) || !strings.Contains(err.Error(), http.StatusText(status)) {
				t.Errorf("%d: error %v, want unavailable", status, err)
			}
			tokenIsNowhere(t, "nrt_secretOfTheTests", err.Error())
		})
	}
}

// For an answer that is too large the page size is halved, down to a single row.
func TestAnAnswerThatIsTooLargeIsAskedForInHalves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		huge := reply{status: 200, body: "{", zeros: maxBody}
		c, _ := newScripted(t, huge, huge, huge, huge, ok(listJSON("", rowAt(1, 5))))
		began := time.Now()
		list, err := c.Query(t.Context(), Query{DataSourceID: sourceID})
		if err != nil || len(list.Pages) != 1 || list.PageSize != 6 || time.Since(began) != 0 {
			t.Fatalf("%+v after %v, error %v: want the rows of a page size of 6, at once", list, time.Since(began), err)
		}
		var s *script
		c, s = newScripted(t, huge)
		if _, err = c.Query(t.Context(), Query{DataSourceID: sourceID}); !errors.Is(err, ErrMalformed) || len(s.requests) != 8 {
			t.Errorf("error %v after %d requests, want that one row is too large after 8", err, len(s.requests))
		}
		c, s = newScripted(t, huge, ok(listJSON("")))
		for _, err := range c.SearchDataSources(t.Context()) {
			t.Error(err)
		}
		if len(s.requests) != 2 || !strings.Contains(s.requests[1].body, `"page_size":50`) {
			t.Errorf("search sent %d requests, the last %s", len(s.requests), s.requests[len(s.requests)-1].body)
		}
	})
}

// A cursor that leads back to itself, in an answer without rows, is followed several
// times before the list fails.
func TestACursorThatRepeatsIsTriedAgain(t *testing.T) {
	source := `{"object":"data_source","id":"` + sourceID + `","created_time":"2026-03-01T19:05:00.000Z","last_edited_time":"2026-03-01T19:05:00.000Z","title":[],"parent":{"type":"database_id","database_id":"` + dbID + `"},"properties":{}}`
	synctest.Test(t, func(t *testing.T) {
		c, s := newScripted(t, ok(listJSON("a", source)), ok(listJSON("a")), ok(listJSON("a", source)), ok(listJSON("")))
		var ids []string
		for d, err := range c.SearchDataSources(t.Context()) {
			if err != nil {
				t.Error(err)
			}
			ids = append(ids, d.ID)
		}
		if len(ids) != 1 || len(s.requests) != 4 {
			t.Errorf("found %q in %d requests, want one in 4", ids, len(s.requests))
		}
		c, s = newScripted(t, ok(listJSON("a", source)), ok(listJSON("a")))
		var failed error
		for _, failed = range c.SearchDataSources(t.Context()) {
			continue
		}
		if !errors.Is(failed, ErrIncomplete) || len(s.requests) < 4 {
			t.Errorf("error %v after %d requests, want incomplete after several tries", failed, len(s.requests))
		}
		property := `{"object":"property_item","id":"r","type":"relation","relation":{"id":"` + pageID + `"}}`
		c, _ = newScripted(t, ok(listJSON("a", property)), ok(listJSON("a")), ok(listJSON("a", property)), ok(listJSON("")))
		if err := c.Complete(t.Context(), cutPage(t, `{"R":{"id":"r","type":"relation","has_more":true,"relation":[]}}`)); err != nil {
			t.Error(err)
		}
	})
}
