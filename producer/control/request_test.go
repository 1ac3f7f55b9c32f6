package control

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
)

func every(string) bool { return true }

func none(string) bool { return false }

// serve answers the commands for the owned sources, as their owner does, until the
// test ends. It sends each command to served.
func serve(s *seat, answer func(PendingCommand) Answer, owned ...string) (served chan string) {
	served = make(chan string, 1000)
	ctx, cancel := context.WithCancel(s.t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		done := map[string]bool{}
		for ctx.Err() == nil {
			changed := s.Changed()
			for _, c := range s.Pending(func(source string) bool { return slices.Contains(owned, source) }) {
				if done[c.ID] {
					continue
				}
				done[c.ID] = true
				served <- c.Source + " " + c.Verb
				if err := s.Answer(context.WithoutCancel(ctx), c.ID, answer(c)); err != nil {
					s.t.Error(err)
				}
			}
			select {
			case <-changed:
			case <-ctx.Done():
			}
		}
	}()
	s.t.Cleanup(func() {
		cancel()
		<-ended
	})
	return served
}

func echo(c PendingCommand) Answer {
	return Answer{Body: json.RawMessage(fmt.Sprintf("%q", c.Verb))}
}

func TestAskIsAnsweredByTheOwner(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		asker, one, two := b.client("asker"), b.client("one"), b.client("two")
		ofOne, ofTwo := serve(one, echo, "acme"), serve(two, echo, "bolt", "corp")
		for _, source := range []string{"acme", "bolt", "corp", "acme"} {
			answer, err := asker.Request(t.Context(), Command{Source: source, Verb: "look at " + source})
			if err != nil || string(answer.Body) != `"look at `+source+`"` {
				t.Errorf("answer %s, error %v", answer.Body, err)
			}
		}
		if len(ofOne) != 2 || len(ofTwo) != 2 {
			t.Errorf("one served %d commands, two %d; two each were theirs", len(ofOne), len(ofTwo))
		}
		for key := range b.left() {
			if strings.HasPrefix(key, kindCommand) || strings.HasPrefix(key, kindAnswer) {
				t.Errorf("%s is left behind", key)
			}
		}
	})
}

func TestAskOfMany(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		asker, owner := b.client("asker"), b.client("owner")
		serve(owner, echo, "acme")
		type result struct {
			verb, body string
			err        error
		}
		results := make(chan result)
		const askers = 50
		for i := range askers {
			go func() {
				verb := fmt.Sprint("verb ", i)
				answer, err := asker.Request(t.Context(), Command{Source: "acme", Verb: verb})
				results <- result{verb, string(answer.Body), err}
			}()
		}
		for range askers {
			if r := <-results; r.err != nil || r.body != fmt.Sprintf("%q", r.verb) {
				t.Errorf("%s was answered by %s, %v", r.verb, r.body, r.err)
			}
		}
	})
}

func TestAskHandsBackARefusal(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		asker, owner := b.client("asker"), b.client("owner")
		refusal := &Error{Conflict, "acme is paused"}
		serve(owner, func(PendingCommand) Answer { return Answer{Error: refusal} }, "acme")
		_, err := asker.Request(t.Context(), Command{Source: "acme", Verb: "run"})
		if diff := cmp.Diff(refusal, asError(t, err)); diff != "" {
			t.Error(diff)
		}
	})
}

func asError(t *testing.T, err error) *Error {
	t.Helper()
	refused, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatalf("error %v, want one of ours", err)
	}
	return refused
}

func TestAskThatNobodyAnswers(t *testing.T) {
	for name, test := range map[string]struct {
		expires, waits time.Duration
		question       bool
	}{
		"by default": {waits: requestTimeout},
		"sooner":     {expires: 3 * time.Second, waits: 3 * time.Second},
		"a question": {waits: requestTimeout, question: true},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bubble) {
				asker, owner := b.client("asker"), b.client("owner of others")
				served := serve(owner, echo, "bolt")
				started := time.Now()
				command := Command{Source: "acme", Verb: "run", Question: test.question}
				if test.expires > 0 {
					command.Expires = started.Add(test.expires)
				}
				_, err := asker.Request(t.Context(), command)
				refused := asError(t, err)
				if refused.Kind != Unavailable {
					t.Errorf("it is %s", refused.Kind)
				}
				for _, word := range []string{"source acme", fmt.Sprintf("within %v", test.waits), "notion-kafka runs"} {
					if !strings.Contains(refused.Message, word) {
						t.Errorf("%q does not say %q", refused.Message, word)
					}
				}
				if doubts := strings.Contains(refused.Message, "may still have been carried out"); doubts == test.question {
					t.Errorf("question %v: %q", test.question, refused.Message)
				}
				if took := time.Since(started).Round(time.Second); took != test.waits {
					t.Errorf("it gave up after %v", took)
				}
				if left := b.left(); len(left) != 0 || len(served) != 0 {
					t.Errorf("the topic holds %v, the other owner served %d commands", left, len(served))
				}
			})
		})
	}
}

func TestAskEndsWithItsContext(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		asker := b.client("asker")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := asker.Request(ctx, Command{Source: "acme", Verb: "run"}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("it ended with %v", err)
		}
		if left := b.left(); len(left) != 0 {
			t.Errorf("the topic holds %v", left)
		}
	})
}

// The owner removes the command and the answer of a sender that died.
func TestAskOfAnAskerThatDies(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		asker, owner := b.client("asker"), b.client("owner")
		serve(owner, func(PendingCommand) Answer {
			asker.line.dead.Store(true)
			return Answer{}
		}, "acme")
		_, err := asker.Request(t.Context(), Command{Source: "acme", Verb: "run"})
		if refused := asError(t, err); refused.Kind != Unavailable {
			t.Errorf("it is %s: %s", refused.Kind, refused.Message)
		}
		if left := b.left(); len(left) != 2 {
			t.Errorf("the topic holds %v, want the command and its answer", left)
		}
		<-time.After(requestTimeout + expiredGrace + time.Second) // the sender may have given up earlier, without knowing whether the command was written
		owner.append(owner.Expired(every)...)
		if left := b.left(); len(left) != 0 {
			t.Errorf("the topic still holds %v", left)
		}
	})
}

func TestAskWithoutABroker(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		asker := b.client("asker")
		asker.caughtUp()
		asker.line.dead.Store(true)
		_, err := asker.Request(t.Context(), Command{Source: "acme", Verb: "run"})
		if refused := asError(t, err); refused.Kind != Unavailable || !strings.Contains(refused.Message, "notion-kafka check") {
			t.Errorf("it is %s: %s", refused.Kind, refused.Message)
		}
	})
}

func TestTooMuchToSay(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		asker, owner := b.client("asker"), b.client("owner")
		owner.says(Instance{Console: "http://owner:8080"})
		noise := make([]byte, maxRecord)
		_, _ = rand.NewChaCha8([32]byte{}).Read(noise) // which cannot be compressed
		long := json.RawMessage(`"` + base64.StdEncoding.EncodeToString(noise) + `"`)
		served := serve(owner, func(PendingCommand) Answer { return Answer{Body: long} }, "acme")
		_, err := asker.Request(t.Context(), Command{Source: "acme", Verb: "make", Body: long})
		if refused := asError(t, err); refused.Kind != Invalid || len(served) != 0 {
			t.Errorf("a command: it is %s: %s; %d were served", refused.Kind, refused.Message, len(served))
		}
		_, err = asker.Request(t.Context(), Command{Source: "acme", Verb: "show"})
		if refused := asError(t, err); refused.Kind != Internal || !strings.Contains(refused.Message, "at most 990000") || !strings.Contains(refused.Message, "ask instance owner at http://owner:8080") {
			t.Errorf("an answer: it is %s: %s", refused.Kind, refused.Message)
		}
	})
}

func TestTheLargestAnswerGetsThrough(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		asker, owner := b.client("asker"), b.client("owner")
		body := json.RawMessage(`"` + strings.Repeat("x", maxRecord-len(`{"body":""}`)) + `"`)
		serve(owner, func(PendingCommand) Answer { return Answer{Body: body} }, "acme")
		answer, err := asker.Request(t.Context(), Command{Source: "acme", Verb: "show"})
		if err != nil || len(answer.Body) != len(body) {
			t.Errorf("an answer of %d bytes arrived as one of %d, error %v", len(body), len(answer.Body), err)
		}
	})
}

// A record takes some 2,500 streams, or 80 with the longest titles. A longer list is
// compressed.
func TestALargeListGetsThrough(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		asker, owner := b.client("asker"), b.client("owner")
		var streams []Stream
		for i := range 20_000 {
			streams = append(streams, Stream{Stream: fmt.Sprintf("database_248104cd-477e-80fd-b757-%012d", i), Title: fmt.Sprint("Projects of team ", i), Topic: fmt.Sprint("notion.acme.projects_of_team_", i)})
		}
		body, err := json.Marshal(streams)
		if err != nil || len(body) < 4*maxRecord {
			t.Fatal(len(body), err)
		}
		serve(owner, func(PendingCommand) Answer { return Answer{Body: body} }, "acme")
		answer, err := asker.Request(t.Context(), Command{Source: "acme", Verb: "streams"})
		if err != nil || string(answer.Body) != string(body) {
			t.Errorf("an answer of %d bytes arrived as one of %d, error %v", len(body), len(answer.Body), err)
		}
	})
}

// A few compressed bytes may expand to gigabytes.
func TestAPackedAnswerIsBounded(t *testing.T) {
	encoder, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	bomb := encoder.EncodeAll(make([]byte, 4*mostUnpacked), nil)
	if _, err := (Answer{Packed: bomb}).unpacked(); !errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		t.Errorf("%d bytes that stand for %d: error %v", len(bomb), 4*mostUnpacked, err)
	}
}

func TestPendingIsInTheOrderOfArrival(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		s := b.client("owner")
		soon := time.Now().Add(time.Hour)
		for _, id := range []string{"z", "a", "m"} {
			s.append(Record{CommandKey(id), Command{Source: "acme", Verb: id, Expires: soon}})
		}
		s.append(
			Record{CommandKey("other"), Command{Source: "bolt", Expires: soon}},
			Record{CommandKey("late"), Command{Source: "acme", Expires: time.Now()}},
			Record{CommandKey("answered"), Command{Source: "acme", Expires: soon}}, Record{AnswerKey("answered"), Answer{}},
			Record{Key: CommandKey("m")}, Record{CommandKey("m"), Command{Source: "acme", Verb: "m", Expires: soon}},
		)
		s.caughtUp()
		var got []string
		for _, c := range s.Pending(func(source string) bool { return source == "acme" }) {
			got = append(got, c.ID)
		}
		if diff := cmp.Diff([]string{"z", "a", "m"}, got); diff != "" {
			t.Error(diff)
		}
		<-time.After(time.Hour)
		if late := s.Pending(every); len(late) != 0 {
			t.Errorf("an hour later these are still pending: %v", late)
		}
	})
}

// Only the owner removes the commands of a sender that died, and not while the sender
// might still do so.
func TestExpired(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		s := b.client("owner")
		s.append(
			Record{CommandKey("asked"), Command{Source: "acme", Expires: time.Now().Add(requestTimeout)}},
			Record{CommandKey("answered"), Command{Source: "acme", Expires: time.Now().Add(requestTimeout)}}, Record{AnswerKey("answered"), Answer{}},
			Record{CommandKey("other"), Command{Source: "bolt", Expires: time.Now().Add(requestTimeout)}},
			Record{AnswerKey("too late"), Answer{}}, // its command was removed before
		)
		s.caughtUp()
		if diff := cmp.Diff([]Record{{Key: AnswerKey("too late")}}, s.Expired(every)); diff != "" {
			t.Error("at once: ", diff)
		}
		<-time.After(requestTimeout + expiredGrace + time.Second)
		s.append(s.Expired(none)...)
		s.append(s.Expired(func(source string) bool { return source == "acme" })...)
		left := b.left()
		delete(left, InstanceKey("owner"))
		if _, ok := left[CommandKey("other")]; !ok || len(left) != 1 {
			t.Errorf("the topic holds %v", left)
		}
		s.caughtUp()
		s.append(s.Expired(every)...)
		s.caughtUp()
		if more := s.Expired(every); len(more) != 0 {
			t.Errorf("it removes again: %v", more)
		}
	})
}
