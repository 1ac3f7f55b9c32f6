package state

import (
	"strings"
	"testing"
	"time"
)

// These values must never change: a source whose records are looked for in another
// partition starts from nothing.
func TestShardOfNeverChanges(t *testing.T) {
	for _, c := range []struct {
		source                      string
		of1, of2, of3, of16, of1000 int32
	}{
		{"acme", 0, 1, 2, 15, 87},
		{"notion", 0, 0, 0, 4, 820},
		{"a", 0, 0, 1, 12, 996},
		{"sales-eu", 0, 0, 1, 12, 732},
		{"0", 0, 1, 2, 15, 79},
		{"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 0, 1, 2, 5, 285},
		{"engineering", 0, 0, 0, 0, 992},
		{"a-b", 0, 1, 2, 3, 667},
		{"b-a", 0, 1, 2, 11, 75},
	} {
		for shards, want := range map[int32]int32{1: c.of1, 2: c.of2, 3: c.of3, 16: c.of16, 1000: c.of1000} {
			if got := ShardOf(c.source, shards); got != want {
				t.Errorf("source %q is in shard %d of %d, want %d", c.source, got, shards, want)
			}
		}
	}
}

func TestPageIDs(t *testing.T) {
	id, err := ParsePageID("248104CD-477e-80fd-b757-e945d38000bd")
	if err != nil {
		t.Fatal(err)
	}
	if want := (PageID{0x24, 0x81, 0x04, 0xcd, 0x47, 0x7e, 0x80, 0xfd, 0xb7, 0x57, 0xe9, 0x45, 0xd3, 0x80, 0x00, 0xbd}); id != want {
		t.Errorf("id is %x", id[:])
	}
	if text := id.String(); text != "248104cd-477e-80fd-b757-e945d38000bd" {
		t.Errorf("id is written %s", text)
	}
	for _, bad := range []string{
		"", "248104cd477e80fdb757e945d38000bd", "248104cd-477e-80fd-b757-e945d38000b", "248104cd-477e-80fd-b757-e945d38000bdd",
		"248104cd-477e-80fd-b757-e945d38000bx", "248104cd-477e-80fdb-757-e945d38000bd", "{48104cd-477e-80fd-b757-e945d38000b}",
		"248104cd-477e-80fd-b757-e945d38000é", "248104cd 477e-80fd-b757-e945d38000bd", "248104cd-477e 80fd-b757-e945d38000bd",
		"248104cd-477e-80fd b757-e945d38000bd", "248104cd-477e-80fd-b757 e945d38000bd",
	} {
		if _, err := ParsePageID(bad); err == nil || !strings.Contains(err.Error(), bad) {
			t.Errorf("%q: error %v, want one that names it", bad, err)
		}
	}
}

func TestMinutes(t *testing.T) {
	for text, want := range map[string]uint32{
		"1970-01-01T00:00:59Z": 0, "1970-01-01T00:01:00Z": 1, "1969-12-31T23:59:00Z": 0,
		"2026-03-29T03:30:59+02:00": 29_579_130, "2026-03-29T01:31:00Z": 29_579_131,
	} {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		if got := Minutes(at); got != want {
			t.Errorf("%s is minute %d, want %d", text, got, want)
		}
	}
}

func TestMarks(t *testing.T) {
	both := Archived | Unpublished
	if !both.Has(Archived) || !both.Has(both) || Archived.Has(both) || Archived.Has(Unpublished) || Marks(0).Has(Archived) {
		t.Error("marks are mixed up")
	}
}
