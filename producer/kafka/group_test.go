package kafka

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// holders notes which member works on which shard, and fails the test when two work on
// one.
type holders struct {
	t  *testing.T
	mu sync.Mutex
	by map[int32]string
}

func (h *holders) take(who string, shards []int32) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range shards {
		if other, busy := h.by[s]; busy {
			h.t.Errorf("shard %d is given to %s while %s works on it", s, who, other)
		}
		h.by[s] = who
	}
}

func (h *holders) release(shards []int32) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range shards {
		delete(h.by, s)
	}
}

// shares returns how many shards each member has.
func (h *holders) shares() map[string]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := map[string]int{}
	for _, who := range h.by {
		out[who]++
	}
	return out
}

// join takes part in the group until leave is called. Its shards need a while to
// stop.
func (b *bubble) join(h *holders, name string, dial func(*Options)) (leave func()) {
	b.t.Helper()
	ctx, cancel := context.WithCancel(b.t.Context())
	done := make(chan error, 1)
	cluster := b.cluster(dial)
	go func() {
		done <- cluster.Join(ctx, "group", name, Membership{
			Assigned: func(shards []int32) { h.take(name, shards) },
			Revoked: func(shards []int32) {
				<-time.After(2 * time.Second) // the transaction under way ends
				h.release(shards)
			},
			Ended:  func() {},
			Failed: func(error) {},
		})
	}()
	return func() {
		cancel()
		if err := <-done; err != nil {
			b.t.Error(err)
		}
	}
}

// settle lets the group do whatever it has to.
func settle() {
	<-time.After(time.Minute)
	synctest.Wait()
}

func (h *holders) want(shares map[string]int) {
	h.t.Helper()
	if diff := cmp.Diff(shares, h.shares()); diff != "" {
		h.t.Errorf("shards by member: %s", diff)
	}
}

func plainly(*Options) {}

func TestMembersShareTheShards(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		h := &holders{t: t, by: map[int32]string{}}
		leaveA := b.join(h, "a", plainly)
		settle()
		h.want(map[string]int{"a": 2})
		leaveB := b.join(h, "b", plainly)
		settle()
		h.want(map[string]int{"a": 1, "b": 1})
		leaveA()
		settle()
		h.want(map[string]int{"b": 2})
		leaveB()
		h.want(map[string]int{})
	})
}

func TestSilentMemberLosesItsShards(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		h := &holders{t: t, by: map[int32]string{}}
		l := newLine(b)
		leaveA := b.join(h, "a", func(o *Options) { o.Dial = l.dial })
		leaveB := b.join(h, "b", plainly)
		settle()
		h.want(map[string]int{"a": 1, "b": 1})
		l.dead.Store(true)
		settle()
		h.want(map[string]int{"b": 2})
		leaveA()
		leaveB()
	})
}

// Leaving must not wait for a broker that is gone.
func TestLeavingNeedsNoBroker(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		h := &holders{t: t, by: map[int32]string{}}
		l := newLine(b)
		leave := b.join(h, "a", func(o *Options) { o.Dial = l.dial })
		settle()
		l.dead.Store(true)
		started := time.Now()
		leave()
		if took := time.Since(started); took > SessionTimeout {
			t.Errorf("leaving took %s, longer than the group waits for a member", took)
		}
		h.want(map[string]int{})
	})
}

func TestJoinReportsFailures(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.broker.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.JoinGroup}, Group: "group", TopLevel: true, Err: kerr.GroupAuthorizationFailed})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var failed []error
		got := make(chan []int32, 1)
		done := make(chan error)
		go func() {
			done <- b.cluster().Join(ctx, "group", "a", Membership{
				Assigned: func(shards []int32) { got <- shards },
				Revoked:  func([]int32) {},
				Ended:    func() {},
				Failed:   func(err error) { failed = append(failed, err) },
			})
		}()
		shards := <-got // it tried again
		if len(failed) != 1 {
			t.Fatalf("reported %v, want one failure", failed)
		}
		wantError(t, failed[0], kerr.GroupAuthorizationFailed)
		slices.Sort(shards)
		if !slices.Equal(shards, []int32{0, 1}) {
			t.Errorf("got shards %v", shards)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestMembersAreTheLivingOnes(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		names := func() []string {
			t.Helper()
			members, err := b.cluster().Members(t.Context(), "group")
			if err != nil {
				t.Fatal(err)
			}
			var out []string
			for _, m := range members {
				if m.Host == "" {
					t.Errorf("member %s has no host", m.Instance)
				}
				out = append(out, m.Instance)
			}
			slices.Sort(out)
			return out
		}
		if got := names(); got != nil {
			t.Errorf("members of a group that nobody joined: %v", got)
		}
		h := &holders{t: t, by: map[int32]string{}}
		var leave []func()
		for i := range 2 {
			leave = append(leave, b.join(h, fmt.Sprint("instance ", i), plainly))
		}
		settle()
		if diff := cmp.Diff([]string{"instance 0", "instance 1"}, names()); diff != "" {
			t.Error(diff)
		}
		leave[0]()
		if diff := cmp.Diff([]string{"instance 1"}, names()); diff != "" {
			t.Error(diff)
		}
		leave[1]()
		if got := names(); got != nil {
			t.Errorf("members after all have left: %v", got)
		}
	})
}
