package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/config"
	"notion-kafka/notion/notiontest"
	"notion-kafka/producer/control"
	"notion-kafka/producer/daemon"
	"notion-kafka/producer/kafka"
)

// A looker looks at a workspace without Kafka, on virtual time.
type looker struct {
	*backend
	t         *testing.T
	workspace *notiontest.Workspace
	log       *strings.Builder
}

// looks runs a test with a workspace whose requests take a fifth of a second.
func looks(t *testing.T, test func(l *looker)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := &looker{t: t, log: new(strings.Builder)}
		l.workspace = notiontest.New(notiontest.Options{
			Latency:   func(*http.Request) time.Duration { return 200 * time.Millisecond },
			Violation: func(what string) { t.Error("Notion's contract broken:", what) },
		})
		p := process{Err: io.Discard, Environ: []string{"NOTION_TOKEN=ntn_of_the_file"}}
		cfg, err := p.config()
		if err != nil {
			t.Fatal(err)
		}
		log := slog.New(slog.NewTextHandler(l.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		connector := newConnector(cfg, log, nil)
		connector.transport = l.workspace.RoundTripper()
		sources, err := connector.all()
		if err != nil {
			t.Fatal(err)
		}
		l.backend = &backend{
			Daemon: daemon.New(daemon.Options{Sources: sources, Control: control.NewClient(control.Options{}), StateTopic: kafka.TopicSpec{Partitions: 1}, Logger: log}),
			app:    &App{Config: cfg, Log: log}, definitions: definitions{config: cfg, connector: connector},
		}
		test(l)
		if strings.Contains(l.log.String(), l.workspace.Token()) {
			t.Errorf("the log has the token:\n%s", l.log)
		}
	})
}

// spec is a definition with the workspace's token and these keys besides.
func (l *looker) spec(more string) control.Draft {
	return control.Draft{Spec: json.RawMessage(fmt.Sprintf(`{"name":"acme","token":%q%s}`, l.workspace.Token(), more))}
}

func (l *looker) discover(d control.Draft) control.Discovery {
	l.t.Helper()
	found, err := l.Discover(l.t.Context(), d)
	if err != nil {
		l.t.Fatal(err)
	}
	return found
}

// mustCheck fails the test if the checks are not these, each as name, result and the
// beginning of its text.
func mustCheck(t *testing.T, found control.Discovery, want ...string) {
	t.Helper()
	var got []string
	for i, c := range found.Checks {
		line := fmt.Sprintf("%s %s: %s", c.Name, c.Result, c.Text)
		if i < len(want) && strings.HasPrefix(line, want[i]) {
			line = want[i]
		}
		got = append(got, line)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("checks (-want +got):\n%s", diff)
	}
}

const (
	tokenPassed   = "token passed: Notion accepts the token"
	workspaceLine = "workspace passed: workspace Simulated Company, connection notion-kafka"
	readsAll      = "capabilities passed: it may read content, user information"
	writesNothing = "writing passed: it may not write, as it should be"
	sourcePassed  = "source passed: no other source reads with it"
)

// The checks come in their order, and the databases with what the definition makes of them.
func TestDiscoverShowsAWorkspace(t *testing.T) {
	looks(t, func(l *looker) {
		l.workspace.AddDatabase("Projects", notiontest.Prop{Name: "Status", Kind: notiontest.KindStatus})
		<-time.After(time.Hour)
		twin := l.workspace.AddDatabase("Projects!")
		<-time.After(time.Hour)
		private := l.workspace.AddDatabase("Private")
		l.workspace.AddDatabase("Old").Trash()
		found := l.discover(l.spec(`,"sync":"full_table","streams":[{"match":"title:private","enabled":false},{"match":"database_` + twin.ID() + `","topic":"elsewhere","sync":"incremental"},{"match":7},{"match":"database_*"}],"trigger":{"every":"soon"},"surplus":1`))
		mustCheck(t, found, tokenPassed, workspaceLine, readsAll, writesNothing, "shared passed: 3 databases shared with it: Private, Projects, Projects!", sourcePassed)
		if found.Workspace != "Simulated Company" || found.Connection != "notion-kafka" || !found.At.Equal(time.Now()) {
			t.Errorf("%q, %q, %v", found.Workspace, found.Connection, found.At)
		}
		var got []string
		for _, db := range found.Databases {
			got = append(got, fmt.Sprintf("%s: %s %s %t %v", db.Title, db.Topic, db.Sync, db.Enabled, db.Properties))
		}
		want := []string{
			"Private: notion.acme.private full_table false [Name]",
			"Projects!: elsewhere incremental true [Name]",
			"Projects: notion.acme.projects full_table true [Name Status]",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("databases (-want +got):\n%s", diff)
		}
		if found.Databases[0].Stream != "database_"+private.ID() {
			t.Errorf("the stream of %s is %s", private.ID(), found.Databases[0].Stream)
		}
	})
}

// 500 databases with one data source each take fewer than ten requests.
func TestDiscoverOf500Databases(t *testing.T) {
	looks(t, func(l *looker) {
		for n := range 500 {
			l.workspace.AddDatabase(fmt.Sprintf("Database number %d of this company", n), notiontest.Prop{Name: "Status", Kind: notiontest.KindStatus}, notiontest.Prop{Name: "Due", Kind: notiontest.KindDate})
		}
		began := time.Now()
		found := l.discover(l.spec(""))
		took := time.Since(began)
		if requests := len(l.workspace.Requests()); requests != 9 || len(found.Databases) != 500 {
			t.Errorf("%d databases, %d requests: %v", len(found.Databases), requests, l.workspace.Counts())
		}
		text, err := json.Marshal(found)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d requests, %v, %d bytes", len(l.workspace.Requests()), took, len(text))
		if topics := differentTopics(found); len(topics) != 500 {
			t.Errorf("%d topics", len(topics))
		}
	})
}

// differentTopics are the topics of a discovery.
func differentTopics(found control.Discovery) map[string]bool {
	topics := map[string]bool{}
	for _, db := range found.Databases {
		topics[db.Topic] = true
	}
	return topics
}

// What is wrong with a connection is a check, with what a person does about it.
func TestDiscoverSaysWhatIsWrongWithAConnection(t *testing.T) {
	for name, test := range map[string]struct {
		given func(l *looker) control.Draft
		want  []string
	}{
		"no token": {
			func(*looker) control.Draft { return control.Draft{Spec: json.RawMessage(`{}`)} },
			[]string{"token failed: no token is given: paste the token of a connection, or connect with Notion"},
		},
		"not connected": {
			func(*looker) control.Draft {
				return control.Draft{Spec: json.RawMessage(`{"name":"acme","oauth":true}`)}
			},
			[]string{"token failed: nobody has connected it yet: connect with Notion, or give a token"},
		},
		"refused": {
			func(*looker) control.Draft {
				return control.Draft{Spec: json.RawMessage(`{"name":"acme","token":"ntn_wrong"}`)}
			},
			[]string{"token failed: Notion refuses the token: it may be mistyped, expired or revoked"},
		},
		"no token at all": {
			func(*looker) control.Draft {
				return control.Draft{Spec: json.RawMessage(`{"name":"acme","token":"ntn hunter2\n"}`)}
			},
			[]string{"token failed: "},
		},
		"the file's own": {
			func(*looker) control.Draft { return control.Draft{Spec: json.RawMessage(`{"name":"notion"}`)} },
			[]string{"token failed: Notion refuses the token of source notion: "},
		},
		"a draft of that name": {
			func(*looker) control.Draft { return control.Draft{ID: "X", Spec: json.RawMessage(`{"name":"notion"}`)} },
			[]string{"token failed: no token is given"},
		},
		"a draft that changes it": {
			func(*looker) control.Draft {
				return control.Draft{ID: "X", Source: "notion", Spec: json.RawMessage(`{"name":"x"}`)}
			},
			[]string{"token failed: Notion refuses the token of source notion: "},
		},
		"a grant of nothing": {
			func(*looker) control.Draft {
				return control.Draft{Spec: json.RawMessage(`{"oauth":true}`), Granted: &control.DraftGrant{Pair: json.RawMessage(`[]`)}}
			},
			[]string{"token failed: what Notion granted cannot be read any more: connect again"},
		},
		"a grant that is refused": {
			func(*looker) control.Draft {
				return control.Draft{Spec: json.RawMessage(`{"oauth":true}`), Granted: &control.DraftGrant{Pair: json.RawMessage(`{"Token":{"access_token":"ntn_gone"}}`)}}
			},
			[]string{"token failed: Notion refuses the connection: it may have been removed in Notion. Connect again"},
		},
		"nothing shared": {
			func(l *looker) control.Draft { return l.spec("") },
			[]string{
				tokenPassed, workspaceLine, readsAll, writesNothing,
				`shared failed: no database is shared with the connection "notion-kafka" of workspace "Simulated Company": in Notion, (1) open a database`, sourcePassed,
			},
		},
		"no content": {
			func(l *looker) control.Draft {
				l.workspace.AddDatabase("Tasks")
				l.workspace.SetCapabilities(notiontest.ReadUsers)
				return l.spec("")
			},
			[]string{tokenPassed, workspaceLine, `capabilities failed: it may read user information; it lacks the capability "Read content", so nothing can be read: tick it`, writesNothing, sourcePassed},
		},
		"no users, and it may write": {
			func(l *looker) control.Draft {
				l.workspace.AddDatabase("Tasks")
				l.workspace.SetCapabilities(notiontest.ReadContent, notiontest.UpdateContent, notiontest.InsertContent)
				return l.spec("")
			},
			[]string{
				tokenPassed, "workspace passed: Notion accepts the token, and does not show the names",
				`capabilities noted: it may read content; it lacks the capability "Read user information", so people have ids and no names`,
				`writing noted: it seems to be allowed to write ("Update content", "Insert content"), and notion-kafka only reads`,
				"shared passed: 1 database shared with it: Tasks", sourcePassed,
			},
		},
		"some cannot be read": {
			func(l *looker) control.Draft {
				l.workspace.AddDatabase("Tasks")
				l.workspace.AddDatabase("Garbled").DataSource().Garble(notiontest.NameTwice)
				l.workspace.AddDatabase("Closed").DataSource().Garble(notiontest.OnlyAnID)
				return l.spec("")
			},
			[]string{tokenPassed, workspaceLine, readsAll, writesNothing, "shared noted: 1 database shared with it: Tasks; not listed: 1 data source that cannot be read; Notion shows only the ids of 1 data sources", sourcePassed},
		},
		"the token of another source": {
			func(l *looker) control.Draft {
				l.workspace.AddDatabase("Tasks")
				l.app.Config.Sources[0].Token = config.Secret(l.workspace.Token())
				return l.spec("")
			},
			[]string{tokenPassed, workspaceLine, readsAll, writesNothing, "shared passed: ", "source failed: this connection is already connected as source notion. Two sources with one connection would share its request budget"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			looks(t, func(l *looker) {
				t := l.t
				found := l.discover(test.given(l))
				mustCheck(t, found, test.want...)
				if text := fmt.Sprint(found); strings.Contains(text, "hunter2") || strings.Contains(text, l.workspace.Token()) {
					t.Errorf("the answer has the token: %s", text)
				}
				if found.Databases == nil {
					t.Error("the databases are null in JSON")
				}
			})
		})
	}
}

// A Notion that does not answer says nothing of the connection: it may be tried again.
func TestDiscoverWithoutNotion(t *testing.T) {
	for name, faults := range map[string][]notiontest.Fault{
		"down":      slices.Repeat([]notiontest.Fault{notiontest.BadGateway()}, 20),
		"silent":    {notiontest.Slow(time.Hour)},
		"throttled": slices.Repeat([]notiontest.Fault{notiontest.RateLimited("public_api_space_request_rate_limit", 50*time.Second)}, 20),
	} {
		for _, endpoint := range []notiontest.Endpoint{"GET /v1/users/me", "POST /v1/search"} {
			t.Run(name+" "+string(endpoint), func(t *testing.T) {
				looks(t, func(l *looker) {
					t := l.t
					l.workspace.AddDatabase("Tasks")
					l.workspace.FailNext(endpoint, faults...)
					began := time.Now()
					_, err := l.Discover(t.Context(), l.spec(""))
					told, is := errors.AsType[*control.Error](err)
					if !is || told.Kind != control.Unavailable || !strings.HasPrefix(told.Message, "asking Notion for what the connection shows: ") || !strings.HasSuffix(told.Message, ". Try again in a moment") {
						t.Errorf("error %v", err)
					}
					if took := time.Since(began); took > looksWithin {
						t.Errorf("a person waits for %v", took)
					}
					if len(l.definitions.connector.looking) != 0 {
						t.Error("the look is not over")
					}
				})
			})
		}
	}
	looks(t, func(l *looker) { // one bad answer is nothing
		l.workspace.AddDatabase("Tasks")
		l.workspace.FailNext("POST /v1/search", notiontest.RateLimited("public_api_request_rate_limit", 3*time.Second), notiontest.BadGateway())
		l.workspace.FailNext("GET /v1/users", notiontest.InternalError())
		mustCheck(l.t, l.discover(l.spec("")), tokenPassed, workspaceLine, "capabilities noted: its capabilities are not known: ", writesNothing, "shared passed: ", sourcePassed)
	})
}

// Rights that Notion does not tell in time are not known; the list is there all the same.
func TestDiscoverDoesNotWaitForRights(t *testing.T) {
	looks(t, func(l *looker) {
		l.workspace.AddDatabase("Tasks")
		l.workspace.FailNext("GET /v1/users", notiontest.Slow(time.Hour))
		mustCheck(l.t, l.discover(l.spec("")), tokenPassed, workspaceLine, "capabilities noted: its capabilities are not known: ", "writing noted: whether it may write is not known: ", "shared passed: ", sourcePassed)
	})
}

// A personal token cannot list users, which says nothing of the names it sees.
func TestDiscoverWithAPersonalToken(t *testing.T) {
	looks(t, func(l *looker) {
		l.workspace.AddDatabase("Tasks")
		l.definitions.connector.transport = ownUser{l.workspace.RoundTripper(), `{"object":"user","id":"248104cd-477e-80fd-b757-e945d38000bd","type":"person","name":"Ada","person":{}}`}
		mustCheck(l.t, l.discover(l.spec("")), tokenPassed, "workspace passed: workspace (unnamed), the personal token of Ada", "capabilities passed: it may read content", writesNothing, "shared passed: ", sourcePassed)
		if asked := l.workspace.Counts()["GET /v1/users"]; asked != 0 {
			t.Errorf("%d requests for the users", asked)
		}
	})
}

// An ownUser answers whose token it is, and leaves the other requests to the workspace.
type ownUser struct {
	http.RoundTripper
	user string
}

func (o ownUser) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path != "/v1/users/me" {
		return o.RoundTripper.RoundTrip(r)
	}
	header := http.Header{"Content-Type": {"application/json"}, "Date": {time.Now().UTC().Format(http.TimeFormat)}}
	return &http.Response{StatusCode: http.StatusOK, Header: header, Body: io.NopCloser(strings.NewReader(o.user)), Request: r}, nil
}

// Titles and names of any length and kind are kept short, and a list that is too long for a
// draft is cut, which is said.
func TestDiscoverKeepsADraftSmall(t *testing.T) {
	looks(t, func(l *looker) {
		ugly := strings.Repeat("\u202e\x00<script>\n", 200)
		for n := range 2500 {
			db := l.workspace.AddDatabase(fmt.Sprint(n, ugly))
			if n%100 == 0 {
				db.DataSource().AddProperty(notiontest.Prop{Name: ugly, Kind: notiontest.KindNumber})
			}
		}
		found := l.discover(l.spec(`,"topic_prefix":"` + strings.Repeat("p", 200) + `"`))
		text, err := json.Marshal(found)
		if err != nil || len(text) > mostFound+10_000 || len(found.Databases) < 500 {
			t.Errorf("%d databases, %d bytes, %v", len(found.Databases), len(text), err)
		}
		for _, db := range found.Databases {
			if width(db.Title) > mostTitle || strings.ContainsAny(db.Title, "\x00\n") || len(db.Topic) > mostTopic {
				t.Fatalf("the title %q, topic %q", db.Title, db.Topic)
			}
		}
		mustCheck(l.t, found, tokenPassed, workspaceLine, readsAll, writesNothing, "shared noted: 2500 databases shared with it: ", sourcePassed)
		if said := found.Checks[4].Text; !strings.Contains(said, fmt.Sprintf("the list has the %d that were edited last", len(found.Databases))) || len(said) > 2000 {
			t.Errorf("it says %q", said)
		}
	})
}

// At most four looks are under way; further ones wait for their turn, and not for ever.
func TestDiscoverTakesTurns(t *testing.T) {
	looks(t, func(l *looker) {
		t := l.t
		l.workspace.AddDatabase("Tasks")
		for range mostLooking {
			l.definitions.connector.looking <- struct{}{}
		}
		waiting := make(chan error, 1)
		go func() {
			_, err := l.Discover(t.Context(), l.spec(""))
			waiting <- err
		}()
		synctest.Wait()
		if requests := len(l.workspace.Requests()); requests != 0 {
			t.Errorf("%d requests before its turn", requests)
		}
		<-l.definitions.connector.looking
		if err := <-waiting; err != nil {
			t.Errorf("after a turn is free: %v", err)
		}
		l.definitions.connector.looking <- struct{}{}
		_, err := l.Discover(t.Context(), l.spec(""))
		mustSayKind(t, err, control.Unavailable, "4 other connections are being looked at", "try again")
	})
}

// What is no definition is refused, and the token in it is not repeated.
func TestDiscoverOfNoDefinition(t *testing.T) {
	looks(t, func(l *looker) {
		t := l.t
		for _, spec := range []string{`[]`, `"ntn_hunter2"`, ``, `{"token":"ntn_hunter2"`, `{"token":"ntn_hunter2","description":"` + strings.Repeat("x", 64<<10) + `"}`} {
			_, err := l.Discover(t.Context(), control.Draft{Spec: json.RawMessage(spec)})
			if mustSayKind(t, err, control.Invalid); strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%.40s: %v", spec, err)
			}
		}
	})
}
