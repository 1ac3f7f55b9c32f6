package state

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// old is a state topic of format 1, as earlier programs wrote it. Every later program
// must read it: a program that looks for a field under another name loses the value.
var old = []struct{ key, value string }{
	{"meta", `{"format":1,"shards":16,"cluster":"lkc-1"}`},
	{"owner", `{"group":"g","instance":"i","nonce":"n","at":"2026-03-29T01:30:00.123456789Z"}`},
	{"source/acme", `{"workspace":"w","workspace_name":"Acme","bot":"b","paused":true}`},
	{"database/acme/248104cd", `{"title":"Café","created":"2026-03-29T01:30:00Z",
		"data_sources":[{"id":"d1","name":"Tasks","last_edited":"2026-03-29T01:31:00Z"}],
		"retrieved":"2026-03-29T01:32:00Z","in_trash":true,"not_found":"2026-03-29T01:33:00Z","gone":true,"owed":true}`},
	{"topic/acme/s", `{"name":"tasks","topic":"notion.acme.tasks","id":"f00d","partitions":3,"form":"typed","generation":2,
		"scanned":true,"sources":["d1","d2"],"offsets":{"0":17,"2":1099511627776},"left":["old.tasks"],
		"excluded":{"d1":{"Salary":["s%3Al","%3Ax"]}}}`},
	{"cursor/acme/s/d1", `{"watermark":"2026-03-29T01:30:00Z","asked":"f00d"}`},
	{"scan/acme/s", `{"run":"r","sweep":true,"republish":true,"looking":true,
		"parts":{"d1/live":{"left":[{"to":"2026-03-29T01:30:00Z"},{"from":"2026-03-29T01:31:00Z"}]},"d1/archived":{"done":true}},
		"as_of":{"d1":"2026-03-29T01:32:00Z"},"asked":{"d1":"f00d"}}`},
	{"schedule/acme/s/run", `{"last_start":"2026-03-29T01:30:00Z"}`},
	{"schedule/acme/s/sweep", `{"last_start":"2026-03-29T01:31:00Z"}`},
	{"page/acme/s/248104cd-477e-80fd-b757-000000000001", `{"h":"fedcba9876543210","f":1,"c":29000000,"e":29000001}`},
	{"page/acme/s/248104cd-477e-80fd-b757-000000000002", `{"h":"0","f":2,"c":3,"e":4,"g":5,"s":6,"archived":true}`},
	{"page/acme/s/248104cd-477e-80fd-b757-000000000003", `{"h":"1","f":1,"c":0,"e":0,"missing":true}`},
	{"page/acme/s/248104cd-477e-80fd-b757-000000000004", `{"h":"1","f":1,"c":0,"e":0,"held":true}`},
	{"page/acme/s/248104cd-477e-80fd-b757-000000000005", `{"h":"1","f":1,"c":0,"e":0,"deleted":true}`},
	{"page/acme/s/248104cd-477e-80fd-b757-000000000006", `{"h":"1","f":1,"c":0,"e":0,"l":"ffffffffffffffff","open":true}`},
	{"page/acme/s/248104cd-477e-80fd-b757-000000000007", `{"h":"1","f":1,"c":0,"e":0,"stuck":"too large","tries":2}`},
}

// minute is a time on 29 March 2026.
func minute(n int) time.Time { return time.Date(2026, 3, 29, 1, n, 0, 0, time.UTC) }

func TestFormatOneIsRead(t *testing.T) {
	m := NewMemory()
	for _, r := range old {
		if err := m.Apply([]byte(r.key), []byte(r.value)); err != nil {
			t.Error(err)
		}
	}
	id := func(last byte) PageID {
		return PageID{0x24, 0x81, 0x04, 0xcd, 0x47, 0x7e, 0x80, 0xfd, 0xb7, 0x57, 15: last}
	}
	want := &Memory{
		Meta:  &Meta{Format: 1, Shards: 16, Cluster: "lkc-1"},
		Owner: &Owner{Group: "g", Instance: "i", Nonce: "n", At: at},
		sources: map[string]*SourceMemory{"acme": {
			Source: &Source{Workspace: "w", WorkspaceName: "Acme", Bot: "b", Paused: true},
			Databases: map[string]Database{"248104cd": {
				Title: "Café", Created: minute(30), DataSources: []DataSource{{ID: "d1", Name: "Tasks", LastEdited: minute(31)}},
				Retrieved: minute(32), InTrash: true, NotFound: minute(33), Gone: true, Owed: true,
			}},
			streams: map[string]*StreamMemory{"s": {
				Topic: &Topic{
					Name: "tasks", Topic: "notion.acme.tasks", ID: "f00d", Partitions: 3, Form: "typed", Generation: 2, Scanned: true,
					Sources: []string{"d1", "d2"}, Offsets: map[int32]int64{0: 17, 2: 1 << 40}, FormerTopics: []string{"old.tasks"},
					Excluded: Excluded{"d1": {"Salary": {"s%3Al", "%3Ax"}}},
				},
				Cursors: map[string]Cursor{"d1": {Watermark: minute(30), Selection: "f00d"}},
				Scan: &Scan{
					Run: "r", Sweep: true, Republish: true, Looking: true,
					Parts: map[string]ScanPart{"d1/live": {Remaining: []Window{{To: minute(30)}, {From: minute(31)}}}, "d1/archived": {Done: true}},
					AsOf:  map[string]time.Time{"d1": minute(32)}, Selection: map[string]string{"d1": "f00d"},
				},
				Counts:   Counts{Published: 6, Expected: 6, Held: 1, Stuck: 1},
				HeldIn:   map[uint16]int{0: 1},
				Schedule: map[string]Schedule{"run": {LastStart: minute(30)}, "sweep": {LastStart: minute(31)}},
				Pages: map[PageID]Page{
					id(1): {Hash: 0xfedcba9876543210, Form: 1, Created: 29_000_000, Edited: 29_000_001},
					id(2): {Form: 2, Created: 3, Edited: 4, Generation: 5, Source: 6, Marks: Archived},
					id(3): {Hash: 1, Form: 1, Marks: Missing},
					id(4): {Hash: 1, Form: 1, Marks: Held},
					id(5): {Hash: 1, Form: 1, Marks: Unpublished},
					id(6): {Hash: 1, Form: 1, Marks: Open},
					id(7): {Hash: 1, Form: 1, Marks: Stuck},
				},
				Notes: map[PageID]PageNote{id(6): {Listed: 1<<64 - 1}, id(7): {Stuck: "too large", Tries: 2}},
			}},
		}},
	}
	if diff := cmp.Diff(want, m, cmp.AllowUnexported(Memory{}, SourceMemory{})); diff != "" {
		t.Error(diff)
	}
	for was, archived := range map[string]bool{"d1/live": false, "d1/archived": true} {
		if got := PartName("d1", archived); got != was {
			t.Errorf("a pass of a scan is called %q, and was %q", got, was)
		}
	}
}
