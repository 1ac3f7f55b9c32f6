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
