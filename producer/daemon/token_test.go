package daemon

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"notion-kafka/notion"
	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/schedule"
)

// A rotated token is a token that is replaced without notice.
type rotatedToken struct{ text atomic.Value }

func (r *rotatedToken) put(text string) { r.text.Store(text) }

func (r *rotatedToken) now() string { return r.text.Load().(string) }

// Token implements oauth2.TokenSource.
func (r *rotatedToken) Token() (*oauth2.Token, error) {
	return &oauth2.Token{AccessToken: r.now()}, nil
}

// rotated makes a source's token one that is replaced, every ten minutes' trigger.
func (w *world) rotated(token *rotatedToken) func(*producer.Source) {
	return func(src *producer.Source) {
		client, err := notion.NewClient(notion.Options{BaseURL: "https://notion.invalid", Transport: w.notion.RoundTripper(), Tokens: token})
		if err != nil {
			w.t.Fatal(err)
		}
		src.Notion, src.TokenMark = client, token.now
		src.Trigger = schedule.Every{Interval: 10 * time.Minute}
	}
}

// A token that replaces a refused one is tried without a person's run.
func TestRefusedTokenThatIsReplacedIsTriedAgain(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		token := &rotatedToken{}
		token.put(w.notion.Token())
		i := w.member("one", w.rotated(token))
		w.pass(11 * time.Minute)
		w.notion.RevokeToken()
		w.pass(time.Hour)
		if now := i.Sources()[0]; now.Status != control.SourceNeedsReconnect {
			t.Fatalf("with a token that was revoked the source is %s: %s", now.Status, now.Reason)
		}
		before := w.requestsSent()
		w.pass(time.Hour)
		if sent := w.requestsSent() - before; sent != 0 {
			t.Errorf("%d requests with the same token", sent)
		}
		token.put("ntn_another_that_is_wrong")
		w.pass(10 * time.Minute)
		if now, sent := i.Sources()[0], w.requestsSent()-before; now.Status != control.SourceNeedsReconnect || sent == 0 {
			t.Errorf("with another that is wrong, after %d requests, the source is %s: %s", sent, now.Status, now.Reason)
		}
		w.notion.Edit(db.Pages(notiontest.Live)[0], notiontest.Values{"Points": 8})
		w.notion.RestoreToken()
		token.put(w.notion.Token())
		w.pass(5 * time.Minute)
		if now := i.Sources()[0]; now.Status != control.SourceReady {
			t.Errorf("with a good one the source is %s: %s", now.Status, now.Reason)
		}
		w.checkTopic(db, tasksTopic)
		i.stop()
	})
}

// A token of another workspace that takes the place of ours is refused when it
// comes, not only after a restart.
func TestReplacedTokenOfAnotherWorkspaceIsRefused(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		other := notiontest.New(notiontest.Options{Seed: 99, Token: "ntn_of_another_workspace"})
		other.AddDatabase("Foreign", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}).AddPage("of others", nil)
		token := &rotatedToken{}
		token.put(w.notion.Token())
		i := w.member("one", w.rotated(token), func(src *producer.Source) {
			client, err := notion.NewClient(notion.Options{
				BaseURL: "https://notion.invalid", Tokens: token, Transport: byToken{w.notion.RoundTripper(), other.RoundTripper(), other.Token()},
			})
			if err != nil {
				t.Fatal(err)
			}
			src.Notion = client
		})
		w.pass(15 * time.Minute)
		token.put(other.Token())
		w.pass(2 * time.Hour)
		if now := i.Sources()[0]; now.Status != control.SourceFailing {
			t.Errorf("with a token of another workspace the source is %s: %s", now.Status, now.Reason)
		}
		if n := len(w.records("notion.acme.foreign")); n != 0 {
			t.Errorf("%d records of another workspace", n)
		}
		token.put(w.notion.Token())
		w.pass(2 * time.Hour)
		w.checkTopic(db, tasksTopic)
		i.stop()
	})
}

// byToken asks another workspace where the request has its token.
type byToken struct {
	ours, other http.RoundTripper
	token       string
}

// RoundTrip implements http.RoundTripper.
func (b byToken) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Header.Get("Authorization") == "Bearer "+b.token {
		return b.other.RoundTrip(r)
	}
	return b.ours.RoundTrip(r)
}
