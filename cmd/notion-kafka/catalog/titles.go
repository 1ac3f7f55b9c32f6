package catalog

import (
	"context"
	"encoding/json"
	"time"

	"notion-kafka/producer/kafka"
)

// How far is looked for the titles that deleted pages had.
const (
	lookBackWithin  = 3 * time.Second
	lookBackRecords = 2_000
	lookBackBytes   = 8 << 20
	mostWanted      = 50 // tombstones
)

// titles are the titles that earlier records of tombstones had.
type titles struct {
	wanted map[string][]int // keys, with the places of their tombstones on the page
	known  map[int]string   // by place
}

// want asks for the title of a tombstone's key.
func (t *titles) want(key []byte, place int) {
	if t.wanted == nil {
		t.wanted, t.known = map[string][]int{}, map[int]string{}
	}
	if key != nil && (len(t.wanted) < mostWanted || t.wanted[string(key)] != nil) {
		t.wanted[string(key)] = append(t.wanted[string(key)], place)
	}
}

// learn takes the title of a record that is older than the tombstones that were asked for.
func (t *titles) learn(ctx context.Context, r kafka.Stored, decoder *Decoder) {
	places := t.wanted[string(r.Key)]
	if len(places) == 0 || r.Value == nil {
		return
	}
	title := titleOf(decoder.Record(ctx, r).Value)
	if title == "" {
		return
	}
	for _, place := range places {
		t.known[place] = title
	}
	delete(t.wanted, string(r.Key))
}

// lookBack looks among the next older records for the titles that are still wanted.
func (s *search) lookBack(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lookBackWithin)
	defer cancel()
	size := 0
	for n := 0; n < lookBackRecords && size < lookBackBytes && len(s.titles.wanted) > 0; n++ {
		r, more, err := s.records.Next(ctx)
		if err != nil || !more {
			return
		}
		size += r.Size()
		s.titles.learn(ctx, r, s.decoder)
	}
}

// titleOf returns the title in the decoded value of a page or database, "" if there is none.
func titleOf(value json.RawMessage) string {
	var record struct {
		Title string `json:"title"`
		Text  string `json:"title_text"` // of a database, whose title is JSON
	}
	if json.Unmarshal(value, &record) != nil {
		return ""
	}
	if record.Text != "" {
		return record.Text
	}
	return record.Title
}
