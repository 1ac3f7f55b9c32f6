package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
)

// A madeTopic is a topic with so many records of a size in each partition. The keys of a
// partition repeat after every so many.
type madeTopic struct {
	size, keys int
	header     int   // bytes of a header of each record
	left       []int // records, by partition
	after      func(returned int)
	returned   int
}

// Next implements backward.
func (m *madeTopic) Next(ctx context.Context) (kafka.Stored, bool, error) {
	for p, left := range m.left {
		if left == 0 {
			continue
		}
		if ctx.Err() != nil {
			return kafka.Stored{}, false, ctx.Err()
		}
		m.left[p]--
		m.returned++
		if m.after != nil {
			m.after(m.returned)
		}
		r := kafka.Stored{Partition: int32(p), Offset: int64(left - 1), Key: fmt.Appendf(nil, "%d", left%m.keys), Value: append([]byte("1"), strings.Repeat(" ", m.size)...)}
		if m.header > 0 {
			r.Headers = []kafka.Header{{Key: "large", Value: strings.Repeat("h", m.header)}}
		}
		return r, true, nil
	}
	return kafka.Stored{}, false, nil
}

// Rest implements backward.
func (m *madeTopic) Rest(context.Context) (map[int32]int64, error) {
	for _, left := range m.left {
		if left > 0 {
			return m.At(), nil
		}
	}
	return nil, nil
}

// At implements backward.
func (m *madeTopic) At() map[int32]int64 {
	at := map[int32]int64{}
	for p, left := range m.left {
		at[int32(p)] = int64(left)
	}
	return at
}

// Leave implements backward.
func (m *madeTopic) Leave(partition int32) { m.left[partition] = 0 }

func runOn(t *testing.T, m *madeTopic, query control.RecordQuery) control.RecordPage {
	t.Helper()
	query.Limit = 50
	ctx, end := context.WithCancel(t.Context())
	defer end()
	if late := m.after; late != nil {
		m.after = func(returned int) {
			if late(returned); returned == 300 {
				end()
			}
		}
	}
	s := newSearch(query, m, newRequestDecoder(nil))
	if err := s.run(ctx); err != nil {
		t.Fatal(err)
	}
	return s.finish(t.Context())
}

// A query looks at a bounded number of records, of bytes, and for a bounded time, and says
// so. In the log the next page goes on from there.
func TestSearchesAreBounded(t *testing.T) {
	slow := func(int) {}
	for name, test := range map[string]struct {
		topic    madeTopic
		query    control.RecordQuery
		searched int
		next     string
		bound    string
	}{
		"the log, unfiltered":      {madeTopic{keys: 5, left: []int{30_000}}, control.RecordQuery{}, 50, "0:29950", ""},
		"the log, unfiltered, end": {madeTopic{keys: 5, left: []int{50}}, control.RecordQuery{}, 50, "", ""},
		"a key":                    {madeTopic{keys: 5, left: []int{30_000, 10}}, control.RecordQuery{Key: "none"}, 20_000, "0:10000,1:10", "20,000 records (3 MiB) were looked at here. The search goes on"},
		"a key, to the end":        {madeTopic{keys: 5, left: []int{20_000, 0}}, control.RecordQuery{Key: "none"}, 20_000, "", ""},
		"a text in large records":  {madeTopic{size: 1 << 20, keys: 5, left: []int{100}}, control.RecordQuery{Text: "none"}, 64, "0:36", "64 records (64 MiB) were looked at here. The search goes on"},
		"now":                      {madeTopic{keys: 30_000, left: []int{30_000}}, control.RecordQuery{Now: true}, 51, "0:29950", ""},
		"now, with few keys":       {madeTopic{keys: 50, left: []int{30_000}}, control.RecordQuery{Now: true}, 20_000, "", "The last 20,000 records (3 MiB) of the topic were looked at. What was last written before them is not shown here"},
		"now, to the end":          {madeTopic{keys: 50, left: []int{500}}, control.RecordQuery{Now: true}, 500, "", ""},
		"a key, slowly":            {madeTopic{keys: 5, left: []int{30_000}, after: slow}, control.RecordQuery{Key: "none"}, 299, "0:29701", "Within 12s, only the last 299 records were looked at. The next page goes on"},
		"now, slowly":              {madeTopic{keys: 5, left: []int{30_000}, after: slow}, control.RecordQuery{Now: true}, 299, "", "Within 12s, only the last 299 records were looked at. What was last written before them is not shown."},
	} {
		t.Run(name, func(t *testing.T) {
			page := runOn(t, &test.topic, test.query)
			next := control.FormatBefore(page.Next)
			if page.Searched != test.searched || next != test.next || !strings.HasPrefix(page.Bound, test.bound) || (page.Bound == "") != (test.bound == "") {
				t.Errorf("it looked at %d, goes on before %s, and says %q", page.Searched, next, page.Bound)
			}
		})
	}
}

// A search that gets no record in time has failed.
func TestSearchThatGetsNothingInTime(t *testing.T) {
	ended, end := context.WithCancel(t.Context())
	end()
	s := newSearch(control.RecordQuery{Limit: 1}, &madeTopic{keys: 1, left: []int{1}}, newRequestDecoder(nil))
	if err := s.run(ended); err == nil {
		t.Error("it has no error")
	}
	h := &historian{search: newSearch(control.RecordQuery{Limit: 1}, &madeTopic{keys: 1, left: []int{1}}, newRequestDecoder(nil)), looked: map[int32]int{}}
	if err := h.run(ended); err == nil {
		t.Error("a history has no error")
	}
}

// A history looks at the last records of each partition, and shows so many of the key.
func TestHistoriesAreBounded(t *testing.T) {
	for name, test := range map[string]struct {
		topic    madeTopic
		key      string
		versions int
		bound    string
	}{
		"all":            {madeTopic{keys: 50, left: []int{2000, 2500}}, "7", 90, ""},
		"of the key":     {madeTopic{keys: 10, left: []int{2000, 0}}, "7", 100, "The last 100 records of the key are shown: it has more."},
		"of a partition": {madeTopic{keys: 500, left: []int{6000, 5000}}, "7", 20, "The last 5,000 records of a partition were looked at: older ones of the key, if there are any, are not shown."},
		"of bytes":       {madeTopic{size: 1 << 20, keys: 10, left: []int{30, 100}}, "7", 7, "The last 64 records (64 MiB) were looked at"},
		"of time":        {madeTopic{keys: 50, left: []int{3000}}, "7", 6, "Within 12s, only the last 299 records were looked at"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, end := context.WithCancel(t.Context())
			defer end()
			if name == "of time" {
				test.topic.after = func(returned int) {
					if returned == 300 {
						end()
					}
				}
			}
			h := &historian{search: newSearch(control.RecordQuery{Key: test.key, Limit: mostOfKey}, &test.topic, newRequestDecoder(nil)), looked: map[int32]int{}}
			if err := h.run(ctx); err != nil {
				t.Fatal(err)
			}
			versions := h.versions(t.Context())
			if len(versions) != test.versions || !strings.HasPrefix(h.page.Bound, test.bound) || (h.page.Bound == "") != (test.bound == "") {
				t.Errorf("it has %d versions and says %q", len(versions), h.page.Bound)
			}
			for at, v := range versions {
				if first := at == len(versions)-1 && !h.more; (v.Changes == nil) != first {
					t.Errorf("version %d has changes %v", at, v.Changes)
				}
			}
		})
	}
}

// Titles are looked for only so far behind the tombstones.
func TestTitlesAreLookedForOnlySoFar(t *testing.T) {
	for name, test := range map[string]struct {
		topic madeTopic
		read  int
	}{
		"records": {madeTopic{keys: 1, left: []int{30_000}}, lookBackRecords},
		"bytes":   {madeTopic{size: 1 << 20, keys: 1, left: []int{30_000}}, 8},
		"the end": {madeTopic{keys: 1, left: []int{100}}, 100},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSearch(control.RecordQuery{Limit: 100}, &test.topic, newRequestDecoder(nil))
			for n := range 100 {
				s.add(kafka.Stored{Key: fmt.Appendf(nil, "gone %d", n)}, nil)
			}
			if len(s.titles.wanted) != mostWanted {
				t.Errorf("%d titles are wanted", len(s.titles.wanted))
			}
			if s.lookBack(t.Context()); test.topic.returned != test.read {
				t.Errorf("it reads %d records", test.topic.returned)
			}
		})
	}
}

func TestTitleOf(t *testing.T) {
	for value, want := range map[string]string{
		`{"title":"A"}`: "A", `{"title":null}`: "", `{"title":"[]","title_text":"D"}`: "D", `{"title":7}`: "", `"x"`: "", `null`: "", ``: "",
	} {
		if got := titleOf(json.RawMessage(value)); got != want {
			t.Errorf("%s: %q", value, got)
		}
	}
}

// Escapes stand for what they are, and what is none stays.
func TestUnescaped(t *testing.T) {
	for text, want := range map[string]string{
		`a`: `a`, `\"\\\/`: `"\/`, `a\nb`: `a b`, `\u00e9`: `é`, `\ud83d\ude80!`: `🚀!`, `\ud83d`: "\uFFFD", `\ud83d\u0041`: "\uFFFDA", `\u12`: `\u12`, `\u12zz`: `\u12zz`, `\`: `\`, `x\`: `x\`,
	} {
		if got := unescaped(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// Keys and headers are shown whole, so a page ends where they have no more room.
func TestAPageOfLargeHeaders(t *testing.T) {
	for name, query := range map[string]control.RecordQuery{"log": {}, "now": {Now: true}} {
		const each = 4 << 20
		page := runOn(t, &madeTopic{keys: 1000, header: each, left: []int{20}}, query)
		if want := mostHeld / each; len(page.Records) != want || page.Next[0] != int64(20-want) || !strings.Contains(page.Bound, "keys and headers of these 8 records have 32 MiB") {
			t.Errorf("%s: %d records, next %v, %q", name, len(page.Records), page.Next, page.Bound)
		}
		all := runOn(t, &madeTopic{keys: 1000, header: each, left: []int{8}}, query)
		if len(all.Records) != 8 || all.Next != nil || all.Bound != "" {
			t.Errorf("%s of 8: %d records, next %v, %q", name, len(all.Records), all.Next, all.Bound)
		}
	}
}
