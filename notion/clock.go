package notion

import (
	"net/http"
	"sync/atomic"
	"time"
)

// A clock remembers how far Notion's clock was from ours when it last answered.
type clock struct{ skew atomic.Pointer[time.Duration] }

// hear takes the Date header of an answer that just came in. It has whole
// seconds; an answer without one tells nothing.
func (c *clock) hear(header http.Header) {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return
	}
	skew := date.Sub(time.Now().Truncate(time.Second))
	c.skew.Store(&skew)
}

// ClockSkew is how far Notion's clock is ahead of this machine's, to about a
// second and the time an answer takes; false before the first answer.
func (c *Client) ClockSkew() (time.Duration, bool) {
	skew := c.clock.skew.Load()
	if skew == nil {
		return 0, false
	}
	return *skew, true
}
