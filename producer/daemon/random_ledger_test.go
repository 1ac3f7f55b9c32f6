package daemon

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"testing"
	"time"

	"notion-kafka/avro"
	"notion-kafka/notion"
	"notion-kafka/producer"
	"notion-kafka/producer/kafka"
	"notion-kafka/producer/state"
)

// A ledger is what a consumer of a story's topics knows: of every key the last
// record, and what is wrong with it.
type ledger struct {
	reader   *process
	decoder  *avro.Decoder
	encoder  *avro.PageEncoder
	meanings map[string]meaning
	books    map[string]*book // by stream
}

// A book is what is known of a stream.
type book struct {
	judged    map[int32]int64 // by partition: the last record that was
	keys      map[string]*lastRecord
	republish bool      // a person asked for everything again, and it did not come yet
	forgotten time.Time // when a person last had everything forgotten
	scanning  time.Time // when the scan began that is not over; zero where there is none
	scanned   time.Time // when the last scan began that is over
}

// A lastRecord is the last record of a key, and what it means.
type lastRecord struct {
	record  kafka.Stored
	op      string
	meaning meaning
	read    time.Time // the earliest that Notion can have answered with it
	gone    bool      // it was deleted
}

// A meaning is what a value says, less what changes without meaning.
type meaning struct {
	text        string
	fingerprint uint64
	trashed     bool // as soft deletes say it
	fields      map[string]any
}

func openLedger(w *world) *ledger {
	decoder, err := avro.NewDecoder(avro.PageSchema)
	if err != nil {
		w.t.Fatal(err)
	}
	return &ledger{reader: w.start(), decoder: decoder, encoder: avro.NewPageEncoder(1), meanings: map[string]meaning{}, books: map[string]*book{}}
}

func (l *ledger) close() { l.reader.cluster.Close() }

func (l *ledger) book(stream string) *book {
	b, ok := l.books[stream]
	if !ok {
		b = &book{judged: map[int32]int64{}, keys: map[string]*lastRecord{}}
		l.books[stream] = b
	}
	return b
}

// republishes notes that records will come again.
func (tl *tale) republishes() {
	tl.ledger.book(producer.DatabasesStream).republish = true
	for _, r := range tl.rooms {
		tl.ledger.book(r.stream).republish = true
	}
}

// forgets notes that the records of a stream will come again.
func (l *ledger) forgets(r *room) { l.book(r.stream).forgotten = time.Now() }

// current counts the pages that a topic holds.
func (b *book) current() (n int) {
	for _, e := range b.keys {
		if !e.gone {
			n++
		}
	}
	return n
}

// An observation is the state of a source, and its topics, at one moment.
type observation struct {
	memory *state.SourceMemory
	topics map[string][]kafka.Stored // by stream
}

// observe reads the state and the topics. A transaction may come between the
// two, so it looks again until both are of one moment; torn says in what they
// differ all the same.
func (tl *tale) observe() (o observation, torn string) {
	for range 6 {
		o = observation{memory: state.NewMemory().Source("acme"), topics: map[string][]kafka.Stored{}}
		shards, err := tl.ledger.reader.ReadState(tl.t.Context())
		if err != nil {
			tl.t.Fatal(err)
		}
		if memory, ok := shards[state.ShardOf("acme", tl.shards)]; ok {
			o.memory = memory.Source("acme")
		}
		torn = ""
		for _, stream := range o.memory.Streams() {
			topic := o.memory.Stream(stream).Topic
			if topic == nil {
				continue
			}
			o.topics[stream] = tl.ledger.records(tl.t, topic.Topic)
			ends := map[int32]int64{}
			for _, r := range o.topics[stream] {
				ends[r.Partition] = r.Offset
			}
			if !maps.Equal(ends, topic.Offsets) && tl.ledger.book(stream).forgotten.IsZero() {
				torn = fmt.Sprintf("the last records of topic %s are at offsets %v, the state says %v", topic.Topic, ends, topic.Offsets)
			}
		}
		if torn == "" {
			return o, ""
		}
		tl.pass(100 * time.Millisecond)
	}
	return o, torn
}

// records are those of a topic, as a read_committed consumer sees them; none
// where there is no topic yet.
func (l *ledger) records(t *testing.T, topic string) (all []kafka.Stored) {
	t.Helper()
	for r, err := range l.reader.cluster.ReadAll(t.Context(), topic) {
		if err != nil && !errors.Is(err, kafka.ErrTopicMissing) {
			t.Fatal(err)
		}
		if err == nil {
			all = append(all, r)
		}
	}
	return all
}

// meaning reads a value of a page.
func (l *ledger) meaning(value []byte) (meaning, error) {
	if known, ok := l.meanings[string(value)]; ok {
		return known, nil
	}
	_, body, err := avro.SplitFrame(value)
	if err != nil {
		return meaning{}, err
	}
	text, err := l.decoder.JSON(body)
	if err != nil {
		return meaning{}, err
	}
	m, err := meaningOf(text)
	if err == nil {
		l.meanings[string(value)] = m
	}
	return m, err
}

// signed is what Notion makes anew in the links to its files whenever it shows
// them.
var signed = regexp.MustCompile(`\?X-Amz-[^"]*|"expiry_time":"[^"]*"`)

func meaningOf(record []byte) (meaning, error) {
	var fields map[string]any
	if err := json.Unmarshal(record, &fields); err != nil {
		return meaning{}, err
	}
	m := meaning{trashed: fields["in_trash"] == true && fields["archived"] == true}
	object := map[string]any{}
	for name, value := range fields {
		text, isText := value.(string)
		switch name {
		case "properties":
			var properties map[string]any
			if err := json.Unmarshal([]byte(text), &properties); err != nil {
				return meaning{}, err
			}
			value = properties
		case "parent", "created_by", "last_edited_by", "cover", "icon":
			if isText {
				value = json.RawMessage(text)
			}
		}
		object[name] = value
	}
	m.fields = object
	page, err := json.Marshal(object)
	if err != nil {
		return meaning{}, err
	}
	decoded, err := notion.DecodePage(page)
	if err != nil {
		return meaning{}, err
	}
	m.text, m.fingerprint = signed.ReplaceAllString(string(page), ""), decoded.Fingerprint()
	return m, nil
}

// truth is what the record of a page is to say now: everything that Notion
// knows of it but what is excluded.
func (l *ledger) truth(tl *tale, p *page) meaning {
	object, there := tl.notion.Page(p.id)
	if !there {
		return meaning{}
	}
	decoded, err := notion.DecodePage(object)
	if err != nil {
		tl.t.Fatal(err)
	}
	if len(decoded.Cut) > 0 {
		decoded.Properties = whole(decoded.Properties, p.related)
	}
	decoded.Without(tl.place.exclude)
	value, err := l.encoder.Append(nil, &decoded)
	if err != nil {
		tl.t.Fatal(err)
	}
	m, err := l.meaning(value)
	if err != nil {
		tl.t.Fatal(err)
	}
	return m
}

// whole is a page's properties with all its related pages.
func whole(properties []byte, related []string) []byte {
	var all map[string]json.RawMessage
	var relation map[string]any
	if json.Unmarshal(properties, &all) != nil || json.Unmarshal(all["Related"], &relation) != nil {
		return properties
	}
	var entries []map[string]string
	for _, id := range related {
		entries = append(entries, map[string]string{"id": id})
	}
	relation["relation"], relation["has_more"] = entries, false
	all["Related"], _ = json.Marshal(relation)
	out, _ := json.Marshal(all)
	return out
}

// fresh are the records of a topic that were not judged yet.
func (b *book) fresh(records []kafka.Stored) []kafka.Stored {
	fresh := slices.DeleteFunc(slices.Clone(records), func(r kafka.Stored) bool {
		last, some := b.judged[r.Partition]
		return some && r.Offset <= last
	})
	for _, r := range fresh {
		b.judged[r.Partition] = r.Offset
	}
	return fresh
}
