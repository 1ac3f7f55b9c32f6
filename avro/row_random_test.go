package avro

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	hamba "github.com/hamba/avro/v2"

	"notion-kafka/notion"
	"notion-kafka/notion/columns"
)

// Whatever the columns and values are, the Avro library reads from a row what was written,
// with the schema of that row and with every earlier and later schema of the topic.
func TestEveryReaderReadsEveryRow(t *testing.T) {
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 18))
		list, values := someColumns(random), []columns.Value(nil)
		for _, column := range list {
			values = append(values, someValue(random, column.Type))
		}
		cuts := []int{0, random.IntN(len(list) + 1), random.IntN(len(list) + 1), len(list)}
		for _, written := range cuts {
			given := values[:random.IntN(written+1)]
			frame, err := NewRowEncoder(1, list[:written]).Append(nil, fullPage(), given)
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			for _, read := range cuts {
				got := readRow(t, RowSchema("t", list[:written]), RowSchema("t", list[:read]), frame)
				if diff := cmp.Diff(rowOf(list[:read], given), got); diff != "" {
					t.Fatalf("seed %d: %d columns written with %d values, %d columns read (-written +read)\n%s", seed, written, len(given), read, diff)
				}
			}
		}
	}
}

// A growing list of columns passes the strictest rule of a registry.
func TestGrowingColumnsStayCompatible(t *testing.T) {
	for seed := range uint64(20) {
		list := someColumns(rand.New(rand.NewPCG(seed, 81)))
		var older []string
		for n := range len(list) + 1 {
			newer := RowSchema("t", list[:n])
			if err := Compatible("FULL_TRANSITIVE", newer, older); err != nil {
				t.Fatalf("seed %d: with %d columns: %v", seed, n, err)
			}
			if err := Compatible("FULL_TRANSITIVE", RowSchema("t", nil), append(older, newer)); err != nil {
				t.Fatalf("seed %d: the first schema after one with %d columns: %v", seed, n, err)
			}
			older = append(older, newer)
		}
	}
	list := everyColumn()
	before := RowSchema("t", list)
	list[0].Type = notion.FlatNumber
	if err := Compatible("FULL_TRANSITIVE", RowSchema("t", list), []string{before}); err == nil {
		t.Error("a column with another type passes")
	}
}

// readRow reads a frame with the library, with a reader's schema, and returns the columns.
func readRow(t *testing.T, writer, reader string, frame []byte) map[string]any {
	t.Helper()
	_, body, err := SplitFrame(frame)
	if err != nil {
		t.Fatal(err)
	}
	written, err := parse(writer)
	if err != nil {
		t.Fatal(err)
	}
	wanted, err := parse(reader)
	if err != nil {
		t.Fatal(err)
	}
	resolved, err := hamba.NewSchemaCompatibility().Resolve(wanted, written)
	if err != nil {
		t.Fatal(err)
	}
	// A decoder in the library's cache may have been made for another writer.
	api := hamba.Config{DisableCaching: true}.Freeze()
	var row map[string]any
	if err := api.Unmarshal(resolved, body, &row); err != nil {
		t.Fatal(err)
	}
	for _, field := range strings.Split(pageFields(t), " ") {
		if _, known := row[field]; !known {
			t.Errorf("the row has no %s", field)
		}
		delete(row, field)
	}
	for name, value := range row {
		row[name] = plain(value)
	}
	return row
}

// pageFields are the names of the fields that every page has.
func pageFields(t *testing.T) string {
	t.Helper()
	schema, err := parse(PageSchema)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, field := range schema.(*hamba.RecordSchema).Fields() {
		names = append(names, field.Name())
	}
	return strings.Join(names, " ")
}

// rowOf are values as readRow returns them.
func rowOf(list []columns.Column, values []columns.Value) map[string]any {
	row := map[string]any{}
	for i, column := range list {
		row[column.Name] = nil
		if i >= len(values) || !values[i].Known {
			continue
		}
		switch v := values[i]; column.Type {
		case notion.FlatText:
			row[column.Name] = v.Text
		case notion.FlatNumber:
			row[column.Name] = plain(v.Number)
		case notion.FlatTruth:
			row[column.Name] = v.Truth
		case notion.FlatMoment:
			row[column.Name] = v.Moment
		case notion.FlatList:
			row[column.Name] = append([]string{}, v.List...)
		}
	}
	return row
}

// plain makes of what the library reads what a test compares: a number is its bits, of
// which not-a-number equals itself and the two zeros differ.
func plain(value any) any {
	switch v := value.(type) {
	case float64:
		return fmt.Sprintf("%v %x", v, math.Float64bits(v))
	case time.Time:
		return v.UTC()
	case map[string]any: // the branch of a union by its name
		return plain(v["array"])
	case []any:
		list := []string{}
		for _, entry := range v {
			list = append(list, entry.(string))
		}
		return list
	}
	return value
}

// someColumns are up to 12 columns of any type, part and text.
func someColumns(random *rand.Rand) (list []columns.Column) {
	types := []notion.FlatType{notion.FlatText, notion.FlatNumber, notion.FlatTruth, notion.FlatMoment, notion.FlatList}
	kinds := []string{"rich_text", "number", "date", "people", "formula", "rollup", "place", "later"}
	parts := []columns.Part{columns.Whole, columns.End, columns.TimeZone, columns.Names}
	for i := range random.IntN(13) {
		list = append(list, columns.Column{
			Name: fmt.Sprintf("c%d", i), Type: types[random.IntN(len(types))], Part: parts[random.IntN(len(parts))],
			ID: someText(random) + "\xff", Kind: kinds[random.IntN(len(kinds))], Label: "\xc3" + someText(random), Gone: random.IntN(2) == 0,
		})
	}
	return list
}

// someValue is null, empty or anything that a column of this type may hold.
func someValue(random *rand.Rand, kind notion.FlatType) columns.Value {
	v := columns.Value{Known: random.IntN(4) > 0}
	if !v.Known {
		return v
	}
	switch kind {
	case notion.FlatText:
		v.Text = someText(random)
	case notion.FlatNumber:
		v.Number = math.Float64frombits(random.Uint64()) // not-a-number and the infinities too
	case notion.FlatTruth:
		v.Truth = random.IntN(2) == 0
	case notion.FlatMoment:
		v.Moment = time.UnixMilli(random.Int64N(1<<42) - 1<<41).UTC()
	case notion.FlatList:
		for range random.IntN(100) {
			v.List = append(v.List, someText(random))
		}
	}
	return v
}

func someText(random *rand.Rand) string {
	runes := []rune("aZ09 _-\"\\\x00\n\u2028é中🚀")
	text := make([]rune, random.IntN(90))
	for i := range text {
		text[i] = runes[random.IntN(len(runes))]
	}
	return string(text)
}
