package catalog

import (
	"context"
	"fmt"

	"github.com/zeebo/xxh3"

	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
)

// What one query looks at and holds.
const (
	mostSearched      = 20_000   // records
	mostSearchedBytes = 64 << 20 // of records
	mostHeld          = 32 << 20 // bytes of the values that are shown, and again of their JSON
)

// A backward is a topic read from the newest record on: a [kafka.Backward].
type backward interface {
	Next(ctx context.Context) (r kafka.Stored, more bool, err error)
	Rest(ctx context.Context) (map[int32]int64, error)
	At() map[int32]int64
	Leave(partition int32)
}

// A search looks for the records of one query.
type search struct {
	query   control.RecordQuery
	begin   func(partition int32) int64 // where the query begins
	records backward
	decoder *Decoder
	text    string // of the query, folded

	page   control.RecordPage // but for its records
	found  []found            // the newest first
	newer  map[xxh3.Uint128]bool
	bytes  int // of the records that were looked at
	room   int // bytes of values that may still be held
	kept   int // bytes of keys and headers that are held
	opaque opaque
	titles titles
}

// A found is a record that is shown.
type found struct {
	stored  kafka.Stored
	decoded *control.TopicRecord // nil: not yet
}

// opaque are records that a text was looked for in, and that could not be decoded.
type opaque struct {
	records int
	why     string // of the first one
}

func newSearch(query control.RecordQuery, records backward, decoder *Decoder) *search {
	return &search{
		query: query, begin: offsetsBefore(query.Before), records: records, decoder: decoder, text: folded(query.Text),
		newer: map[xxh3.Uint128]bool{}, room: mostHeld, titles: titles{},
	}
}

// filtered reports whether the query leaves records out, so that it may look at many for one.
func (s *search) filtered() bool {
	return s.query.Now || s.query.Key != "" || s.query.Op != "" || s.text != ""
}

// run looks at records until the page is full, there are no more, or a bound is reached.
func (s *search) run(ctx context.Context) error {
	for {
		if s.filtered() && (s.page.Searched >= mostSearched || s.bytes >= mostSearchedBytes) {
			s.reachBound(ctx)
			return nil
		}
		r, more, err := s.records.Next(ctx)
		if ctx.Err() != nil && s.page.Searched > 0 {
			s.reachTime(r, more && err == nil)
			return nil
		}
		if err != nil || !more {
			return err
		}
		s.page.Searched, s.bytes = s.page.Searched+1, s.bytes+r.Size()
		s.titles.learn(ctx, r, s.decoder)
		decoded, chosen := s.chooses(ctx, r)
		if !chosen {
			continue
		}
		if len(s.found) == s.query.Limit { // of Now: there is a page after this one
			s.page.Next = s.before(r)
			return nil
		}
		s.add(r, decoded)
		if s.kept >= mostHeld && len(s.found) < s.query.Limit {
			return s.reachFull(ctx)
		}
		if len(s.found) == s.query.Limit && !s.query.Now {
			if s.page.Next, err = s.records.Rest(ctx); err != nil {
				s.page.Next = s.records.At()
			}
			return nil
		}
	}
}

// before returns the offsets that lead to a record which was just read.
func (s *search) before(r kafka.Stored) map[int32]int64 {
	at := s.records.At()
	at[r.Partition] = r.Offset + 1
	return at
}

// reachBound ends a search that has looked at as much as one may, unless that was all.
func (s *search) reachBound(ctx context.Context) {
	rest, err := s.records.Rest(ctx)
	if rest == nil && err == nil {
		return
	}
	looked := fmt.Sprintf("%s records (%d MiB)", grouped(s.page.Searched), s.bytes>>20)
	if s.query.Now {
		s.page.Bound = fmt.Sprintf("The last %s of the topic were looked at. What was last written before them is not shown here; the log shows it.", looked)
		return
	}
	s.page.Next = s.records.At()
	s.page.Bound = fmt.Sprintf("%s were looked at here. The search goes on with older ones from the next page on.", looked)
}

// reachFull ends a page whose keys and headers leave no room for a further record: unlike
// values they are not left out.
func (s *search) reachFull(ctx context.Context) error {
	rest, err := s.records.Rest(ctx)
	if rest != nil || err != nil {
		s.page.Next = s.records.At()
		s.page.Bound = fmt.Sprintf("The keys and headers of these %s records have %d MiB. The next page goes on with older ones.", grouped(len(s.found)), s.kept>>20)
	}
	return nil
}

// reachTime ends a search that took too long. r is a record that came too late, if there is
// one.
func (s *search) reachTime(r kafka.Stored, late bool) {
	looked := fmt.Sprintf("Within %s, only the last %s records were looked at.", searchWithin, grouped(s.page.Searched))
	if s.query.Now {
		s.page.Bound = looked + " What was last written before them is not shown."
		return
	}
	s.page.Bound = looked + " The next page goes on with older ones."
	s.page.Next = s.records.At()
	if late {
		s.page.Next = s.before(r)
	}
}

// add keeps a record for the page. A value that there is no room for is left out.
func (s *search) add(r kafka.Stored, decoded *control.TopicRecord) {
	size := len(r.Value)
	if decoded != nil {
		size = len(decoded.Value)
	}
	if s.room -= size; s.room < 0 && r.Value != nil {
		s.room += size
		r.LeftOut, r.Value, decoded = len(r.Value), nil, nil
	}
	if decoded != nil {
		r.Value = nil // its JSON is enough
	} else if r.Value == nil && r.LeftOut == 0 {
		s.titles.want(r.Key, len(s.found))
	}
	s.kept += r.Size() - len(r.Value)
	s.found = append(s.found, found{r.Detached(), decoded})
}

// finish decodes what was found, and returns the page.
func (s *search) finish(ctx context.Context) control.RecordPage {
	ctx, cancel := context.WithTimeout(ctx, decodeWithin)
	defer cancel()
	s.page.Records = []control.TopicRecord{}
	room := mostHeld
	for at, f := range s.found {
		record := f.decoded
		if record == nil {
			now := s.decoder.Record(ctx, f.stored)
			record = &now
		}
		s.found[at] = found{} // its memory
		if room -= len(record.Value); room < 0 {
			room += len(record.Value)
			record.Error = fmt.Sprintf("its value of %d bytes of JSON is left out: the response is full", len(record.Value))
			record.Value = []byte("null")
		}
		record.Was = s.titles.known[at]
		s.page.Records = append(s.page.Records, *record)
	}
	if s.opaque.records > 0 {
		s.page.Bound = joined(s.page.Bound, fmt.Sprintf("Of %s records only the keys and headers were searched, because their values could not be decoded: %s.", grouped(s.opaque.records), s.opaque.why))
	}
	return s.page
}
