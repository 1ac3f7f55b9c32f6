package state

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	source     = "acme"
	stream     = "database_248104cd-477e-80fd-b757-e945d38000bd"
	dataSource = "248104cd-477e-8123-9abc-000b01234567"
	page       = "248104cd-477e-80fd-b757-e945d38000be"
)

var at = time.Date(2026, 3, 29, 1, 30, 0, 123456789, time.UTC)

// records has one record of every kind, with all fields set, and a function that finds it
// in the memory.
var records = map[string]struct {
	key   string
	value any
	find  func(*Memory) any // nil where the memory has none
}{
	"meta":  {"meta", Meta{Format: 1, Shards: 16, Cluster: "lkc-1"}, func(m *Memory) any { return found(m.Meta) }},
	"owner": {"owner", Owner{Group: "g", Instance: "i", Nonce: "n", At: at}, func(m *Memory) any { return found(m.Owner) }},
	"source": {"source/acme", Source{Workspace: "w", Bot: "b", Paused: true}, func(m *Memory) any {
		return found(m.Source(source).Source)
	}},
	"database": {
		"database/acme/248104cd",
		Database{
			Title: "Café ✂ <b>\"x\"</b>", Created: at, Retrieved: at.Add(time.Hour), InTrash: true, NotFound: at, Gone: true, Owed: true,
			DataSources: []DataSource{{ID: dataSource, Name: "Tasks", LastEdited: at}, {ID: "other"}},
		},
		func(m *Memory) any { return in(m.Source(source).Databases, "248104cd") },
	},
	"topic": {
		"topic/acme/" + stream,
		Topic{
			Name: "tasks", Topic: "notion.acme.tasks", ID: "f00d", Partitions: 3, Form: "json", Generation: 2, Scanned: true,
			Offsets: map[int32]int64{0: 17, 2: 1 << 40}, FormerTopics: []string{"old.tasks"},
			Excluded: Excluded{dataSource: {"Salary": {"s%3Al", "%3Ax"}}},
		},
		func(m *Memory) any { return found(m.Source(source).Stream(stream).Topic) },
	},
	"cursor": {"cursor/acme/" + stream + "/" + dataSource, Cursor{Watermark: at, Selection: "f00d"}, func(m *Memory) any {
		return in(m.Source(source).Stream(stream).Cursors, dataSource)
	}},
	"scan": {
		"scan/acme/" + stream,
		Scan{
			Run: "r", Republish: true, AsOf: map[string]time.Time{dataSource: at}, Selection: map[string]string{dataSource: "f00d"},
			Parts: map[string]ScanPart{PartName(dataSource, false): {Remaining: []Window{{To: at}, {From: at}}}, PartName(dataSource, true): {Done: true}},
		},
		func(m *Memory) any { return found(m.Source(source).Stream(stream).Scan) },
	},
	"page": {
		"page/acme/" + stream + "/" + page,
		Page{Hash: 0xfedcba9876543210, Form: 255, Created: 29_000_000, Edited: 1<<32 - 1, Generation: 1<<16 - 1, Marks: Archived | Unpublished | Missing | Held, Source: 7},
		func(m *Memory) any {
			id, err := ParsePageID(page)
			if err != nil {
				panic(err)
			}
			return in(m.Source(source).Stream(stream).Pages, id)
		},
	},
	"note": {
		"page/acme/" + stream + "/" + page,
		NotedPage{Page{Hash: 1, Form: 1, Marks: Open | Stuck}, PageNote{Listed: 1<<64 - 1, Stuck: "refused", Tries: 2}},
		func(m *Memory) any {
			id, err := ParsePageID(page)
			if err != nil {
				panic(err)
			}
			page, ok := m.Source(source).Stream(stream).Pages[id]
			if !ok {
				return nil
			}
			return NotedPage{page, m.Source(source).Stream(stream).Notes[id]}
		},
	},
	"schedule": {"schedule/acme/" + stream + "/run", Schedule{LastStart: at}, func(m *Memory) any {
		return in(m.Source(source).Stream(stream).Schedule, "run")
	}},
}

func found[T any](v *T) any {
	if v == nil {
		return nil
	}
	return *v
}

func in[K comparable, T any](from map[K]T, key K) any {
	if v, ok := from[key]; ok {
		return v
	}
	return nil
}

func TestKeysAreReadable(t *testing.T) {
	for want, key := range map[string]string{
		records["meta"].key: MetaKey(), records["owner"].key: OwnerKey(), records["source"].key: SourceKey(source),
		records["database"].key: DatabaseKey(source, "248104cd"), records["topic"].key: TopicKey(source, stream),
		records["cursor"].key: CursorKey(source, stream, dataSource), records["scan"].key: ScanKey(source, stream),
		records["page"].key: PageKey(source, stream, page), records["schedule"].key: ScheduleKey(source, stream, "run"),
	} {
		if key != want {
			t.Errorf("key %q, want %q", key, want)
		}
	}
}

func TestRecordsSurvive(t *testing.T) {
	for name, r := range records {
		t.Run(name, func(t *testing.T) {
			key, value, err := Entry{r.key, r.value}.Encode()
			if err != nil {
				t.Fatal(err)
			}
			m := NewMemory()
			if err := m.Apply(key, value); err != nil {
				t.Fatal(err)
			}
			clear(value) // the memory must not keep the slices
			clear(key)
			if diff := cmp.Diff(r.value, r.find(m)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRecordsAreWrittenTheSameEachTime(t *testing.T) {
	for name, r := range records {
		_, first, err := Entry{r.key, r.value}.Encode()
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			if _, again, _ := (Entry{r.key, r.value}).Encode(); string(again) != string(first) {
				t.Errorf("%s: %s, then %s", name, first, again)
			}
		}
	}
}

func TestTombstonesForget(t *testing.T) {
	for name, r := range records {
		t.Run(name, func(t *testing.T) {
			m := NewMemory()
			for _, entry := range []Entry{{r.key, r.value}, {Key: r.key}, {Key: r.key}} {
				key, value, err := entry.Encode()
				if err != nil {
					t.Fatal(err)
				}
				if (value == nil) != (entry.Value == nil) {
					t.Fatalf("value %q of entry %+v", value, entry)
				}
				if err := m.Apply(key, value); err != nil {
					t.Fatal(err)
				}
			}
			if got := r.find(m); got != nil {
				t.Errorf("the memory still has %+v", got)
			}
		})
	}
}

func TestLastRecordCounts(t *testing.T) {
	m := NewMemory()
	for _, nonce := range []string{"first", "second"} {
		_, value, _ := Entry{OwnerKey(), Owner{Nonce: nonce}}.Encode()
		if err := m.Apply([]byte(OwnerKey()), value); err != nil {
			t.Fatal(err)
		}
	}
	if m.Owner.Nonce != "second" {
		t.Errorf("the owner is %+v", m.Owner)
	}
}

func TestSourcesAndStreamsAreApart(t *testing.T) {
	m := NewMemory()
	for _, key := range []string{TopicKey("a", "x"), TopicKey("a", "y"), TopicKey("b", "x")} {
		if err := m.Apply([]byte(key), []byte(`{"name":"`+key+`"}`)); err != nil {
			t.Fatal(err)
		}
	}
	sources, streams := m.Sources(), m.Source("a").Streams()
	slices.Sort(sources)
	slices.Sort(streams)
	if diff := cmp.Diff([][]string{{"a", "b"}, {"x", "y"}}, [][]string{sources, streams}); diff != "" {
		t.Error(diff)
	}
	if got := m.Source("b").Stream("x").Topic.Name; got != "topic/b/x" {
		t.Errorf("stream x of b has the topic %s", got)
	}
}

func TestBadRecordsAreNamed(t *testing.T) {
	for key, value := range map[string]string{
		"meta":                             `{"format":`,
		"owner":                            `[]`,
		"source":                           `{}`,
		"source/":                          `{}`,
		"source/a/b":                       `{}`,
		"database/acme":                    `{}`,
		"topic/acme//":                     `{}`,
		"cursor/acme/s":                    `{}`,
		"cursor/acme/s/d":                  `{"watermark":"yesterday"}`,
		"schedule/acme/s/run":              `{"last_start":7}`,
		"page/acme/s":                      `{"h":"1"}`,
		"page/acme/s/no-id":                `{"h":"1"}`,
		"page/acme/s/" + page:              `{"h":"no hexadecimal"}`,
		"page/acme/t/" + page:              `{"h":"1ffffffffffffffff"}`,
		"page/acme/u/" + page:              `{"h":"1","f":256}`,
		"page/acme/v/" + page:              `{"h":"1"} and more`,
		"page/acme/w/" + page:              ``,
		"page/acme/x/" + page:              `{}`,
		"page/acme/y/" + page + "/" + page: `{"h":"1"}`,
	} {
		if err := NewMemory().Apply([]byte(key), []byte(value)); err == nil || !strings.Contains(err.Error(), `"`+key+`"`) {
			t.Errorf("record %s with value %s: error %v, want one that names the key", key, value, err)
		}
	}
}

// A newer minor version may write kinds of key and fields that this one does not know.
func TestUnknownThingsArePassedOver(t *testing.T) {
	m := NewMemory()
	for key, value := range map[string]string{
		"weather/acme": `sunny`, "": `{}`, "/": `{}`, "pages/a/b/c": `{}`, "Meta": `{`,
		"owner": `{"group":"g","mood":"good"}`,
	} {
		if err := m.Apply([]byte(key), []byte(value)); err != nil {
			t.Error(err)
		}
	}
	if m.Meta != nil || m.Owner == nil || m.Owner.Group != "g" || len(m.Sources()) != 0 {
		t.Errorf("memory is %+v", m)
	}
}

func TestBrokenTextStillBecomesARecord(t *testing.T) {
	key, value, err := Entry{DatabaseKey(source, "d"), Database{Title: "cut \xf0\x9f"}}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	m := NewMemory()
	if err := m.Apply(key, value); err != nil {
		t.Fatal(err)
	}
	if title := m.Source(source).Databases["d"].Title; !strings.HasPrefix(title, "cut ") {
		t.Errorf("the title became %q", title)
	}
}

func FuzzApply(f *testing.F) {
	for _, r := range records {
		key, value, err := Entry{r.key, r.value}.Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(key, value)
	}
	f.Fuzz(func(t *testing.T, key, value []byte) {
		m := NewMemory()
		if err := m.Apply(key, value); err != nil && !strings.Contains(err.Error(), "state record") {
			t.Errorf("error %v does not say which record", err)
		}
		if err := m.Apply(key, nil); err != nil {
			return // a bad key
		}
		for _, s := range m.Sources() {
			for _, name := range m.Source(s).Streams() {
				st := m.Source(s).Stream(name)
				if st.Topic != nil || st.Scan != nil || len(st.Cursors)+len(st.Pages)+len(st.Schedule) != 0 {
					t.Errorf("%q is not forgotten: %+v", key, st)
				}
			}
		}
	})
}

// A page can name its data source even if the database has had more than 255.
func TestSourcesBeyondTheOneThatIsNone(t *testing.T) {
	var topic Topic
	for i := range 300 {
		topic.Sources = append(topic.Sources, fmt.Sprintf("source %d", i))
	}
	taken := map[uint16]string{}
	for _, id := range topic.Sources {
		index := topic.SourceIndex(id)
		if index == NoSource || taken[index] != "" || topic.SourceID(index) != id {
			t.Errorf("%s has index %d, which %q and %q also have", id, index, topic.SourceID(index), taken[index])
		}
		taken[index] = id
	}
	if got := topic.SourceIndex("another"); got != NoSource || topic.SourceID(got) != "" {
		t.Errorf("an unknown data source has index %d, which %q has", got, topic.SourceID(got))
	}
	if got := topic.SourceID(301); got != "" {
		t.Errorf("index 301, which no data source has, is that of %q", got)
	}
}
