package state

import (
	"maps"
	"math/rand/v2"
	"testing"
)

// After any records, a stream's counts equal what a loop over all its pages counts.
func TestCountsAreThoseOfAllPages(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	memory := NewMemory()
	stream := memory.Source("acme").Stream("tasks")
	for range 2_000 {
		id := PageID{byte(dice.IntN(40))}
		entry := Entry{Key: PageKey("acme", "tasks", id.String())}
		if dice.IntN(4) > 0 {
			entry.Value = NotedPage{Page: Page{Hash: 1, Form: 1, Source: uint16(dice.IntN(3)), Marks: Marks(dice.IntN(1 << 6))}}
		}
		key, value, err := entry.Encode()
		if err == nil {
			err = memory.Apply(key, value)
		}
		if err != nil {
			t.Fatal(err)
		}
		var want Counts
		heldIn := map[uint16]int{}
		for _, page := range stream.Pages {
			if !page.Marks.Has(Unpublished) {
				want.Published++
			}
			if !page.Marks.Has(Unpublished) || page.Marks.Has(Stuck) {
				want.Expected++
			}
			if page.Marks.Has(Held) {
				want.Held++
				heldIn[page.Source]++
			}
			if page.Marks.Has(Stuck) {
				want.Stuck++
			}
		}
		if got := stream.Counts; got != want || !maps.Equal(stream.HeldIn, heldIn) {
			t.Fatalf("%+v and %v, want %+v and %v", got, stream.HeldIn, want, heldIn)
		}
	}
}
