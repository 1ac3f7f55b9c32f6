package daemon

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"notion-kafka/notion"
	"notion-kafka/notion/notiontest"
	"notion-kafka/producer/control"
	"notion-kafka/producer/grants"
	"notion-kafka/producer/seal"
)

const (
	redirectURI = "http://localhost:8080/oauth/callback"
	ada         = 0 // people of the workspace
	bruno       = 1
)

// An oauthWorld is a world whose source acme reads with a public connection.
type oauthWorld struct {
	*world
	app   *notiontest.App
	tasks *notiontest.Database
	// secrets.key and secrets.previous_keys of members that begin
	key      string
	previous []string
}

// inOAuthWorld runs a test in a world of its own, in which 30 rows wait to be read.
func inOAuthWorld(t *testing.T, options notiontest.Options, app notiontest.AppOptions, test func(t *testing.T, w *oauthWorld)) {
	t.Helper()
	key, err := seal.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	inWorld(t, options, func(t *testing.T, w *world) {
		app.RedirectURIs = []string{redirectURI}
		test(t, &oauthWorld{world: w, app: w.notion.AddApp(app), tasks: w.addTasks(30), key: key})
	})
}

// A machine is the network of a member to Notion. It dies with the member's cable.
type machine struct {
	notion http.RoundTripper
	cable  *cable

	mu            sync.Mutex
	before, after func(r *http.Request) // of every request that reaches Notion; nil: nothing
}

// watch calls before and after of every OAuth call whose path ends with end.
func (m *machine) watch(end string, before, after func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	of := func(do func()) func(*http.Request) {
		return func(r *http.Request) {
			if do != nil && strings.HasSuffix(r.URL.Path, end) {
				do()
			}
		}
	}
	m.before, m.after = of(before), of(after)
}

func (m *machine) hooks() (before, after func(*http.Request)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.before, m.after
}

func (m *machine) RoundTrip(r *http.Request) (*http.Response, error) {
	before, after := m.hooks()
	if before != nil {
		before(r)
	}
	if m.cable.dead.Load() {
		return nil, errUnplugged
	}
	resp, err := m.notion.RoundTrip(r)
	if after != nil {
		after(r)
	}
	if m.cable.dead.Load() && err == nil {
		_ = resp.Body.Close()
		return nil, errUnplugged
	}
	return resp, err
}

// An oauthMember is a member with the grants of its source.
type oauthMember struct {
	*member
	machine *machine
	oauth   *notion.OAuth
}

// kill ends a member as kill -9 does: nothing it sends arrives any more.
func (i *oauthMember) kill() { _ = i.cable.cut() }

func (w *oauthWorld) member(name string) *oauthMember {
	w.t.Helper()
	return w.memberAnd(name, func(*member) {})
}

// memberAnd is member with a last change of the process.
func (w *oauthWorld) memberAnd(name string, last func(*member)) *oauthMember {
	w.t.Helper()
	out, key, previous := &oauthMember{}, w.key, w.previous
	out.member = w.memberWith(name, func(i *member) {
		out.machine = &machine{notion: w.notion.RoundTripper(), cable: i.cable}
		out.oauth = w.oauthAt(out.machine)
		i.opts.Grants = grants.New(grants.Options{OAuth: out.oauth, Keys: func() (*seal.Keyring, error) { return seal.New(key, previous) }, Logger: i.opts.Logger})
		connection := i.opts.Grants.Connection("acme")
		client, err := notion.NewClient(notion.Options{
			BaseURL: "https://notion.invalid", Transport: out.machine, Tokens: connection, Renew: connection.Renew, Logger: slog.New(slog.NewTextHandler(w.logs, nil)),
		})
		if err != nil {
			w.t.Fatal(err)
		}
		i.source.Notion, i.source.TokenMark, i.source.NotConnected = client, connection.Mark, connection.NotConnected
		last(i)
	})
	return out
}

// oauthAt is a client of the public connection, at the Notion behind a transport.
func (w *oauthWorld) oauthAt(transport http.RoundTripper) *notion.OAuth {
	w.t.Helper()
	o, err := notion.NewOAuth(notion.OAuthOptions{
		ClientID: w.app.ClientID(), ClientSecret: w.app.ClientSecret, AuthorizeURL: "https://notion.invalid/v1/oauth/authorize", TokenURL: "https://notion.invalid/v1/oauth/token",
		Transport: transport,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return o
}

// allow lets a person connect a source.
func (w *oauthWorld) allow(i *oauthMember, person int, source string) (control.Connected, error) {
	w.t.Helper()
	granted, err := i.oauth.Exchange(w.t.Context(), w.app.Allow(w.notion.People()[person], w.tasks), redirectURI)
	if err != nil {
		w.t.Fatal(err)
	}
	return i.Connect(w.t.Context(), source, granted)
}

// connect connects acme and waits for its first green run.
func (w *oauthWorld) connect(i *oauthMember) (bot string) {
	w.t.Helper()
	i.started()
	if _, err := w.allow(i, ada, "acme"); err != nil {
		w.t.Fatal(err)
	}
	i.green(time.Now())
	return w.app.Bots()[0]
}

// green waits for a green run that began after a moment.
func (i *oauthMember) green(after time.Time) {
	i.world.t.Helper()
	i.awaits(func(m *control.Memory) bool {
		for _, entry := range m.Runs("acme") {
			if entry.Run.Status == control.Succeeded && !entry.Run.StartedAt.Before(after) {
				return true
			}
		}
		return false
	})
}

// needsReconnect waits until acme needs to be connected, and returns why.
func (i *oauthMember) needsReconnect() (why string) {
	i.world.t.Helper()
	i.awaits(func(m *control.Memory) bool {
		s, _ := m.SourceState("acme")
		return s.Refused != "" && !m.HasRun("acme", func(s control.Status) bool { return s == control.Running })
	})
	src := i.Sources()[0]
	if src.Status != control.SourceNeedsReconnect {
		i.world.t.Errorf("status %s: %s", src.Status, src.Reason)
	}
	return src.Reason
}

func (i *oauthMember) grant() (g control.Grant) {
	i.opts.Control.View(func(m *control.Memory) { _, g, _ = m.GrantOf("acme") })
	return g
}

func mustSay(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q does not say %q", text, part)
		}
	}
}

// calls is how often an endpoint of Notion was called.
func (w *oauthWorld) calls(endpoint notiontest.Endpoint) int { return w.notion.Counts()[endpoint] }

func TestASourceThatNobodyConnectedAsksNotionNothing(t *testing.T) {
	inOAuthWorld(t, notiontest.Options{}, notiontest.AppOptions{}, func(t *testing.T, w *oauthWorld) {
		i := w.member("a")
		defer i.stop()
		mustSay(t, i.needsReconnect(), "source acme is not connected to a workspace yet", "notion-kafka login --source acme")
		w.pass(3 * time.Hour)
		if n := w.requestsSent(); n != 0 {
			t.Errorf("%d requests were sent to Notion", n)
		}
		if n := len(i.runs()); n != 1 {
			t.Errorf("%d runs in three hours in which nobody connected it", n)
		}
		began := time.Now()
		connected, err := w.allow(i, ada, "acme")
		if err != nil || connected.Person != "Ada Okafor" || connected.Workspace != notiontest.WorkspaceName || connected.Before {
			t.Errorf("%+v, %v", connected, err)
		}
		i.green(began)
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("it ran only %v after it was connected", took)
		}
		src := i.Sources()[0]
		if src.Connection == nil || src.Connection.Person != "Ada Okafor" || src.Status != control.SourceReady {
			t.Errorf("%+v, connection %+v", src, src.Connection)
		}
		w.checkTopic(w.tasks, tasksTopic)
	})
}

func TestARefusedTokenIsRenewedOnceAndTheRequestRepeated(t *testing.T) {
	inOAuthWorld(t, notiontest.Options{}, notiontest.AppOptions{}, func(t *testing.T, w *oauthWorld) {
		i := w.member("a")
		defer i.stop()
		bot := w.connect(i)
		for n := 1; n <= 3; n++ {
			w.pass(10*time.Minute + 7*time.Second) // between two runs
			w.app.ExpireAccess(bot)
			i.green(time.Now())
			if got := w.app.Renewals(bot); got != n {
				t.Errorf("after %d expiries the pair was renewed %d times", n, got)
			}
		}
		for _, run := range i.runs() {
			if run.Status != control.Succeeded && run.Error == "" {
				t.Errorf("run %+v", run)
			}
			if run.Status == control.Failed && !strings.Contains(run.Error, "not connected") {
				t.Errorf("a renewal made a run red: %s", run.Error)
			}
		}
		if g := i.grant(); !g.Renewing.IsZero() || g.Refused != "" {
			t.Errorf("the grant is left as %+v", g)
		}
	})
}

func TestAConnectionThatWasRemovedInNotion(t *testing.T) {
	inOAuthWorld(t, notiontest.Options{}, notiontest.AppOptions{}, func(t *testing.T, w *oauthWorld) {
		i := w.member("a")
		defer i.stop()
		bot := w.connect(i)
		access, _ := w.app.Pair(bot)
		w.app.RevokeByPerson(bot)
		mustSay(t, i.needsReconnect(), "removed in Notion", notiontest.WorkspaceName, "notion-kafka login --source acme")
		asked, renewals := w.notion.Refused(access), w.calls(notiontest.EndpointToken)
		if asked > 6 || renewals != 2 { // one was the exchange
			t.Errorf("the dead token was sent %d times, the token endpoint called %d times", asked, renewals)
		}
		w.pass(24 * time.Hour)
		if _, err := i.Start(t.Context(), "acme", byHand); err != nil {
			t.Error(err)
		}
		w.pass(time.Hour)
		if more := w.notion.Refused(access) - asked; more > 0 || w.calls(notiontest.EndpointToken) > renewals {
			t.Errorf("it was sent %d times more in a day", more)
		}
		w.checkTopic(w.tasks, tasksTopic) // nothing is deleted
		again := time.Now()
		if connected, err := w.allow(i, ada, "acme"); err != nil || !connected.Before {
			t.Errorf("%+v, %v", connected, err)
		}
		i.green(again)
		if took := time.Since(again); took > 10*time.Second {
			t.Errorf("it ran only %v after it was connected again", took)
		}
		if w.app.Bots()[0] != bot || i.Sources()[0].Status != control.SourceReady {
			t.Errorf("%+v", i.Sources()[0])
		}
	})
}

// A 401 that the introspection does not confirm burns no pair.
func TestAnErrorOfNotionsRenewsNothing(t *testing.T) {
	inOAuthWorld(t, notiontest.Options{}, notiontest.AppOptions{}, func(t *testing.T, w *oauthWorld) {
		i := w.member("a")
		defer i.stop()
		bot := w.connect(i)
		w.notion.FailNext(notiontest.EndpointSearch, notiontest.Unauthorized())
		w.pass(10 * time.Minute)
		i.green(time.Now())
		if n := w.app.Renewals(bot); n != 0 || w.calls(notiontest.EndpointIntrospect) == 0 {
			t.Errorf("renewed %d times after one 401, introspected %d times", n, w.calls(notiontest.EndpointIntrospect))
		}
	})
}

func TestATokenEndpointThatIsDownForAnHour(t *testing.T) {
	for _, endpoint := range []notiontest.Endpoint{notiontest.EndpointToken, notiontest.EndpointIntrospect} {
		t.Run(string(endpoint), func(t *testing.T) {
			inOAuthWorld(t, notiontest.Options{}, notiontest.AppOptions{}, func(t *testing.T, w *oauthWorld) {
				i := w.member("a")
				defer i.stop()
				bot := w.connect(i)
				path := strings.TrimPrefix(string(endpoint), "POST /v1/")
				w.notion.FailAlways(path, notiontest.Unavailable())
				w.app.ExpireAccess(bot)
				w.pass(time.Hour)
				src := i.Sources()[0]
				if src.Status != control.SourceFailing {
					t.Errorf("status %s: %s", src.Status, src.Reason)
				}
				mustSay(t, src.Reason, "503")
				w.notion.StopFailing(path)
				i.green(time.Now())
				if n := w.app.Renewals(bot); n != 1 {
					t.Errorf("renewed %d times", n)
				}
			})
		})
	}
}

func TestAnAnswerThatIsLostAfterNotionRotatedIsExplained(t *testing.T) {
	inOAuthWorld(t, notiontest.Options{}, notiontest.AppOptions{}, func(t *testing.T, w *oauthWorld) {
		i := w.member("a")
		defer i.stop()
		bot := w.connect(i)
		w.notion.FailNext(notiontest.EndpointToken, notiontest.CarriedOut(notiontest.Cut()))
		w.app.ExpireAccess(bot)
		mustSay(t, i.needsReconnect(), "a renewal that began at", "new token it made was lost", "login --source acme")
		w.pass(6 * time.Hour)
		if n := w.calls(notiontest.EndpointToken); n != 3 { // exchange, the lost one, the refused one
			t.Errorf("%d calls of the token endpoint", n)
		}
	})
}

func TestWhatMayNotBeConnected(t *testing.T) {
	inOAuthWorld(t, notiontest.Options{}, notiontest.AppOptions{}, func(t *testing.T, w *oauthWorld) {
		i := w.member("a")
		defer i.stop()
		bot := w.connect(i)
		if _, err := i.PutSource(t.Context(), "other", control.Definition{Spec: []byte(`{}`)}, true); err != nil {
			t.Fatal(err)
		}
		_, err := w.allow(i, ada, "other")
		var told *control.Error
		if !errors.As(err, &told) || told.Kind != control.Conflict {
			t.Fatalf("%v", err)
		}
		mustSay(t, told.Message, "already connected as source acme")
		access, _ := w.app.Pair(bot)
		w.pass(20 * time.Minute)
		i.green(time.Now()) // acme has the pair that ada's second consent made
		if w.app.Renewals(bot) != 0 || !w.app.IsLiving(access) {
			t.Error("acme's pair was replaced behind its back")
		}
		if _, err := w.allow(i, bruno, "other"); err != nil {
			t.Errorf("another person's connection: %v", err)
		}
		if _, err := w.allow(i, bruno, "acme"); err == nil {
			t.Error("acme took the connection of source other")
		}
		if _, err := w.allow(i, ada, "nobody"); err == nil {
			t.Error("a source that does not exist was connected")
		}
		w.pass(20 * time.Minute)
		if src := i.Sources()[0]; src.Status != control.SourceReady || !w.app.IsLiving(i.token()) || w.app.Renewals(bot) != 0 {
			t.Errorf("what ada allowed for nobody cost acme its tokens: %s: %s", src.Status, src.Reason)
		}

		elsewhere := notiontest.New(notiontest.Options{Seed: 99})
		there := elsewhere.AddApp(notiontest.AppOptions{ClientID: w.app.ClientID(), ClientSecret: w.app.ClientSecret(), RedirectURIs: []string{redirectURI}})
		granted, err := w.oauthAt(elsewhere.RoundTripper()).Exchange(t.Context(), there.Allow(elsewhere.People()[ada], elsewhere.AddDatabase("Plans")), redirectURI)
		if err != nil {
			t.Fatal(err)
		}
		before := i.grant()
		_, err = i.Connect(t.Context(), "acme", granted)
		if !errors.As(err, &told) || told.Kind != control.Conflict {
			t.Fatalf("another workspace: %v", err)
		}
		mustSay(t, told.Message, "source acme belongs to Notion workspace", "nothing was changed", "make another source")
		if after := i.grant(); after != before {
			t.Errorf("the grant was changed:\n%+v\n%+v\n%s", before, after, w.logs)
		}
	})
}

// An endpoint that never answers holds up one source, and no end of the process.
func TestATokenEndpointThatNeverAnswers(t *testing.T) {
	for _, endpoint := range []notiontest.Endpoint{notiontest.EndpointToken, notiontest.EndpointIntrospect} {
		t.Run(string(endpoint), func(t *testing.T) {
			inOAuthWorld(t, notiontest.Options{}, notiontest.AppOptions{}, func(t *testing.T, w *oauthWorld) {
				i := w.member("a")
				bot := w.connect(i)
				w.notion.FailAlways(strings.TrimPrefix(string(endpoint), "POST /v1/"), notiontest.Slow(100*time.Hour))
				w.app.ExpireAccess(bot)
				w.pass(6 * time.Minute)
				if src := i.Sources()[0]; src.Status != control.SourceFailing && src.Status != control.SourceRunning {
					t.Errorf("status %s: %s", src.Status, src.Reason)
				}
				calling := make(chan struct{})
				var once sync.Once
				i.machine.watch(strings.TrimPrefix(string(endpoint), "POST /v1"), func() { once.Do(func() { close(calling) }) }, nil)
				<-calling
				began := time.Now()
				i.stop()
				if took := time.Since(began); took > 40*time.Second {
					t.Errorf("it ended after %v", took)
				}
			})
		})
	}
}

// Tokens are sealed anew with a new secrets.key, and then need no previous one.
func TestTokensAreSealedWithANewKey(t *testing.T) {
	inOAuthWorld(t, notiontest.Options{}, notiontest.AppOptions{}, func(t *testing.T, w *oauthWorld) {
		i := w.member("a")
		w.connect(i)
		i.stop()
		before := w.key
		var err error
		if w.key, err = seal.GenerateKey(); err != nil {
			t.Fatal(err)
		}
		lost := w.member("b") // without the old key
		lost.awaits(func(m *control.Memory) bool { last, _ := m.LastRun("acme"); return last.Run.Status == control.Failed })
		mustSay(t, lost.Sources()[0].Reason, "secrets.previous_keys")
		if status := lost.Sources()[0].Status; status != control.SourceFailing {
			t.Errorf("status %s with a key that opens nothing", status)
		}
		lost.stop()
		w.previous = []string{before}
		rotating, began := w.member("c"), time.Now()
		rotating.green(began)
		rotating.stop()
		w.previous = nil
		began = time.Now()
		after := w.member("d")
		after.green(began)
		after.stop()
	})
}

// Requests of two instances meet the dead token at once. The owner renews it once, and the other
// instance asks for no new pair.
func TestOneRenewalForOneDeadToken(t *testing.T) {
	inOAuthWorld(t, notiontest.Options{}, notiontest.AppOptions{}, func(t *testing.T, w *oauthWorld) {
		members := []*oauthMember{w.member("a"), w.member("b")}
		defer members[0].stop()
		defer members[1].stop()
		w.pass(time.Minute)
		bot := w.connect(members[0])
		w.pass(10 * time.Second)
		dead, _ := w.app.Pair(bot)
		w.pass(2 * time.Minute)
		w.app.ExpireAccess(bot)
		var renewing sync.WaitGroup
		for _, i := range members {
			for range 8 {
				renewing.Go(func() {
					err := i.opts.Grants.Connection("acme").Renew(t.Context(), dead)
					if owner := i.supervisorOf("acme") != nil; err != nil && (owner || !errors.Is(err, grants.ErrNotOwner)) {
						t.Errorf("owner %v: %v", owner, err)
					}
				})
			}
		}
		renewing.Wait()
		if n, calls := w.app.Renewals(bot), w.calls(notiontest.EndpointToken); n != 1 || calls != 2 {
			t.Errorf("%d renewals, %d calls of the token endpoint, the exchange among them", n, calls)
		}
		w.pass(time.Minute)
		for _, i := range members {
			if !w.app.IsLiving(i.token()) {
				t.Errorf("%s has a dead token", i.opts.Instance)
			}
		}
	})
}

// A refusal belongs to the tokens that were refused, and not to those of a later consent.
func TestAnotherConsentForgetsARefusal(t *testing.T) {
	inOAuthWorld(t, notiontest.Options{}, notiontest.AppOptions{}, func(t *testing.T, w *oauthWorld) {
		i := w.member("a")
		defer i.stop()
		w.app.RevokeByPerson(w.connect(i))
		i.needsReconnect()
		for _, person := range []int{bruno, ada, bruno} {
			began := time.Now()
			if _, err := w.allow(i, person, "acme"); err != nil {
				t.Fatal(err)
			}
			w.pass(30 * time.Second)
			if src := i.Sources()[0]; src.Status != control.SourceReady {
				t.Fatalf("connected by person %d, it is %s: %s", person, src.Status, src.Reason)
			}
			i.green(began)
		}
	})
}

// Somebody who connects a source anew does not wait for a run that still tries the old tokens.
func TestConnectingEndsTheWaitForARefusedToken(t *testing.T) {
	inOAuthWorld(t, notiontest.Options{}, notiontest.AppOptions{}, func(t *testing.T, w *oauthWorld) {
		i := w.member("a")
		defer i.stop()
		bot := w.connect(i)
		w.pass(10 * time.Minute)
		w.app.RevokeByPerson(bot)
		i.awaits(func(m *control.Memory) bool { _, g, _ := m.GrantOf("acme"); return g.Refused != "" })
		began := time.Now()
		if _, err := w.allow(i, ada, "acme"); err != nil {
			t.Fatal(err)
		}
		i.green(began)
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("it was read only %v after it was connected", took)
		}
	})
}

// A person connects the source in the middle of a renewal, after Notion has made the new pair and
// before it is stored. The person's pair is the newest, and stays.
func TestConnectingInTheMiddleOfARenewal(t *testing.T) {
	inOAuthWorld(t, notiontest.Options{}, notiontest.AppOptions{}, func(t *testing.T, w *oauthWorld) {
		i := w.member("a")
		defer i.stop()
		bot := w.connect(i)
		w.pass(10 * time.Minute)
		var once sync.Once
		i.machine.watch("token", nil, func() {
			once.Do(func() {
				i.machine.watch("token", nil, nil)
				if _, err := w.allow(i, ada, "acme"); err != nil {
					t.Error(err)
				}
			})
		})
		w.app.ExpireAccess(bot)
		w.pass(20 * time.Minute)
		if src := i.Sources()[0]; src.Status != control.SourceReady || !w.app.IsLiving(i.token()) {
			t.Errorf("the source is %s: %s", src.Status, src.Reason)
		}
		if n := w.app.Renewals(bot); n != 1 {
			t.Errorf("%d renewals", n)
		}
		i.green(time.Now().Add(-10 * time.Minute))
	})
}
