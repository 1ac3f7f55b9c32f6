package control

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What FormatBefore writes, ParseBefore reads.
func TestOffsetsToLookBefore(t *testing.T) {
	for text, want := range map[string]map[int32]int64{
		"":                      nil,
		"0":                     {EveryPartition: 0},
		"9223372036854775807":   {EveryPartition: 1<<63 - 1},
		"0:123":                 {0: 123},
		"0:123,2:77":            {0: 123, 2: 77},
		"0:0,11:1,2147483647:2": {0: 0, 11: 1, 1<<31 - 1: 2},
	} {
		got, err := ParseBefore(text)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%q: %v\n%s", text, err, diff)
		}
		if again := FormatBefore(got); again != text {
			t.Errorf("%q is written as %q", text, again)
		}
	}
}

func TestOffsetsThatAreNone(t *testing.T) {
	for _, text := range []string{
		"x", "-1", "+1", "1.5", " 1", "9223372036854775808", "0:", ":1", ":", "0:1,", ",0:1", "0:1,0:2", "-1:5", "2147483648:1", "0:-1", "0:1:2", "1,2", "0:1, 2:3",
		strings.Repeat("9", 1000),
	} {
		_, err := ParseBefore(text)
		if err == nil || !strings.Contains(err.Error(), "0:123,2:77") || len(err.Error()) > 300 {
			t.Errorf("%q: %v", text, err)
		}
	}
}
