package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer/control"
)

// A runningDaemon is a process of `run`, with its API.
type runningDaemon struct {
	t    *testing.T
	url  string
	talk *watched
	stop func()
}

var addressInLog = regexp.MustCompile(`"console is serving","address":"([^"]+)"`)

// daemon starts `run` with a console on a free port.
func (tt *terminal) daemon(flags ...string) *runningDaemon {
	tt.t.Helper()
	ctx, cancel := context.WithCancel(tt.t.Context())
	d := &runningDaemon{t: tt.t, talk: newWatched(`"console is serving"`)}
	ended := make(chan int, 1)
	line := append(append([]string{"run", "--set", "console.listen=127.0.0.1:0"}, flags...), tt.flags...)
	go func() {
		ended <- execute(ctx, line, process{Out: &bytes.Buffer{}, Err: d.talk, Environ: tt.environ})
	}()
	d.stop = func() {
		cancel()
		if code := <-ended; code != 0 {
			tt.t.Errorf("the daemon ended with exit %d\n%s", code, d.talk)
		}
	}
	select {
	case <-d.talk.seen:
	case code := <-ended:
		tt.t.Fatalf("the daemon ended with exit %d\n%s", code, d.talk)
	}
	d.url = "http://" + addressInLog.FindStringSubmatch(d.talk.String())[1]
	return d
}

// ask sends a request and returns the status and the body.
func (d *runningDaemon) ask(method, path, body string) (status int, answer string) {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), method, d.url+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// must is ask for a request that has to have this status.
func (d *runningDaemon) must(status int, method, path, body string) string {
	d.t.Helper()
	got, answer := d.ask(method, path, body)
	if got != status {
		d.t.Fatalf("%s %s: status %d, want %d\n%s\n%s", method, path, got, status, answer, d.talk)
	}
	return answer
}

// run starts a run and waits for its end.
func (d *runningDaemon) run(source, order string) (last control.Run) {
	d.t.Helper()
	var run control.Run
	if err := json.Unmarshal([]byte(d.must(202, "POST", "/api/v1/sources/"+source+"/runs", order)), &run); err != nil {
		d.t.Fatal(err)
	}
	events := d.must(200, "GET", "/api/v1/runs/"+run.ID+"/events", "")
	for line := range strings.Lines(events) {
		if data, is := strings.CutPrefix(line, "data:"); is {
			if err := json.Unmarshal([]byte(data), &last); err != nil {
				d.t.Fatal(err)
			}
		}
	}
	return last
}

// The settings of the console reach it: who only looks changes nothing and sees no
// contents, of an instance that works all the same.
func TestAnInstanceForPeopleWhoOnlyLook(t *testing.T) {
	tt := serving(t)
	tt.addTasks(5)
	d := tt.daemon("--set", "console.read_only=true", "--set", "console.preview=false", "--set", "defaults.trigger.manual=true")
	for _, change := range [][2]string{{"POST", "/api/v1/sources/notion/runs"}, {"PUT", "/api/v1/sources/notion/pause"}, {"GET", "/oauth/start?source=notion"}} {
		if answer := d.must(403, change[0], change[1], ""); !strings.Contains(answer, "console.read_only") {
			t.Errorf("%s: %s", change[1], answer)
		}
	}
	if answer := d.must(403, "GET", "/api/v1/catalog/notion.notion.databases/records", ""); !strings.Contains(answer, "console.preview") {
		t.Errorf("records: %s", answer)
	}
	d.must(200, "GET", "/api/v1/sources", "")
	d.stop()
}

// A source made through the API runs beside that of the file, and survives a restart of
// the daemon; its token appears nowhere.
func TestSourceThroughTheAPI(t *testing.T) {
	tt := serving(t)
	tt.addTasks(5)
	token := tt.workspace.Token()
	d := tt.daemon("--set", "defaults.trigger.manual=true")
	spec := `{"name": "crm", "description": "customers", "token": "` + token + `", "streams": [{"match": "database_*"}]}`
	made := d.must(201, "POST", "/api/v1/sources", spec)
	for _, text := range []string{`"origin":"console"`, `"description":"customers"`, `"status":"`} {
		if !strings.Contains(made, text) || strings.Contains(made, token) {
			t.Errorf("made: %s", made)
		}
	}
	if run := d.run("crm", ""); run.Status != control.Succeeded || len(run.Streams) != 1 || run.Streams[0].Published != 5 {
		t.Errorf("%+v", run)
	}
	d.must(409, "POST", "/api/v1/sources", spec)
	d.must(422, "PUT", "/api/v1/sources/crm", `{"topic_prefix": "notion.notion."}`)
	d.must(422, "PUT", "/api/v1/sources/crm", `{"sync": "sometimes"}`)
	d.must(409, "PUT", "/api/v1/sources/notion", `{"token": "x"}`)
	d.must(200, "PUT", "/api/v1/sources/crm", `{"description": "other"}`) // the token is kept
	if run := d.run("crm", `{"full": true}`); run.Status != control.Succeeded || len(run.Streams) != 2 || run.Streams[1].Unchanged != 5 {
		t.Errorf("%+v", run)
	}
	if records := d.must(200, "GET", "/api/v1/catalog/notion.crm.engineering_tasks/records?limit=3", ""); strings.Count(records, `"offset"`) != 3 {
		t.Errorf("records: %s", records)
	}
	metrics := d.must(200, "GET", "/metrics", "")
	for _, line := range []string{
		`notion_kafka_rows_published_total{op="snapshot",source="crm",stream="`, `notion_kafka_runs_total{source="crm",status="succeeded"} 2`,
		`notion_kafka_transactions_total{outcome="committed"}`, "notion_kafka_shards_owned 2", "notion_kafka_config_mismatch 0",
	} {
		if !strings.Contains(metrics, line) {
			t.Errorf("no metric %s", line)
		}
	}
	d.must(200, "GET", "/readyz", "")
	d.stop()
	if strings.Contains(d.talk.String(), token) {
		t.Error("the log holds the token")
	}

	again := tt.daemon("--set", "defaults.trigger.manual=true")
	if run := again.run("crm", ""); run.Status != control.Succeeded {
		t.Errorf("%+v", run)
	}
	if runs := again.must(200, "GET", "/api/v1/sources/crm/runs", ""); strings.Count(runs, `"id"`) != 3 {
		t.Errorf("history: %s", runs)
	}
	again.must(204, "DELETE", "/api/v1/sources/crm", "")
	again.must(404, "GET", "/api/v1/sources/crm", "")
	if metrics := again.must(200, "GET", "/metrics", ""); strings.Contains(metrics, `source="crm"`) {
		t.Error("a source that was removed has metrics")
	}
	again.stop()
}

// The tables of the catalog have the fields that the document lists.
func TestCatalogHasWhatIsDescribed(t *testing.T) {
	tt := serving(t)
	tt.addTasks(1)
	d := tt.daemon("--set", "defaults.trigger.manual=true")
	defer d.stop()
	d.run("notion", "")
	var document struct {
		Components struct {
			Schemas map[string]struct {
				Properties map[string]any
				Required   []string
			}
		}
	}
	if err := json.Unmarshal([]byte(d.must(200, "GET", "/api/v1/openapi.json", "")), &document); err != nil {
		t.Fatal(err)
	}
	described := document.Components.Schemas["Table"]
	var tables []map[string]any
	if err := json.Unmarshal([]byte(d.must(200, "GET", "/api/v1/catalog", "")), &tables); err != nil || len(tables) != 2 {
		t.Fatalf("%v, %d tables", err, len(tables))
	}
	for _, table := range tables {
		for _, field := range described.Required {
			if _, has := table[field]; !has {
				t.Errorf("topic %v lacks %s", table["topic"], field)
			}
		}
		for field := range table {
			if _, is := described.Properties[field]; !is {
				t.Errorf("topic %v has %s, which the document does not describe", table["topic"], field)
			}
		}
	}
}

// The metric of published rows counts no delete without a record.
func TestPublishedCountsRecords(t *testing.T) {
	for form, want := range map[string]string{"tombstone": "1", "soft": "1", "both": "1", "none": "0"} {
		t.Run(form, func(t *testing.T) {
			tt := serving(t)
			db := tt.addTasks(3)
			d := tt.daemon("--set", "defaults.trigger.manual=true", "--set", "defaults.deletes="+form)
			defer d.stop()
			d.run("notion", "")
			tt.workspace.Trash(db.Pages(notiontest.Live)[1])
			if run := d.run("notion", `{"full": true}`); len(run.Streams) != 2 || run.Streams[1].Deleted != 1 {
				t.Fatalf("%+v", run)
			}
			line := `notion_kafka_rows_published_total{op="delete",source="notion",stream="database_` + db.ID() + `"} `
			_, rest, _ := strings.Cut(d.must(200, "GET", "/metrics", ""), line)
			if got, _, _ := strings.Cut(rest, "\n"); got != want {
				t.Errorf("%s%s, want %s", line, got, want)
			}
		})
	}
}

// The time when a stream is overdue follows the trigger of the configuration.
func TestOverdueFollowsTheTrigger(t *testing.T) {
	tt := serving(t)
	tt.addTasks(1)
	d := tt.daemon("--set", "defaults.trigger={every: 6h}")
	defer d.stop()
	d.run("notion", "")
	const jitter = 3 * 30
	if patience := d.metric("overdue", "notion") - d.metric("last_success", "notion"); patience < 18*3600 || patience > 18*3600+jitter {
		t.Errorf("late %v seconds after its last success, want three times six hours", patience)
	}
}

// Without a key no token is stored.
func TestTokensAreNotKeptUnsealed(t *testing.T) {
	tt := serving(t)
	tt.addTasks(1)
	d := tt.daemon("--set", "defaults.trigger.manual=true", "--set", "kafka.brokers="+strings.Join(tt.app.embedded.Brokers(), ","), "--set", "schema_registry.url="+tt.app.embedded.RegistryURL())
	answer := d.must(409, "POST", "/api/v1/sources", `{"name": "crm", "token": "ntn_secret"}`)
	if !strings.Contains(answer, "keygen") || strings.Contains(answer, "ntn_secret") {
		t.Errorf("%s", answer)
	}
	d.must(404, "GET", "/api/v1/sources/crm", "")
	d.stop()
}
