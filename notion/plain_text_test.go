package notion

import (
	"runtime"
	"strings"
	"testing"
)

// The memory for a title's plain text grows linearly with its pieces: eight times as
// many pieces take about eight times the memory, not sixty-four times.
func TestATextInManyPiecesCostsItsSize(t *testing.T) {
	cost := func(pieces int) (bytes uint64) {
		text := []byte("[" + strings.TrimSuffix(strings.Repeat(`{"plain_text":"abcdefgh"},`, pieces), ",") + "]")
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got, err := plainText(text)
		runtime.ReadMemStats(&after)
		if err != nil || got != strings.Repeat("abcdefgh", pieces) {
			t.Fatalf("%d pieces give %d bytes, %v", pieces, len(got), err)
		}
		return after.TotalAlloc - before.TotalAlloc
	}
	few, many := cost(1000), cost(8000)
	if many > 20*few {
		t.Errorf("1000 pieces take %d bytes, 8000 take %d", few, many)
	}
}
