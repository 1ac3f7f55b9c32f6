package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer/control"
	"notion-kafka/producer/daemon"
	"notion-kafka/producer/kafka"
)

// An instance is a running daemon with its backend, in this process, against a simulated
// workspace and an embedded broker. Its file has no source.
type instance struct {
	*terminal
	backend *backend
}

// newInstance starts one that the test ends. Every instance that other tests know is made
// of the same parts, see App.service.
func newInstance(t *testing.T) *instance {
	t.Helper()
	tt := serving(t)
	cfg := tt.app.Config
	cfg.Sources = nil
	connector := newConnector(cfg, tt.app.Log, nil)
	s, err := tt.app.service(connector, nil, nil, func(_ *App, options *daemon.Options) { options.Observer = nil })
	if err != nil {
		t.Fatal(err)
	}
	keys, err := connector.keys()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	made := &instance{tt, &backend{Daemon: s.daemon, app: tt.app, definitions: definitions{config: cfg, connector: connector, keys: keys}, authorizer: newAuthorizer(cfg, connector)}}
	if err := made.backend.Awake(t.Context()); err != nil {
		t.Fatal(err)
	}
	return made
}

// make makes a source and carries out its first run.
func (i *instance) make(name, spec string) control.Run {
	i.t.Helper()
	if _, err := i.backend.PutSource(i.t.Context(), name, json.RawMessage(spec), true); err != nil {
		i.t.Fatal(err)
	}
	return i.run(name)
}

// run carries out a run of a source, which must succeed.
func (i *instance) run(name string) control.Run {
	i.t.Helper()
	run := i.ended(name)
	if run.Status != control.Succeeded {
		i.t.Fatalf("the run of %s: %+v", name, run)
	}
	return run
}

// ended carries out a run of a source, and returns it however it ended.
func (i *instance) ended(name string) (run control.Run) {
	i.t.Helper()
	run, err := i.backend.Start(i.t.Context(), name, control.Order{})
	if err != nil {
		i.t.Fatal(err)
	}
	for now, err := range i.backend.Follow(i.t.Context(), run.ID) {
		if err != nil {
			i.t.Fatal(err)
		}
		run = now
	}
	return run
}

func (i *instance) review(d control.Draft) control.Review {
	i.t.Helper()
	review, err := i.backend.Review(i.t.Context(), d)
	if err != nil {
		i.t.Fatal(err)
	}
	return review
}

// found is the discovery of the workspace's databases, as search would show them.
func found(dbs ...*notiontest.Database) *control.Discovery {
	d := &control.Discovery{}
	for n, db := range dbs {
		d.Databases = append(d.Databases, control.FoundDatabase{
			Stream: "database_" + db.ID(), DatabaseID: db.ID(), Title: fmt.Sprint("Table ", n+1), Created: time.Date(2026, 1, 30-n, 0, 0, 0, 0, time.UTC), DataSources: []control.FoundDataSource{{ID: db.ID()}},
		})
	}
	return d
}

// topicsOf is what a review says of its selected tables: title, topic, problem.
func topicsOf(r control.Review) (lines []string) {
	for _, table := range r.Tables {
		state := "off"
		if table.Enabled {
			state = table.Sync
		}
		line := fmt.Sprintf("%s: %s %s, rule %d", table.Title, table.Topic, state, table.Rule)
		if table.Existing != nil {
			line += fmt.Sprintf(", exists (%d, %s, %s)", table.Existing.Partitions, table.Existing.Cleanup, table.Existing.Stream)
		}
		if table.Problem != "" {
			line += ": " + table.Problem
		}
		lines = append(lines, line)
	}
	return lines
}

func pathsOf(r control.Review) (paths []string) {
	for _, p := range r.Problems {
		paths = append(paths, p.Path+": "+p.Message)
	}
	return paths
}

// How many requests a review announces is what a first run of empty tables sends, and the
// topics that it shows are those that the run makes.
func TestTheFirstRunIsWhatTheReviewSaid(t *testing.T) {
	i := newInstance(t)
	title := notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}
	var dbs []*notiontest.Database
	for n := range 5 {
		dbs = append(dbs, i.workspace.AddDatabase(fmt.Sprint("Table ", n+1), title))
	}
	dbs[1].AddDataSource("Second half", title)
	for name, streams := range map[string]string{
		"all":     ``,
		"some":    fmt.Sprintf(`, "streams": [{"match": "database_%s"}, {"match": "database_%s", "sync": "full_table"}]`, dbs[0].ID(), dbs[1].ID()),
		"without": fmt.Sprintf(`, "streams": [{"match": "database_%s", "enabled": false}, {"match": "database_*"}]`, dbs[1].ID()),
		"not-one": fmt.Sprintf(`, "streams": [{"match": "database_%s", "enabled": false}, {"match": "databases"}, {"match": "database_*"}]`, dbs[0].ID()),
	} {
		spec := fmt.Sprintf(`{"name": %q, "token": %q, "trigger": {"manual": true}%s}`, name, i.workspace.Token(), streams)
		discovery := found(dbs...)
		discovery.Databases[1].DataSources = append(discovery.Databases[1].DataSources, control.FoundDataSource{ID: "another"})
		review := i.review(control.Draft{Spec: json.RawMessage(spec), Found: discovery})
		if len(review.Problems) > 0 || review.PerMinute != 180 {
			t.Errorf("%s: %+v", name, review)
		}
		before := i.workspace.Counts()
		run := i.make(name, spec)
		sent := 0
		for endpoint, n := range i.workspace.Counts() {
			sent += n - before[endpoint]
		}
		if review.Requests != sent || run.Requests != int64(sent) {
			t.Errorf("%s: %d requests were announced, %d sent, the run says %d: %v → %v", name, review.Requests, sent, run.Requests, before, i.workspace.Counts())
		}
		shown, made := map[string]string{}, map[string]string{}
		for _, table := range review.Tables {
			if table.Enabled {
				shown[table.Stream] = table.Topic + " " + table.Sync
			}
		}
		for _, s := range run.Streams {
			made[s.Stream] = s.Topic + " " + s.Sync
		}
		if diff := cmp.Diff(shown, made); diff != "" {
			t.Errorf("%s: topics (-review +run):\n%s", name, diff)
		}
	}
}

// A review of an unfinished definition says what is wrong of it, and what the rest does.
func TestAReviewOfADefinitionThatIsWrong(t *testing.T) {
	i := newInstance(t)
	a, b, c := i.addTasks(0), i.addTasks(0), i.addTasks(0)
	i.make("first", fmt.Sprintf(`{"name": "first", "token": %q, "trigger": {"manual": true}, "topic_prefix": "notion.first.", "streams": [{"match": "database_%s", "topic": "notion.shared.tasks"}]}`, i.workspace.Token(), a.ID()))
	if _, err := i.app.Cluster.EnsureTopic(t.Context(), kafka.TopicSpec{Name: "notion.acme.table_2", Partitions: 3, ReplicationFactor: 1, Create: true, Config: map[string]string{"cleanup.policy": "delete"}}); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		spec   string
		topics []string
		wrong  []string
	}{
		"nothing yet": {`{}`, []string{": notion..databases full_table, rule -1", "Table 1: notion..table_1 incremental, rule -1", "Table 2: notion..table_2 incremental, rule -1", "Table 3: notion..table_3 incremental, rule -1"},
			[]string{"token: is missing or empty", "name: is missing"}},
		"the name of another": {`{"name": "first", "token": "t", "streams": [{"match": "title:Table 3"}]}`,
			[]string{": notion.first.databases off, rule -1", "Table 3: notion.first.table_3 incremental, rule 0"}, []string{"name: there is a source first already"}},
		"wrong rules keep their places": {fmt.Sprintf(`{"name": "acme", "token": "t", "sync": "full_table", "trigger": {"cron": "x"}, "streams": [{"match": "databasse"}, {"match": "database_%s", "topic": "a b"}, {"match": "database_%s", "sync": "incremental"}]}`, a.ID(), b.ID()),
			[]string{`Table 1: a b full_table, rule 1: "a b" is not a name Kafka allows`, "Table 2: notion.acme.table_2 incremental, rule 2, exists (3, delete, )", "Table 3: notion.acme.table_3 off, rule -1"},
			[]string{`streams[0].match: "databasse" names no stream`, `streams[1].topic: "a b" is not a name Kafka allows`, `trigger.cron: "x" has 1 fields`}},
		"two for one": {fmt.Sprintf(`{"name": "acme", "token": "t", "streams": [{"match": "database_%s", "topic": "notion.acme.a_b"}, {"match": "database_%s", "topic": "notion.acme.a.b"}]}`, a.ID(), b.ID()),
			[]string{"Table 1: notion.acme.a_b incremental, rule 0: Table 2 gets this topic too", "Table 2: notion.acme.a.b incremental, rule 1: Table 1 gets this topic too"}, []string{"streams[1].topic:"}},
		"topics of another": {fmt.Sprintf(`{"name": "acme", "token": "t", "streams": [{"match": "database_%s", "topic": "notion.first.x"}, {"match": "database_%s", "topic": "notion.shared.tasks"}, {"match": "database_%s", "topic": "secret.x"}]}`, a.ID(), b.ID(), c.ID()),
			[]string{`Table 1: notion.first.x incremental, rule 0: "notion.first.x" of source acme begins with the topic_prefix of source first`, `Table 2: notion.shared.tasks incremental, rule 1, exists (1, compact, first/database_` + a.ID() + `): "notion.shared.tasks" of source acme is the topic of source first too`, `Table 3: secret.x incremental, rule 2: "secret.x" begins with none of console.topic_prefixes`},
			[]string{"streams[0].topic:", "streams[1].topic:", "streams[2].topic:"}},
		"too many": {`{"name": "acme", "token": "t", "max_streams": 2}`,
			[]string{"Table 1: notion.acme.table_1 incremental, rule -1: it waits: the source has room for 2 tables (max_streams)", "Table 2: notion.acme.table_2 incremental, rule -1, exists (3, delete, )\n"}, nil},
		"our own topic": {fmt.Sprintf(`{"name": "acme", "token": "t", "topic_prefix": "notion-kafka.", "properties": "typed", "streams": [{"match": "database_%s", "topic": "notion-kafka.state", "properties": "typed"}]}`, a.ID()),
			[]string{`Table 1: notion-kafka.state incremental, rule 0`}, []string{"streams[0].topic:", "topic_prefix:"}},
	} {
		review := i.review(control.Draft{Spec: json.RawMessage(test.spec), Found: found(a, b, c)})
		topics, wrong := strings.Join(topicsOf(review), "\n"), strings.Join(pathsOf(review), "\n")
		for _, line := range test.topics {
			if !strings.Contains(topics, line) {
				t.Errorf("%s: its tables are not\n%s\nbut\n%s", name, line, topics)
			}
		}
		for _, line := range test.wrong {
			if !strings.Contains(wrong, line) {
				t.Errorf("%s: its problems are not\n%s\nbut\n%s", name, line, wrong)
			}
		}
		if len(review.Problems) != len(test.wrong) {
			t.Errorf("%s: problems:\n%s", name, wrong)
		}
	}
}

// A review of a change goes by the names that the source's streams have, whatever the
// databases are called now, and lists those that the discovery lacks.
func TestAReviewOfAChange(t *testing.T) {
	i := newInstance(t)
	db, other := i.addTasks(1), i.addTasks(0)
	spec := fmt.Sprintf(`{"name": "acme", "token": %q, "trigger": {"manual": true}, "streams": [{"match": "database_%s"}]`, i.workspace.Token(), db.ID())
	i.make("acme", spec+"}")
	stream := "acme/database_" + db.ID()
	for name, test := range map[string]struct {
		spec, topic string
		found       *control.Discovery
		wrong       []string
	}{
		"nothing changes": {spec + "}", "Table 1: notion.acme.engineering_tasks incremental, rule 0, exists (1, compact, " + stream + ")", found(db, other), nil},
		"not found":       {spec + "}", "Engineering Tasks: notion.acme.engineering_tasks incremental, rule 0, exists (1, compact, " + stream + ")", nil, nil},
		"prefix":          {spec + `, "topic_prefix": "notion.eu."}`, "Table 1: notion.eu.engineering_tasks incremental, rule 0", found(db, other), nil},
		"name":            {strings.Replace(spec, "acme", "acne", 1) + "}", "Table 1: notion.acne.engineering_tasks incremental, rule 0", found(db), []string{"name: a source cannot be renamed: its topics and its state are kept under its name"}},
	} {
		review := i.review(control.Draft{Source: "acme", Spec: json.RawMessage(test.spec), Found: test.found})
		if topics := strings.Join(topicsOf(review), "\n"); !strings.Contains(topics+"\n", test.topic+"\n") {
			t.Errorf("%s: its tables are not\n%s\nbut\n%s", name, test.topic, topics)
		}
		if diff := cmp.Diff(test.wrong, pathsOf(review)); diff != "" {
			t.Errorf("%s: problems (-want +got):\n%s", name, diff)
		}
	}
}

// A review waits for Kafka no longer than a person does, and says what it knows.
// A topic keeps its form: a table that was published in one form needs another topic for the
// other, and the review says so at the table, before anything is saved.
func TestATopicKeepsItsForm(t *testing.T) {
	i := newInstance(t)
	db, fresh := i.addTasks(1), i.workspace.AddDatabase("Fresh", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
	spec := func(more, rule string) json.RawMessage {
		return json.RawMessage(fmt.Sprintf(`{"name": "acme", "token": %q, "trigger": {"manual": true}%s, "streams": [{"match": "databases"}, {"match": "database_%s"%s}, {"match": "database_*"}]}`, i.workspace.Token(), more, db.ID(), rule))
	}
	i.make("acme", string(spec("", `}, {"match": "database_`+fresh.ID()+`", "enabled": false`)))
	const typed, moved = `, "properties": "typed"`, `, "topic": "notion.acme.typed"`
	for _, test := range []struct {
		what, more, rule string
		columns          []bool // of the list of databases, of the published table, and of the fresh one
		problem          string
	}{
		{"as it is", "", "", []bool{false, false, false}, ""},
		{"typed", typed, "", []bool{false, true, true}, "was begun without typed columns"},
		{"typed elsewhere", typed, moved, []bool{false, true, true}, ""},
		{"typed, but not this one", typed, `, "properties": "json"`, []bool{false, false, true}, ""},
	} {
		review := i.review(control.Draft{Source: "acme", Spec: spec(test.more, test.rule), Found: found(db, fresh)})
		for n, table := range review.Tables {
			want := ""
			if n == 1 {
				want = test.problem
			}
			if table.Typed != test.columns[n] || want == "" && table.Problem != "" || !strings.Contains(table.Problem, want) {
				t.Errorf("%s: %s has columns: %t, and the problem %q", test.what, table.Topic, table.Typed, table.Problem)
			}
		}
		if review.Typed != (test.more != "") {
			t.Errorf("%s: the source has typed columns: %t", test.what, review.Typed)
		}
	}
	if _, err := i.backend.PutSource(t.Context(), "acme", spec(typed, moved), false); err != nil {
		t.Fatal(err)
	}
	i.ended("acme")
	review := i.review(control.Draft{Source: "acme", Spec: spec("", moved), Found: found(db, fresh)})
	for n, want := range []string{"", "was begun with typed columns", "was begun with typed columns"} {
		if got := review.Tables[n].Problem; !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("without columns again: %s has the problem %q", review.Tables[n].Topic, got)
		}
	}
}

func TestAReviewWithoutKafka(t *testing.T) {
	i := newInstance(t)
	db := i.addTasks(0)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	review, err := i.backend.Review(ctx, control.Draft{Spec: json.RawMessage(`{"name": "acme", "token": "t"}`), Found: found(db)})
	if err != nil || len(review.Tables) != 2 || review.Tables[1].Existing != nil {
		t.Errorf("%+v, %v", review, err)
	}
}

// The definition of a source is what was given without its token, and its YAML makes the
// same source.
func TestTheDefinitionOfASourceOfTheAPI(t *testing.T) {
	i := newInstance(t)
	i.addTasks(0)
	i.make("acme", fmt.Sprintf(`{"trigger": {"manual": true}, "name": "acme", "token": %q, "description": "ours"}`, i.workspace.Token()))
	asJSON, asYAML, err := i.backend.Definition("acme")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(asJSON), `{"name":"acme","description":"ours","trigger":{"manual":true}}`; got != want {
		t.Errorf("as JSON: %s, want %s", got, want)
	}
	want := "- name: acme\n  description: ours\n  token: ${ACME_NOTION_TOKEN} # set this variable to the token of the connection\n  trigger: {manual: true}\n"
	if diff := cmp.Diff(want, asYAML); diff != "" {
		t.Errorf("as YAML (-want +got):\n%s", diff)
	}
	if _, _, err := i.backend.Definition("acne"); !isKind(err, control.NotFound) {
		t.Errorf("of a source that is not there: %v", err)
	}
}

func isKind(err error, kind control.ErrorKind) bool {
	told, is := errors.AsType[*control.Error](err)
	return is && told.Kind == kind
}
