package console

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

const wrongPassword = "send console.username and console.password by basic authentication"

func withLogin(r *http.Request, password string) *http.Request {
	r.SetBasicAuth("ops", password)
	return r
}

// tries sends a request with a password, and returns the status and how long it took.
func tries(t *testing.T, s *Server, from, password string) (status int, took time.Duration) {
	t.Helper()
	r := withLogin(request("GET", "/api/v1/sources", ""), password)
	r.RemoteAddr = from
	begun := time.Now()
	status = ask(t, s.handler(), r).status
	return status, time.Since(begun)
}

func TestGuessesAreSlowedDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const guesser = "203.0.113.7:40000"
		s := newServer(t, newFake(), Options{Username: "ops", Password: "right"})
		for n := range 15 {
			want := time.Duration(0)
			if n >= 10 {
				want = time.Second
			}
			if status, took := tries(t, s, guesser, "wrong"); status != 401 || took != want {
				t.Errorf("guess %d: status %d after %v, want 401 after %v", n+1, status, took, want)
			}
		}
		for from, password := range map[string]string{guesser: "right", "203.0.113.8:40000": "wrong"} {
			if _, took := tries(t, s, from, password); took != 0 {
				t.Errorf("%s with the %s password waits %v", from, password, took)
			}
		}
		expect(t, s, request("GET", "/api/v1/sources", ""), 401, wrongPassword)
		<-time.After(2 * time.Minute)
		if _, took := tries(t, s, guesser, "wrong"); took != 0 {
			t.Errorf("minutes later a mistake costs %v", took)
		}
		<-time.After(2 * time.Minute)
	})
}

// Concurrent guesses are delayed as well: else the right password would be the one with
// an immediate response.
func TestConcurrentGuessesAreSlowedDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const guesser = "203.0.113.7:40000"
		s := newServer(t, newFake(), Options{Username: "ops", Password: "right"})
		for range 10 {
			tries(t, s, guesser, "wrong")
		}
		begun := time.Now()
		var looked, refused atomic.Int32
		var guessing sync.WaitGroup
		for range 500 {
			guessing.Go(func() {
				switch status, _ := tries(t, s, guesser, "wrong"); status {
				case 401:
					looked.Add(1)
				case 429:
					refused.Add(1)
				}
			})
		}
		synctest.Wait()
		r := withLogin(request("GET", "/api/v1/sources", ""), "right")
		r.RemoteAddr = guesser
		told := expect(t, s, r, 429, "too many wrong passwords came from 203.0.113.7, and this one was not checked: try again in 10 seconds")
		if got := told.header.Get("Retry-After"); got != "10" {
			t.Errorf("Retry-After is %q", got)
		}
		guessing.Wait()
		if took := time.Since(begun); took != 10*time.Second || looked.Load() != 10 || refused.Load() != 490 {
			t.Errorf("in %v it looked at %d passwords and refused %d", took, looked.Load(), refused.Load())
		}
		if status, _ := tries(t, s, guesser, "right"); status != 200 {
			t.Errorf("status %d with the right password", status)
		}
		<-time.After(2 * time.Minute)
	})
}

// An attrLog records warnings with their attributes.
type attrLog struct {
	slog.Handler
	mu    sync.Mutex
	lines []string
}

func (b *attrLog) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

func (b *attrLog) Handle(_ context.Context, r slog.Record) error {
	line := r.Message
	r.Attrs(func(a slog.Attr) bool { line += " " + a.String(); return true })
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines = append(b.lines, line)
	return nil
}

func TestWrongPasswordsAreLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		warnings := &attrLog{Handler: slog.DiscardHandler}
		s := newServer(t, newFake(), Options{Username: "ops", Password: "right", Logger: slog.New(warnings)})
		for range 7 {
			tries(t, s, "203.0.113.7:40000", "s3cr3t")
		}
		for range 2 { // all of one IPv6 /64, which one machine may have
			tries(t, s, "[2001:db8:1:2::1]:1", "s3cr3t")
			tries(t, s, "[2001:db8:1:2::2]:2", "s3cr3t")
		}
		<-time.After(5 * time.Minute)
		tries(t, s, "203.0.113.7:40000", "s3cr3t")
		<-time.After(5 * time.Minute)
		want := []string{
			"wrong passwords for the console from=203.0.113.7 count=1",
			"wrong passwords for the console from=2001:db8:1:2::/64 count=1",
			"wrong passwords for the console from=203.0.113.7 count=6",
			"wrong passwords for the console from=2001:db8:1:2::/64 count=3",
			"wrong passwords for the console from=203.0.113.7 count=1",
		}
		slices.Sort(want) // the order within a minute does not matter
		slices.Sort(warnings.lines)
		if diff := cmp.Diff(want, warnings.lines); diff != "" {
			t.Error(diff)
		}
	})
}

// Attackers can use many addresses, so the number of remembered ones is bounded.
func TestGuessesFromManyAddressesAreSlowedDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAttempts(slog.New(slog.DiscardHandler))
		for i := range 100_000 {
			a.failed(strings.Repeat("x", i%7) + string(rune(i)))
		}
		remembered := func() int {
			synctest.Wait()
			a.mu.Lock()
			defer a.mu.Unlock()
			return len(a.offenders)
		}
		if n := remembered(); n > mostOffenders+1 {
			t.Errorf("it remembers %d addresses", n)
		}
		if wait := a.failed("one more"); wait == 0 {
			t.Error("one more address has its guesses free")
		}
		<-time.After(5 * time.Minute)
		if n := remembered(); n != 0 {
			t.Errorf("minutes later it remembers %d addresses", n)
		}
	})
}

func TestReadinessShowsDetailsOnlyWithThePassword(t *testing.T) {
	secret := errors.New("broker kafka-1.internal:9092 of group notion-kafka does not answer")
	for name, test := range map[string]struct {
		options Options
		change  func(*http.Request)
		told    bool
	}{
		"no password given": {Options{Username: "ops", Password: "right"}, func(*http.Request) {}, false},
		"a wrong one":       {Options{Username: "ops", Password: "right"}, func(r *http.Request) { withLogin(r, "wrong") }, false},
		"the right one":     {Options{Username: "ops", Password: "right"}, func(r *http.Request) { withLogin(r, "right") }, true},
		"a session": {Options{Username: "ops", Password: "right"}, func(r *http.Request) {
			value, err := (&login{username: "ops", password: func() string { return "right" }}).session(time.Now())
			if err != nil {
				t.Fatal(err)
			}
			r.AddCookie(&http.Cookie{Name: sessionCookie, Value: value})
		}, true},
		"none needed, by a name of ours":        {Options{}, func(*http.Request) {}, true},
		"none needed, by another name":          {Options{Listen: "0.0.0.0:0", Insecure: true}, func(r *http.Request) { r.Host = "10.0.0.7:8080" }, false},
		"none needed beyond, by a name of ours": {Options{Listen: "0.0.0.0:0", Insecure: true, Hosts: []string{"kafka.internal"}}, func(r *http.Request) { r.Host = "kafka.internal:8080" }, true},
	} {
		t.Run(name, func(t *testing.T) {
			backend := newFake()
			backend.wrong = map[string]error{"kafka": secret}
			r := request("GET", "/readyz", "")
			test.change(r)
			answer := ask(t, newServer(t, backend, test.options).handler(), r)
			if answer.status != 503 || !strings.Contains(answer.body, `"ready":false,"checks":{"kafka":`) {
				t.Errorf("%d %s", answer.status, answer.body)
			}
			if told := strings.Contains(answer.body, "kafka-1"); told != test.told {
				t.Errorf("told %v, want %v: %s", told, test.told, answer.body)
			}
		})
	}
}

// Else the password could be guessed through a page that needs none.
func TestReadinessDoesNotHelpToGuessPasswords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		backend := newFake()
		backend.wrong = map[string]error{"kafka": errSecret}
		s := newServer(t, backend, Options{Username: "ops", Password: "right"})
		for range 10 {
			ask(t, s.handler(), withLogin(request("GET", "/readyz", ""), "wrong"))
		}
		begun := time.Now()
		answer := ask(t, s.handler(), withLogin(request("GET", "/readyz", ""), "right"))
		if strings.Contains(answer.body, errSecret.Error()) || time.Since(begun) != 0 {
			t.Errorf("after 10 guesses the details show whether the eleventh is right, after %v: %s", time.Since(begun), answer.body)
		}
		<-time.After(2 * time.Minute)
	})
}

// A slowReady counts its checks, which take a while.
type slowReady struct {
	*fakeBackend
	looks atomic.Int32
	takes time.Duration
}

func (b *slowReady) Ready(ctx context.Context) map[string]error {
	b.looks.Add(1)
	<-time.After(b.takes)
	return nil
}

func TestReadinessIsCheckedOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		backend := &slowReady{fakeBackend: newFake(), takes: 100 * time.Millisecond}
		s := newServer(t, backend, Options{})
		var asking sync.WaitGroup
		for range 10 {
			for range 50 {
				asking.Go(func() {
					if got := ask(t, s.handler(), request("GET", "/readyz", "")).status; got != 200 {
						t.Errorf("status %d", got)
					}
				})
			}
			<-time.After(300 * time.Millisecond)
		}
		asking.Wait()
		if n := backend.looks.Load(); n != 3 { // at 0, 1.2 and 2.4 s
			t.Errorf("%d checks in 3 seconds for 500 requests", n)
		}
	})
}

// The check runs outside any request, and a panic in it must not end the process.
func TestPanicInAReadinessCheckIsNotReady(t *testing.T) {
	s := newServer(t, panickingReady{newFake()}, Options{})
	if got := ask(t, s.handler(), request("GET", "/readyz", "")); got.status != 503 || strings.Contains(got.body, "lost its head") {
		t.Errorf("%d %s", got.status, got.body)
	}
}

type panickingReady struct{ *fakeBackend }

func (panickingReady) Ready(context.Context) map[string]error { panic("the backend lost its head") }
