package kafka

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// place is where a record is, and what it holds.
func place(r Stored) string {
	return fmt.Sprintf("%d/%d %s", r.Partition, r.Offset, text(KeyValue{r.Key, r.Value}))
}

// fillRandomly writes a random topic: transactions that are committed, aborted, or left open at the
// end, compacted and with its beginning deleted.
func (b *bubble) fillRandomly(random *rand.Rand, topic string, partitions int32) {
	b.t.Helper()
	w := b.claim(b.cluster(), "me")
	written := 0
	batch := func() (records []Record) {
		for range 1 + random.IntN(6) {
			written++
			r := Record{Topic: topic, Partitions: partitions, Key: fmt.Appendf(nil, "k%d", random.IntN(12))}
			if random.IntN(5) > 0 {
				r.Value = fmt.Appendf(nil, "%d %0*d", written, random.IntN(400), 0)
			}
			records = append(records, r)
		}
		return records
	}
	for range random.IntN(60) {
		switch random.IntN(10) {
		case 0, 1:
			b.abandonData(w, batch()...)
		case 2:
			for range random.IntN(40) { // a long gap
				b.abandonData(w, batch()...)
			}
		case 3:
			if random.IntN(4) == 0 {
				b.broker.Compact()
			}
		case 4:
			<-time.After(time.Duration(random.IntN(3)) * time.Second)
		default:
			mustCommit(b.t, w, batch())
		}
	}
	if random.IntN(3) == 0 {
		if err := b.broker.DeleteRecords(topic, random.Int32N(partitions), random.Int64N(20)); err != nil && written > 200 {
			b.t.Log(err)
		}
	}
	if random.IntN(3) == 0 {
		b.leaveDataOpen(other(b), batch()...)
		mustCommit(b.t, w, batch())
	}
}

// Page after page, a topic is read backwards as a consumer reads it forwards: every
// committed record once, those of a partition in order, also while more is written.
func TestBackwardGivesEveryCommittedRecordOnce(t *testing.T) {
	for seed := range uint64(40) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bubble) {
				random := rand.New(rand.NewPCG(seed, 17))
				partitions := 1 + random.Int32N(4)
				b.createTopic("random", partitions, nil)
				b.fillRandomly(random, "random", partitions)
				c := b.cluster()
				want := map[int32][]string{}
				for r, err := range c.ReadAll(t.Context(), "random") {
					if err != nil {
						t.Fatal(err)
					}
					want[r.Partition] = append([]string{place(r)}, want[r.Partition]...)
				}
				got := map[int32][]string{}
				before := map[int32]int64(nil)
				for pages := 0; pages == 0 || before != nil; pages++ {
					var found []Stored
					found, before = pageBackward(t, c, random, before)
					if len(found) == 0 && pages > 0 {
						t.Fatal("a page that another one led to is empty")
					}
					for _, r := range found {
						got[r.Partition] = append(got[r.Partition], place(r))
					}
					if random.IntN(3) == 0 {
						mustCommit(t, b.claim(b.cluster(), "late"), []Record{{Topic: "random", Partitions: partitions, Key: []byte("late"), Value: []byte("late")}})
					}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("forwards (-) and backwards (+):\n%s", diff)
				}
			})
		})
	}
}

// pageBackward reads some records before offsets, in windows of some size.
func pageBackward(t *testing.T, c *Cluster, random *rand.Rand, before map[int32]int64) (found []Stored, next map[int32]int64) {
	t.Helper()
	b, err := c.Backward(t.Context(), "random", func(partition int32) int64 {
		if offset, named := before[partition]; named {
			return offset
		}
		return FromEnd
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range b.parts {
		p.width, p.room = 1+random.Int64N(50), 1+random.IntN(5000)
	}
	var last *Stored
	for range 1 + random.IntN(20) {
		r, more, err := b.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			break
		}
		if last != nil && r.Time.After(last.Time) {
			t.Errorf("%s, of %s, comes after %s, of %s", place(r), r.Time, place(*last), last.Time)
		}
		found, last = append(found, r), &r
	}
	next, err = b.Rest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return found, next
}

// A Backward does not read a topic of any size for its last records, whatever window it
// begins with, and leaves out values that there is no room for.
func TestBackwardReadsNoMoreThanItHolds(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.createTopic("one", 1, map[string]string{"max.message.bytes": "100000000"})
		w := b.claim(b.cluster(), "me")
		for n := range 400 {
			mustCommit(t, w, []Record{inOne(fmt.Sprint("k", n), fmt.Sprintf("%0*d", 2000, n))})
		}
		fetches := 0
		b.broker.ControlKey(kmsg.Fetch.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) {
			b.broker.KeepControl()
			fetches++
			return nil, nil, false
		})
		back, err := b.cluster().Backward(t.Context(), "one", func(int32) int64 { return FromEnd })
		if err != nil {
			t.Fatal(err)
		}
		part := back.parts[0]
		part.width, part.room, part.most = 1<<40, 10_000, 4096
		for n := range 400 {
			r, more, err := back.Next(t.Context())
			if err != nil || !more || string(r.Key) != fmt.Sprint("k", 399-n) {
				t.Fatalf("record %d from the end: %s, %t, %v", n, r.Key, more, err)
			}
			if held := len(part.ready); held > 4 {
				t.Fatalf("it holds %d records, of which 4 fit", held)
			}
			if n == 0 && fetches > 80 {
				t.Errorf("it took %d responses of two records to find the last four", fetches)
			}
		}
		if rest, err := back.Rest(t.Context()); rest != nil || err != nil {
			t.Errorf("beyond the first record there is %v, %v", rest, err)
		}
	})
}

// Of records that alone are larger than a partition's room, those are left out that do not
// fit beside the others.
func TestBackwardLeavesOutWhatThereIsNoRoomFor(t *testing.T) {
	part := func(mib int) *backPart { return &backPart{ready: []Stored{{Value: make([]byte, mib<<20)}}} }
	b := &Backward{parts: []*backPart{part(20), part(12), part(1)}}
	b.parts[0].ready = append(b.parts[0].ready, Stored{}) // read before, with room
	for _, p := range b.parts {
		b.leaveOut(p)
	}
	b.parts[0].take()
	b.parts[0].ready[0] = Stored{Value: make([]byte, 20<<20)}
	b.leaveOut(b.parts[2])
	var leftOut []int
	for _, p := range b.parts {
		leftOut = append(leftOut, p.ready[0].LeftOut>>20)
	}
	if diff := cmp.Diff([]int{0, 0, 1}, leftOut); diff != "" {
		t.Errorf("left out, in MiB (-want +got):\n%s", diff)
	}
}

// Retention may delete records while they are read.
func TestBackwardGoesOnWhereTheBeginningIsDeleted(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.createTopic("one", 1, nil)
		w := b.claim(b.cluster(), "me")
		for n := range 10 {
			mustCommit(t, w, []Record{inOne("k", fmt.Sprint(n))})
		}
		back, err := b.cluster().Backward(t.Context(), "one", func(int32) int64 { return FromEnd })
		if err != nil {
			t.Fatal(err)
		}
		back.parts[0].width = 2
		var got []string
		for {
			r, more, err := back.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if !more {
				break
			}
			if got = append(got, string(r.Value)); len(got) == 2 {
				if err := b.broker.DeleteRecords("one", 0, 11); err != nil {
					t.Fatal(err)
				}
			}
		}
		if diff := cmp.Diff([]string{"9", "8", "7", "6"}, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestRecordAt(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.createTopic("one", 1, nil)
		w := b.claim(b.cluster(), "me")
		mustCommit(t, w, []Record{inOne("deleted", "0")})
		mustCommit(t, w, []Record{inOne("a", "2"), inOne("b", "3")}) // 4 is its marker
		b.abandonData(w, inOne("a", "5"))
		mustCommit(t, w, []Record{inOne("a", "7")})
		b.leaveDataOpen(w, inOne("a", "9"))
		if err := b.broker.DeleteRecords("one", 0, 2); err != nil {
			t.Fatal(err)
		}
		c := b.cluster()
		for offset, want := range map[int64]string{
			0: "now begins at offset 2", 1: "now begins at offset 2", 2: "0/2 a=2", 3: "0/3 b=3", 4: "or it is the marker that ends a transaction", 5: "its transaction was aborted",
			7: "0/7 a=7", 9: "end before offset 9", 1 << 60: "end before offset 9",
		} {
			r, err := c.RecordAt(t.Context(), "one", 0, offset)
			if err != nil {
				wantError(t, err, ErrNoRecord, want)
			} else if place(r) != want {
				t.Errorf("at %d is %s, want %s", offset, place(r), want)
			}
		}
		b.broker.Compact()
		if _, err := c.RecordAt(t.Context(), "one", 0, 2); err == nil || !errors.Is(err, ErrNoRecord) {
			t.Errorf("of a compacted record it says %v", err)
		}
		_, err := c.RecordAt(t.Context(), "one", 1, 0)
		wantError(t, err, ErrNoRecord, "topic one has 1 partition")
		_, err = c.RecordAt(t.Context(), "nowhere", 0, 0)
		wantError(t, err, ErrTopicMissing)
	})
}
