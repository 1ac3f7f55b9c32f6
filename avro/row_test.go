package avro

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/notion"
	"notion-kafka/notion/columns"
)

// known are values with text, a number, a truth, a moment and a list; one kind of them is
// read from each.
func known(text string) columns.Value {
	return columns.Value{
		Known: true, Text: text, Number: 1.5, Truth: true, Moment: time.Date(2026, 3, 1, 12, 5, 0, 250e6, time.UTC),
		List: []string{text, "two"},
	}
}

// columnsOf cuts what follows the envelope out of a record's JSON.
func columnsOf(t *testing.T, topic string, list []columns.Column, frame []byte) string {
	t.Helper()
	id, record := decodeFrame(t, RowSchema(topic, list), frame)
	if id != 0x01020304 {
		t.Errorf("schema id = %#x", id)
	}
	_, after, _ := strings.Cut(record, `"is_locked":true`)
	return after
}

func TestRowRecord(t *testing.T) {
	list := everyColumn()
	everything := make([]columns.Value, len(list))
	for i := range everything {
		everything[i] = known("Zoë 🚀")
	}
	const allNull = `,"notes":null,"price":null,"done":null,"due":null,"due_end":null,"due_time_zone":null,"who":null,"who_names":null,"sum":null}`
	tests := []struct {
		name   string
		values []columns.Value
		want   string
	}{
		{"a value in each", everything, `,"notes":"Zoë 🚀","price":1.5,"done":true,"due":"2026-03-01T12:05:00.250Z","due_end":"2026-03-01T12:05:00.250Z",` +
			`"due_time_zone":"Zoë 🚀","who":["Zoë 🚀","two"],"who_names":["Zoë 🚀","two"],"sum":1.5}`},
		{"null in each", make([]columns.Value, len(list)), allNull},
		{"no values", nil, allNull},
		{"columns that are newer than the values", everything[:2], strings.Replace(allNull, `"notes":null,"price":null`, `"notes":"Zoë 🚀","price":1.5`, 1)},
		{"empty values, which are not null", []columns.Value{
			{Known: true}, {Known: true}, {Known: true}, {Known: true, Moment: time.Unix(0, 0)}, {Known: true, Moment: time.UnixMilli(-1)},
			{Known: true}, {Known: true}, {Known: true, List: []string{}}, {Known: true, Number: -0.5},
		}, `,"notes":"","price":0,"done":false,"due":"1970-01-01T00:00:00.000Z","due_end":"1969-12-31T23:59:59.999Z",` +
			`"due_time_zone":"","who":[],"who_names":[],"sum":-0.5}`},
		{"numbers at the edge", []columns.Value{{}, {Known: true, Number: math.MaxFloat64}, {}, {}, {}, {}, {}, {}, {Known: true, Number: math.Inf(-1)}},
			`,"notes":null,"price":1.7976931348623157e+308,"done":null,"due":null,"due_end":null,"due_time_zone":null,"who":null,"who_names":null,"sum":"-Inf"}`},
	}
	encoder := NewRowEncoder(0x01020304, list)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			frame, err := encoder.Append([]byte("before"), fullPage(), test.values)
			if err != nil {
				t.Fatal(err)
			}
			if string(frame[:6]) != "before" {
				t.Errorf("the frame begins with %q", frame[:6])
			}
			if diff := cmp.Diff(test.want, columnsOf(t, "t", list, frame[6:])); diff != "" {
				t.Errorf("columns (-want +got):\n%s", diff)
			}
		})
	}
}

// The envelope of a row is that of a page without columns, byte for byte.
func TestRowBeginsAsItsPage(t *testing.T) {
	page, err := NewPageEncoder(7).Append(nil, fullPage())
	if err != nil {
		t.Fatal(err)
	}
	row, err := NewRowEncoder(7, everyColumn()).Append(nil, fullPage(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(page, row[:len(page)]); diff != "" {
		t.Errorf("(-page +row)\n%s", diff)
	}
}

func TestRowRefused(t *testing.T) {
	const broken = "a\xffb"
	tests := []struct {
		name, want string
		list       []columns.Column
		values     []columns.Value
		spoil      func(*notion.Page)
	}{
		{name: "more values than columns", list: everyColumn()[:1], values: make([]columns.Value, 2), want: "values for 2 columns, and its schema has 1"},
		{name: "text", list: everyColumn()[:1], values: []columns.Value{known(broken)}, want: "column notes is not valid UTF-8"},
		{name: "an entry", list: everyColumn()[6:7], values: []columns.Value{known(broken)}, want: "column who is not valid UTF-8"},
		{name: "a time zone", list: everyColumn()[:6], values: []columns.Value{{}, {}, {}, {}, {}, known(broken)}, want: "column due_time_zone is not valid UTF-8"},
		{name: "a page that cannot be read", spoil: func(p *notion.Page) { p.Partial = true }, want: "share it with the connection"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			page := fullPage()
			if test.spoil != nil {
				test.spoil(page)
			}
			encoder := NewRowEncoder(1, test.list)
			got, err := encoder.Append([]byte("kept"), page, test.values)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), page.ID) {
				t.Errorf("error = %v, want one with %q and the page", err, test.want)
			}
			if string(got) != "kept" {
				t.Errorf("dst = %q, want it unchanged", got)
			}
			if _, err := encoder.Append(nil, fullPage(), nil); err != nil {
				t.Errorf("the next page failed too: %v", err)
			}
		})
	}
}

// A list of columns may grow while an encoder of the shorter one is at work.
func TestRowEncoderKeepsItsColumns(t *testing.T) {
	list := everyColumn()[:1:1]
	encoder := NewRowEncoder(0x01020304, list)
	list[0].Type = notion.FlatList
	frame, err := encoder.Append(nil, fullPage(), []columns.Value{known("x")})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := columnsOf(t, "t", everyColumn()[:1], frame), `,"notes":"x"}`; got != want {
		t.Errorf("columns %s, want %s", got, want)
	}
}

func TestEncodingRowsAllocatesNothing(t *testing.T) {
	list := everyColumn()
	values := make([]columns.Value, len(list))
	for i := range values {
		values[i] = known("text")
	}
	encoder, page := NewRowEncoder(1, list), fullPage()
	dst, err := encoder.Append(nil, page, values) // allocates the encoder's buffers
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = encoder.Append(dst[:0], page, values) }); n != 0 {
		t.Errorf("%v allocations a page, want none", n)
	}
}
