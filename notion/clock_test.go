package notion

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

func TestClockSkewIsNotionsDateLessOurs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		notions := time.Now().Add(90 * time.Second).UTC().Format(http.TimeFormat)
		c, _ := newScripted(t, reply{status: 200, header: map[string]string{"Date": notions}, body: listJSON("")})
		if skew, known := c.ClockSkew(); known {
			t.Errorf("skew %v before the first answer", skew)
		}
		if _, err := c.Query(t.Context(), Query{DataSourceID: sourceID}); err != nil {
			t.Fatal(err)
		}
		if skew, known := c.ClockSkew(); !known || skew != 90*time.Second {
			t.Errorf("skew %v, known %v, want 90s", skew, known)
		}
	})
}

// A Date that agrees with no other may only make AsOf earlier: the next read begins
// there.
func TestAsOfIsNoLaterThanNotionsClock(t *testing.T) {
	const off = 48 * time.Hour
	tests := map[string]struct {
		dates []time.Duration // of the answers, from our clock on
		want  time.Duration   // of the last one
		skew  time.Duration
	}{
		"the first answer, ahead":         {[]time.Duration{off}, 0, off},
		"the first answer, behind":        {[]time.Duration{-time.Hour}, -time.Hour, -time.Hour},
		"two that agree":                  {[]time.Duration{off, off}, off, off},
		"two that nearly agree":           {[]time.Duration{time.Hour, time.Hour + 5*time.Minute}, time.Hour + 5*time.Minute, time.Hour + 5*time.Minute},
		"two that do not":                 {[]time.Duration{time.Hour, time.Hour + 5*time.Minute + time.Second}, 0, time.Hour + 5*time.Minute + time.Second},
		"one is far ahead":                {[]time.Duration{time.Hour, time.Hour, off}, time.Hour, time.Hour},
		"one is six minutes ahead":        {[]time.Duration{0, 0, 6 * time.Minute}, 0, 0},
		"one is out of a cache":           {[]time.Duration{0, 0, -10 * time.Minute}, -10 * time.Minute, 0},
		"one was ahead":                   {[]time.Duration{0, 0, off, 0}, 0, 0},
		"some are ahead, never in a row":  {[]time.Duration{0, 0, off, 0, off}, 0, 0},
		"some are ahead, and each alone":  {[]time.Duration{0, 0, off, 2 * off}, 0, 0},
		"somebody has set Notion's clock": {[]time.Duration{0, 0, off, off}, off, off},
		"and back":                        {[]time.Duration{off, off, 0, 0}, 0, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var replies []reply
				for i, d := range test.dates {
					date := time.Now().Add(time.Duration(i)*time.Minute + d).UTC().Format(http.TimeFormat)
					replies = append(replies, reply{status: 200, header: map[string]string{"Date": date}, body: listJSON("")})
				}
				c, _ := newScripted(t, replies...)
				var list *PageList
				for i := range replies {
					if i > 0 {
						<-time.After(time.Minute)
					}
					var err error
					if list, err = c.Query(t.Context(), Query{DataSourceID: sourceID}); err != nil {
						t.Fatal(err)
					}
				}
				if got := time.Until(list.AsOf); got != test.want {
					t.Errorf("as of %v from our clock, want %v", got, test.want)
				}
				if skew, known := c.ClockSkew(); !known || skew != test.skew {
					t.Errorf("skew %v, known %v, want %v", skew, known, test.skew)
				}
			})
		})
	}
}
