package notion

import "testing"

// A portion takes the responses that are ready until it has enough rows, or enough bytes.
func TestPortionsAreBounded(t *testing.T) {
	for name, test := range map[string]struct {
		rows, bytes int // of each response; bytes of each row
		want        int // responses in the first portion
	}{
		"all that are ready":       {10, 10, 20},
		"rows of usual size":       {100, 3000, 10},
		"large rows":               {100, 60_000, 3},
		"a response of large rows": {50, 1_000_000, 1},
	} {
		t.Run(name, func(t *testing.T) {
			r := &reading{responses: make(chan response, 20)}
			w := &openWindow{}
			r.windows = []*openWindow{w}
			for range cap(r.responses) {
				r.responses <- response{window: w, pages: make([]Page, test.rows), size: int64(test.rows * test.bytes)}
			}
			portion := r.portion(<-r.responses)
			if portion.Responses != test.want || len(portion.Pages) != test.want*test.rows {
				t.Errorf("a portion of %d responses and %d pages, want %d responses", portion.Responses, len(portion.Pages), test.want)
			}
			if left := len(r.responses); left != cap(r.responses)-test.want {
				t.Errorf("%d responses are left for the next portion", left)
			}
		})
	}
}
