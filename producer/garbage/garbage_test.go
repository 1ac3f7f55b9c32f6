package garbage

import "testing"

// A small process has 64 MB of garbage before it is collected, a large one half of what it
// uses, and one that has just begun at most four times what it uses.
func TestCollectAt(t *testing.T) {
	for inUse, want := range map[uint64]int{
		1: 400, 4 << 20: 400, 16 << 20: 400, 32 << 20: 200, 64 << 20: 100, 100 << 20: 64, 128 << 20: 50, 300 << 20: 50, 1 << 40: 50,
	} {
		if got := collectAt(inUse); got != want {
			t.Errorf("%d bytes in use: %d, want %d", inUse, got, want)
		}
	}
}
