package daemon

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer/control"
)

// A hazard is what happens to the owner of acme in the middle of a renewal.
type hazard struct {
	end     string // of the OAuth call that it is about: introspect or token
	when    string // before the call, after it, or at a write or read of Kafka after it
	n       int64  // the number of that write or read
	suspend bool   // suspended until another member has the source, instead of killed
}

func (h hazard) String() string {
	what := "killed"
	if h.suspend {
		what = "suspended"
	}
	if h.n > 0 {
		return fmt.Sprintf("%s at %s %d after %s", what, h.when, h.n, h.end)
	}
	return fmt.Sprintf("%s %s %s", what, h.when, h.end)
}

// hazards are all that can happen between two steps of a renewal. A suspended process is suspended
// at a call only: at Kafka the group takes its source away at any other moment too.
func hazards() (all []hazard) {
	for _, end := range []string{"introspect", "token"} {
		for _, suspend := range []bool{false, true} {
			all = append(all, hazard{end, "before", 0, suspend}, hazard{end, "after", 0, suspend})
		}
		for _, n := range []int64{1, 3, 6} {
			all = append(all, hazard{end, "write", n, false}, hazard{end, "read", n, false})
		}
	}
	return all
}

// strike arranges a hazard for the next renewal of a member. struck is closed when it happened;
// released lets a suspended member go on.
func (i *oauthMember) strike(h hazard) (struck, released chan struct{}) {
	struck, released = make(chan struct{}), make(chan struct{})
	var happened atomic.Bool
	happen := func() {
		switch {
		case happened.Swap(true):
		case h.suspend:
			resume := i.cable.hold()
			close(struck)
			<-released
			resume()
		default:
			close(struck)
			i.kill()
		}
	}
	i.cable.onCut = func() {
		if !happened.Swap(true) {
			close(struck)
		}
	}
	switch h.when {
	case "before":
		i.machine.watch(h.end, happen, nil)
	case "after":
		i.machine.watch(h.end, nil, happen)
	case "write":
		i.machine.watch(h.end, nil, func() { i.cable.cutWrite.Store(i.cable.writes.Load() + h.n) })
	case "read":
		i.machine.watch(h.end, nil, func() { i.cable.cutRead.Store(i.cable.reads.Load() + h.n) })
	}
	return struck, released
}

// Whatever happens to the owner between two steps of a renewal: the source reads on, or the person
// is told that a pair was lost, and a pair is lost only where the owner died between Notion's
// answer and its commit. No pair is renewed twice, and a dead token is not asked with for ever.
func TestRenewalWithHazardsBetweenEveryTwoSteps(t *testing.T) {
	for _, h := range hazards() {
		t.Run(h.String(), func(t *testing.T) {
			t.Parallel()
			inOAuthWorld(t, notiontest.Options{}, notiontest.AppOptions{}, func(t *testing.T, w *oauthWorld) {
				w.renewalWith(h)
			})
		})
	}
}

// renewalWith makes the pair of acme expire while the hazard waits, and checks what becomes of it.
func (w *oauthWorld) renewalWith(h hazard) {
	t := w.t
	first := w.member("a")
	defer first.stop()
	bot := w.connect(first)
	second := w.member("b")
	defer second.stop()
	w.pass(time.Minute)
	owner, other := first, second
	if first.supervisorOf("acme") == nil {
		owner, other = second, first
	}
	dead, _ := w.app.Pair(bot)
	struck, released := owner.strike(h)
	w.app.ExpireAccess(bot)
	select {
	case <-struck:
	case <-time.After(time.Hour):
		if h.n == 0 {
			t.Fatal("the hazard did not come\n", w.logs)
		}
		return // the renewal was over before
	}
	if h.suspend {
		other.awaits(func(m *control.Memory) bool {
			s, _ := m.SourceState("acme")
			return s.Owner == "b" || s.Owner == "a" && other == first
		})
		w.pass(30 * time.Second)
		close(released)
	}
	w.pass(30 * time.Minute)
	w.settled(other, bot, dead, h.when == "write" || h.when == "read" || h.when == "after" && !h.suspend)
}

// settled checks a source after renewals: it reads, or it says why not. mayBeLost says that a pair
// may have been lost with a process.
func (w *oauthWorld) settled(i *oauthMember, bot, dead string, mayBeLost bool) {
	w.t.Helper()
	t := w.t
	g, src := i.grant(), i.Sources()[0]
	switch {
	case g.Final || src.Status == control.SourceNeedsReconnect:
		if !mayBeLost || !strings.Contains(src.Reason, "was lost") {
			t.Errorf("a good grant was lost: %s (%s)\n%s", src.Status, src.Reason, w.logs)
		}
	default:
		if !w.app.IsLiving(i.token()) || !g.Renewing.IsZero() {
			t.Errorf("after half an hour the source is %s (%s), its grant %+v\n%s", src.Status, src.Reason, g, w.logs)
		}
		i.green(time.Now().Add(-10 * time.Minute))
	}
	if n := w.app.Renewals(bot); n > 1 {
		t.Errorf("one pair was renewed %d times", n)
	}
	if n := w.notion.Refused(dead); n > 16 {
		t.Errorf("the dead token was sent %d times", n)
	}
	if n := w.calls(notiontest.EndpointToken); n > 4 {
		t.Errorf("the token endpoint was called %d times for one exchange and one renewal", n)
	}
	w.checkTopic(w.tasks, tasksTopic)
}

// token is the access token that the member would send.
func (i *oauthMember) token() string {
	token, err := i.opts.Grants.Connection("acme").Token()
	if err != nil {
		return ""
	}
	return token.AccessToken
}

// Random stories: several expiries, each with a hazard, faults of the token endpoint and of
// introspection, and answers that are lost. GRANT_SEEDS is the number of stories, GRANT_SEED the
// seed of the first.
func TestRenewalsAtRandomMoments(t *testing.T) {
	first := setting(t, "GRANT_SEED", 1)
	for seed := first; seed < first+setting(t, "GRANT_SEEDS", 3); seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			dice := rand.New(rand.NewPCG(uint64(seed), 14))
			app := notiontest.AppOptions{OldAccessLives: dice.IntN(3) == 0, OldPairLives: dice.IntN(3) == 0, Errors: notiontest.ErrorShape(dice.IntN(3))}
			inOAuthWorld(t, notiontest.Options{Seed: uint64(seed)}, app, func(t *testing.T, w *oauthWorld) {
				w.randomRenewals(dice)
			})
		})
	}
}

func (w *oauthWorld) randomRenewals(dice *rand.Rand) {
	t := w.t
	members := []*oauthMember{w.member("a"), w.member("b")}
	defer func() {
		for _, i := range members {
			i.stop()
		}
	}()
	alive := func() *oauthMember { return members[len(members)-1] }
	members[0].started()
	w.pass(time.Minute)
	if _, err := w.allow(alive(), ada, "acme"); err != nil {
		t.Fatal(err)
	}
	alive().green(time.Time{})
	bot := w.app.Bots()[0]
	all := hazards()
	var story []string
	for round := range 3 {
		dead, _ := w.app.Pair(bot)
		asked, renewals, lost := w.notion.Refused(dead), w.app.Renewals(bot), false
		h := all[dice.IntN(len(all))]
		story = append(story, h.String())
		var struck, released chan struct{}
		for _, i := range members {
			if !i.cable.dead.Load() && i.supervisorOf("acme") != nil {
				struck, released = i.strike(h)
			}
		}
		if dice.IntN(2) == 0 {
			fault, name := someFault(dice)
			story = append(story, name)
			lost = strings.Contains(name, "carried out")
			endpoint := []notiontest.Endpoint{notiontest.EndpointToken, notiontest.EndpointIntrospect}[dice.IntN(2)]
			w.notion.FailNext(endpoint, fault, fault)
		}
		w.app.ExpireAccess(bot)
		select {
		case <-struck:
		case <-time.After(time.Hour):
		}
		w.pass(time.Duration(dice.IntN(120)) * time.Second)
		close(released)
		if h.suspend {
			w.pass(time.Minute)
		}
		members = append(members, w.member(fmt.Sprint("m", round))) // someone restarts what died
		w.pass(time.Hour)
		i := alive()
		src := i.Sources()[0]
		mayBeLost := lost || !h.suspend
		living := w.app.IsLiving(i.token())
		switch {
		case living:
		case mayBeLost && src.Status == control.SourceNeedsReconnect && strings.Contains(src.Reason, "was lost"):
		default:
			t.Fatalf("story %q: status %s (%s), living %v, lost %v\n%s", story, src.Status, src.Reason, living, lost, w.logs)
		}
		if n := w.app.Renewals(bot) - renewals; n > 1 {
			t.Errorf("story %q: one pair was renewed %d times", story, n)
		}
		if n := w.notion.Refused(dead) - asked; n > 40 {
			t.Errorf("story %q: a dead token was sent %d times", story, n)
		}
		if !living {
			if _, err := w.allow(i, ada, "acme"); err != nil {
				t.Fatalf("story %q: %v", story, err)
			}
			w.pass(time.Minute)
		}
		i.green(time.Now().Add(-10 * time.Minute))
		w.checkTopic(w.tasks, tasksTopic)
	}
}

// someFault is a fault of a token endpoint. None is a 429: the next owner cannot know of its
// Retry-After, which the workspace holds against it.
func someFault(dice *rand.Rand) (notiontest.Fault, string) {
	faults := []struct {
		name  string
		fault notiontest.Fault
	}{
		{"500", notiontest.InternalError()},
		{"503", notiontest.Unavailable()},
		{"502 page", notiontest.BadGateway()},
		{"reset", notiontest.Reset()},
		{"block at the edge", notiontest.EdgeBlock()},
		{"cut, carried out", notiontest.CarriedOut(notiontest.Cut())},
		{"500, carried out", notiontest.CarriedOut(notiontest.InternalError())},
		{"reset, carried out", notiontest.CarriedOut(notiontest.Reset())},
	}
	one := faults[dice.IntN(len(faults))]
	return one.fault, one.name
}
