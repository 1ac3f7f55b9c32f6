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

// A consumer reads the topics of a scenario and remembers the last record of every key.
type consumer struct {
	reader   *process
	schemas  *subjects
	decoder  *avro.Decoder
	encoder  *avro.PageEncoder
	meanings map[string]meaning
	models   map[string]*topicModel // by stream
}

// A topicModel is what the consumer knows of a stream's topic.
type topicModel struct {
	checked   map[int32]int64 // offset of the last record that was checked, by partition
	keys      map[string]*lastRecord
	republish bool      // a person ordered everything again, and it has not come yet
	forgotten time.Time // when a person last reset the stream with --forget
	scanning  time.Time // when the unfinished scan began; zero where there is none
	scanned   time.Time // when the last finished scan began
}

// A lastRecord is the last record of a key and its meaning.
type lastRecord struct {
	record  kafka.Stored
	op      string
	meaning meaning
	read    time.Time // the earliest that Notion can have answered with it
	gone    bool      // it was deleted
}

// A meaning is a decoded value without the parts that change without meaning.
type meaning struct {
	text        string
	fingerprint uint64
	trashed     bool // as in a soft delete
	fields      map[string]any
}

func openConsumer(w *world, schemas *subjects) *consumer {
	decoder, err := avro.NewDecoder(avro.PageSchema)
	if err != nil {
		w.t.Fatal(err)
	}
	return &consumer{reader: w.start(), schemas: schemas, decoder: decoder, encoder: avro.NewPageEncoder(1), meanings: map[string]meaning{}, models: map[string]*topicModel{}}
}

func (c *consumer) close() { c.reader.cluster.Close() }

func (c *consumer) model(stream string) *topicModel {
	b, ok := c.models[stream]
	if !ok {
		b = &topicModel{checked: map[int32]int64{}, keys: map[string]*lastRecord{}}
		c.models[stream] = b
	}
	return b
}

// republishes notes that every record will come again.
func (sr *scenarioRun) republishes() {
	sr.consumer.model(producer.DatabasesStream).republish = true
	for _, r := range sr.databases {
		sr.consumer.model(r.stream).republish = true
	}
}

// forgets notes that the records of a stream will come again.
func (c *consumer) forgets(r *database) { c.model(r.stream).forgotten = time.Now() }

// current counts the pages that a topic holds.
func (b *topicModel) current() (n int) {
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

// observe reads the state and the topics. A transaction may be committed between the two
// reads, so it reads again until both agree; torn says how they still differ after that.
func (sr *scenarioRun) observe() (o observation, torn string) {
	for range 6 {
		o = observation{memory: state.NewMemory().Source("acme"), topics: map[string][]kafka.Stored{}}
		shards, err := sr.consumer.reader.ReadState(sr.t.Context())
		if err != nil {
			sr.t.Fatal(err)
		}
		if memory, ok := shards[state.ShardOf("acme", sr.shards)]; ok {
			o.memory = memory.Source("acme")
		}
		torn = ""
		for _, stream := range o.memory.Streams() {
			topic := o.memory.Stream(stream).Topic
			if topic == nil {
				continue
			}
			o.topics[stream] = sr.consumer.records(sr.t, topic.Topic)
			ends := map[int32]int64{}
			for _, r := range o.topics[stream] {
				ends[r.Partition] = r.Offset
			}
			if !maps.Equal(ends, topic.Offsets) && sr.consumer.model(stream).forgotten.IsZero() {
				torn = fmt.Sprintf("the last records of topic %s are at offsets %v, the state says %v", topic.Topic, ends, topic.Offsets)
			}
		}
		if torn == "" {
			return o, ""
		}
		sr.pass(100 * time.Millisecond)
	}
	return o, torn
}

// records are the records of a topic as a read_committed consumer sees them; none where
// there is no topic yet.
func (c *consumer) records(t *testing.T, topic string) (all []kafka.Stored) {
	t.Helper()
	for r, err := range c.reader.cluster.ReadAll(t.Context(), topic) {
		if err != nil && !errors.Is(err, kafka.ErrTopicMissing) {
			t.Fatal(err)
		}
		if err == nil {
			all = append(all, r)
		}
	}
	return all
}

// meaning decodes the value of a page's record.
func (c *consumer) meaning(value []byte) (meaning, error) {
	if known, ok := c.meanings[string(value)]; ok {
		return known, nil
	}
	id, body, err := avro.SplitFrame(value)
	if err != nil {
		return meaning{}, err
	}
	var text []byte
	if id == plainID {
		text, err = c.decoder.JSON(body)
	} else {
		text, err = c.schemas.envelope(id, body)
	}
	if err != nil {
		return meaning{}, err
	}
	m, err := meaningOf(text)
	if err == nil {
		c.meanings[string(value)] = m
	}
	return m, err
}

// signed matches the parts of links to Notion's files that are new in every answer.
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

// truth is the meaning that a record of the page should have now: everything that Notion
// knows of the page without the excluded properties.
func (c *consumer) truth(sr *scenarioRun, p *page) meaning {
	object, there := sr.notion.Page(p.id)
	if !there {
		return meaning{}
	}
	decoded, err := notion.DecodePage(object)
	if err != nil {
		sr.t.Fatal(err)
	}
	if len(decoded.Cut) > 0 {
		decoded.Properties = whole(decoded.Properties, p.related)
	}
	decoded.Without(sr.conditions.exclude)
	value, err := c.encoder.Append(nil, &decoded)
	if err != nil {
		sr.t.Fatal(err)
	}
	m, err := c.meaning(value)
	if err != nil {
		sr.t.Fatal(err)
	}
	return m
}

// whole returns a page's properties with all its related pages.
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

// fresh are the records of a topic that were not checked yet.
func (b *topicModel) fresh(records []kafka.Stored) []kafka.Stored {
	fresh := slices.DeleteFunc(slices.Clone(records), func(r kafka.Stored) bool {
		last, some := b.checked[r.Partition]
		return some && r.Offset <= last
	})
	for _, r := range fresh {
		b.checked[r.Partition] = r.Offset
	}
	return fresh
}
