package notion

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/notion/notiontest"
)

// Whatever fault happens in the middle of a list, every row comes once, in order.
func TestFaultsLoseNoRows(t *testing.T) {
	slow := func(fault notiontest.Fault) notiontest.Fault {
		fault.Delay = 50 * time.Second
		return fault
	}
	faults := map[string][]notiontest.Fault{
		"none":                    nil,
		"503 with guidance":       {notiontest.Unavailable()},
		"503 after a minute":      {notiontest.GivenUp()},
		"504":                     {notiontest.TimedOut()},
		"504 HTML":                {notiontest.GatewayTimeout()},
		"504 again and again":     {notiontest.TimedOut(), notiontest.GatewayTimeout(), notiontest.TimedOut(), notiontest.TimedOut()},
		"502 HTML":                {notiontest.BadGateway()},
		"500":                     {notiontest.InternalError()},
		"409":                     {notiontest.Conflict()},
		"edge":                    {notiontest.EdgeBlock()},
		"reset":                   {notiontest.Reset()},
		"cut":                     {notiontest.Cut()},
		"truncated":               {notiontest.Truncated()},
		"slow":                    {notiontest.Slow(70 * time.Second)},
		"too slow":                {notiontest.Slow(time.Hour), notiontest.Slow(time.Hour)},
		"slow and cut":            {slow(notiontest.Cut())},
		"throttled":               {notiontest.RateLimited(notiontest.ReasonRequest, 30*time.Second)},
		"the workspace throttled": {notiontest.RateLimited(notiontest.ReasonSpace, 5*time.Minute)},
		"the endpoint throttled":  {notiontest.RateLimited(notiontest.ReasonEndpoint, 5*time.Second)},
		"overloaded":              {notiontest.Overloaded(0)},
		"short, empty, short":     {notiontest.ShortPage(3), notiontest.ShortPage(0), notiontest.ShortPage(99)},
	}
	for name, some := range faults {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newLoad(t, 1, smallPlan, NewBudget(0, 0))
				ds := r.w.AddDatabase("Many").DataSource()
				want := ds.AddPages(330, time.Now().Add(-24*time.Hour), time.Minute, func(int) notiontest.Values { return nil })
				r.w.FailNext(notiontest.EndpointQuery, notiontest.ShortPage(90)) // then in the middle
				r.w.FailNext(notiontest.EndpointQuery, some...)
				var got []string
				for p, err := range r.c.ReadAll(t.Context(), Query{DataSourceID: ds.ID()}) {
					if err != nil {
						t.Fatal(err)
					}
					for _, page := range p.Pages {
						got = append(got, page.ID)
					}
				}
				slices.Sort(got)
				slices.Sort(want)
				if !slices.Equal(got, want) {
					t.Errorf("rows (-want +got)\n%s", cmp.Diff(want, got))
				}
				if left := r.w.PendingFaults(); left != 0 {
					t.Errorf("%d faults did not happen", left)
				}
			})
		})
	}
}
