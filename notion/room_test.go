package notion

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
)

// sized is an answer of this many bytes without a Content-Length.
func sized(bytes int64) *http.Response {
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(io.LimitReader(zeros{}, bytes)), ContentLength: -1}
}

func TestAnswersOfAllClientsShareARoom(t *testing.T) {
	const mib = 1 << 20
	for name, test := range map[string]struct {
		bytes          int64
		requests, most int
	}{
		"small":           {100 << 10, 200, 96},
		"of the lane":     {mib, 200, 96},
		"more":            {mib + 1, 30, 12},
		"of several MiB":  {8 * mib, 30, 12},
		"large":           {8*mib + 1, 5, 1},
		"as large as any": {maxBody, 3, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				room := NewRoom()
				var held atomic.Int32
				done := make(chan struct{})
				var reading sync.WaitGroup
				for range test.requests {
					reading.Go(func() {
						body, leave, err := room.read(t.Context(), sized(test.bytes))
						if err != nil || int64(len(body)) != test.bytes {
							t.Errorf("read %d bytes, %v", len(body), err)
						}
						held.Add(1)
						<-done
						held.Add(-1)
						leave()
					})
				}
				for left := test.requests; left > 0; left -= min(left, test.most) {
					synctest.Wait()
					if got, want := held.Load(), int32(min(left, test.most)); got != want {
						t.Errorf("%d answers are held, want %d", got, want)
					}
					for range min(left, test.most) {
						done <- struct{}{}
					}
				}
				reading.Wait()
				for _, l := range room.lanes {
					if len(l.places) > 0 {
						t.Errorf("the lane of %d bytes has %d places taken in the end", l.size, len(l.places))
					}
				}
			})
		})
	}
}

// An answer that waits for a larger lane keeps its place in the smaller one, and yet
// all answers are read.
func TestAnswersOfAllSizesComeThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		room := NewRoom()
		var reading sync.WaitGroup
		for i := range 300 {
			reading.Go(func() {
				size := []int64{100, 1 << 20, 1<<20 + 1, 3 << 20, 8<<20 + 1}[i%5]
				_, leave, err := room.read(t.Context(), sized(size))
				if err != nil {
					t.Error(err)
				}
				<-time.After(time.Second) // for decoding
				leave()
			})
		}
		reading.Wait()
	})
}

func TestWhoWaitsForRoomInVain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		room := NewRoom()
		_, leave, err := room.read(t.Context(), sized(maxBody))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for _, length := range []int64{-1, 20 << 20} {
			resp := sized(20 << 20)
			resp.ContentLength = length
			_, none, err := room.read(ctx, resp)
			if !errors.Is(err, errNoRoom) {
				t.Errorf("error %v", err)
			}
			none()
		}
		leave()
		for _, l := range room.lanes {
			if len(l.places) > 0 {
				t.Errorf("the lane of %d bytes has %d places taken in the end", l.size, len(l.places))
			}
		}
	})
}

// A respondingWith transport answers every request with the same answer.
type respondingWith func(*http.Request) *http.Response

func (f respondingWith) RoundTrip(r *http.Request) (*http.Response, error) { return f(r), nil }

// A request that found no room fails with an error that does not blame Notion. The next
// attempt has a smaller page size, which needs less room.
func TestARequestWithoutRoomAsksForLess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		room := NewRoom()
		_, leave, err := room.read(t.Context(), sized(maxBody))
		if err != nil {
			t.Fatal(err)
		}
		defer leave()
		c, err := NewClient(Options{
			Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: testToken}), Room: room,
			Transport: respondingWith(func(*http.Request) *http.Response { return sized(20 << 20) }),
		})
		if err != nil {
			t.Fatal(err)
		}
		fail, verdict := c.attempt(t.Context(), request{op: "read", method: http.MethodGet, path: "/v1/x"}, testToken, func(answer) error { return nil })
		const want = "no room for a large answer within 1m15s: other answers took all of it"
		if verdict != heavy || fail == nil || fail.Err.Error() != want {
			t.Errorf("verdict %v, %v; want %q", verdict, fail, want)
		}
	})
}

// An answer keeps its place until it is decoded.
func TestAnAnswerKeepsItsRoomUntilItIsDecoded(t *testing.T) {
	room := NewRoom()
	c, err := NewClient(Options{
		Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: testToken}), Room: room,
		Transport: respondingWith(func(*http.Request) *http.Response { return sized(20 << 20) }),
	})
	if err != nil {
		t.Fatal(err)
	}
	last := room.lanes[len(room.lanes)-1].places
	fail, _ := c.attempt(t.Context(), request{op: "read", method: http.MethodGet, path: "/v1/x"}, testToken, func(answer) error {
		if len(last) != 1 {
			t.Error("the answer's place was freed before it was decoded")
		}
		return nil
	})
	if fail != nil || len(last) != 0 {
		t.Errorf("in the end %d places are occupied; %v", len(last), fail)
	}
}

// The bytes of a response stay as they are while others are read.
func TestResponsesShareNoMemory(t *testing.T) {
	room := NewRoom()
	read := func(text string) []byte {
		body, leave, err := room.read(t.Context(), &http.Response{Body: io.NopCloser(strings.NewReader(text)), ContentLength: -1})
		if err != nil {
			t.Fatal(err)
		}
		leave()
		return body
	}
	for _, size := range []int{10, 100 << 10, 2 << 20} {
		first, second := strings.Repeat("a", size), strings.Repeat("b", size)
		kept := read(first)
		if other := read(second); string(kept) != first || string(other) != second {
			t.Errorf("a response of %d bytes changed when the next was read", size)
		}
	}
}
