package console

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/producer/control"
)

// newServer returns a console on loopback with the options o, which shows contents.
func newServer(t *testing.T, backend Backend, o Options) *Server {
	t.Helper()
	o.Preview = true
	return newServerAsIs(t, backend, o)
}

func newServerAsIs(t *testing.T, backend Backend, o Options) *Server {
	t.Helper()
	o.Backend = backend
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if o.PublicURL == "" {
		o.PublicURL = "http://localhost:8080"
	}
	if o.Level == nil {
		o.Level = new(slog.LevelVar)
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// request returns a valid request: to localhost, with JSON as its body.
func request(method, path, body string) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Host = "localhost:8080"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

func TestEveryEndpoint(t *testing.T) {
	const (
		acme = `{"name":"acme","status":"ready","origin":"console","owner":"host-a","workspace":"Acme Inc.","last_run":` + lastRun +
			`,"next_run":"2026-11-20T13:00:00Z","totals":{"streams":2,"rows":7,"held":0,"stuck":1},"days":[{"day":"2026-11-20","snapshot":1,"created":2,"updated":3,"deleted":4,"failed_runs":5}],"trigger":{"every":"15m"},"streams":[{"match":"database_*"}]}`
		sales  = `{"name":"sales","status":"ready","origin":"console","workspace":"","last_run":null,"next_run":null,"totals":{"streams":0,"rows":0,"held":0,"stuck":0},"days":[],"description":"CRM"}`
		queued = `{"id":"run-2","source":"acme","trigger":"manual","status":"queued","started_at":"2026-11-20T12:00:00Z","requests":0,"throttled_seconds":0,"streams":[]}`
	)
	cursor := "/api/v1/sources/acme/streams/" + stream
	for _, test := range []struct {
		method, path, body string
		done               string // of the backend
		status             int
		location, answer   string
	}{
		{"GET", "/", "", "", 200, "", `{"name":"notion-kafka","version":"","api":"/api/v1/openapi.json"}`},
		{"GET", "/api/v1/sources", "", "", 200, "", "[" + acme + "]"},
		{"POST", "/api/v1/sources", `{"token":"ntn_1", "name":"sales", "description":"CRM"}`,
			`put sales create=true {"name":"sales","token":"ntn_1","description":"CRM"}`, 201, "/api/v1/sources/sales", sales},
		{"GET", "/api/v1/sources/acme", "", "", 200, "", acme},
		{"PUT", "/api/v1/sources/sales", `{"token":"ntn_1","description":"CRM"}`,
			`put sales create=false {"name":"sales","token":"ntn_1","description":"CRM"}`, 201, "/api/v1/sources/sales", sales},
		{"PUT", "/api/v1/sources/acme", `{"name":"acme","overlap":"5m"}`, `put acme create=false {"name":"acme","overlap":"5m"}`, 200, "",
			`{"name":"acme","status":"ready","origin":"console","workspace":"","last_run":null,"next_run":null,"totals":{"streams":0,"rows":0,"held":0,"stuck":0},"days":[],"overlap":"5m"}`},
		{"DELETE", "/api/v1/sources/acme", "", "delete acme", 204, "", ""},
		{"GET", "/api/v1/sources/acme/budget", "", "spending acme", 200, "", anHour()},
		{"PUT", "/api/v1/sources/acme/pause", "", "pause acme", 200, "", strings.Replace(acme, "ready", "paused", 1)},
		{"PUT", "/api/v1/sources/acme/resume", "", "resume acme", 200, "", acme},
		{"GET", "/api/v1/sources/acme/streams", "", "streams acme", 200, "",
			`[{"stream":"` + stream + `","title":"Engineering Tasks","topic":"` + topic + `","sync":"incremental","enabled":true,"status":"succeeded",` +
				`"cursor":"2026-11-20T12:00:00Z","rows":12,"held":0,"stuck":0,"scanned":true,"last_run":"2026-11-20T12:00:00Z","left_topics":["notion.old"]}]`},
		{"POST", "/api/v1/discover", `{"token":"ntn_1","streams":7,"x":{}}`, `discover {"token":"ntn_1","streams":7,"x":{}}`, 200, "",
			`{"checks":[{"name":"token","result":"passed","text":"Notion accepts the token"}],"workspace":"Acme Inc.","connection":"kafka","databases":[{"stream":"` + stream +
				`","database_id":"248104cd-477e-80fd-b757-e945d38000bd","title":"Engineering Tasks","icon":"🚀","url":"https://app.notion.com/p/1","last_edited":"2026-11-20T12:00:00Z","created":"2026-11-20T12:00:00Z",` +
				`"properties":["Name"],"data_sources":[{"id":"248104cd-477e-80af-bc30-000bd28de8f9","title":"Tasks"}],"topic":"` + topic + `","sync":"incremental","enabled":true}],"at":"2026-11-20T12:00:00Z"}`},
		{"POST", "/api/v1/discover/sample?stream=" + stream, `{"name":"acme"}`, "sample " + stream + ` {"name":"acme"}`, 200, "",
			`{"stream":"` + stream + `","columns":["Name","Status"],"rows":[["<b>","Done"],["",""]],"more":true}`},
		{"GET", cursor + "/cursor", "", "position " + stream, 200, "",
			`{"source":"acme","stream":"` + stream + `","topic":"` + topic + `","cursors":{"d1":"2026-11-20T12:00:00Z"},"offsets":{"0":4711},"scanned":true}`},
		{"DELETE", cursor + "/cursor", "", "reset " + stream + " forget=false", 204, "", ""},
		{"DELETE", cursor + "/cursor?forget=false", "", "reset " + stream + " forget=false", 204, "", ""},
		{"DELETE", cursor + "/cursor?forget=true", "", "reset " + stream + " forget=true", 204, "", ""},
		{"GET", cursor + "/held", "", "held " + stream + " look=0", 200, "", strings.ReplaceAll(heldPages, "…", "")},
		{"GET", cursor + "/held?look=20", "", "held " + stream + " look=20", 200, "",
			strings.Replace(strings.Replace(heldPages, "…", `,"fate":"trashed","title":"Old"`, 1), "…", `,"fate":"unknown","error":"no answer"`, 1)},
		{"POST", cursor + "/confirm-deletes", "", "confirm " + stream, 202, "/api/v1/runs/run-1", lastRun},
		{"POST", cursor + "/dismiss-deletes", "", "dismiss " + stream, 200, "", `{"dismissed":42}`},
		{"POST", "/api/v1/sources/acme/runs", "", "start acme {Streams:[] Full:false Republish:false Failed:false}", 202, "/api/v1/runs/run-2", queued},
		{"POST", "/api/v1/sources/acme/runs", ` {"streams":["databases"], "full":true, "republish":true} `,
			"start acme {Streams:[databases] Full:true Republish:true Failed:false}", 202, "/api/v1/runs/run-2", queued},
		{"POST", "/api/v1/sources/acme/runs", `{"failed":true}`, "start acme {Streams:[] Full:false Republish:false Failed:true}", 202, "/api/v1/runs/run-2", queued},
		{"GET", "/api/v1/sources/acme/runs", "", "runs acme", 200, "", "[" + lastRun + "]"},
		{"GET", "/api/v1/runs", "", "all runs    100", 200, "", "[" + lastRun + "]"},
		{"GET", "/api/v1/runs?source=acme&status=needs_attention&trigger=startup&limit=1000", "", "all runs acme needs_attention startup 1000", 200, "", "[" + lastRun + "]"},
		{"GET", "/api/v1/runs?source=acme&limit=1", "", "all runs acme   1", 200, "", "[]"},
		{"GET", "/api/v1/instances", "", "instances", 200, "", `{"instances":[` +
			`{"id":"host-a/4711","version":"v1","started_at":"2026-11-20T05:00:00Z","heard_at":"2026-11-20T06:00:00Z","console":"http://host-a:8080","shards":[0,3],"sources":["acme"],"this":true},` +
			`{"id":"host-b/42","version":"v2","started_at":"2026-11-20T05:00:00Z","heard_at":"2026-11-20T05:00:00Z","shards":[],"stalled":{"1":"why"},"sources":[],"this":false}],"disagreements":["acme"]}`},
		{"GET", "/api/v1/runs/run-1", "", "run run-1", 200, "",
			strings.TrimSuffix(lastRun, "}") + `,"log":[{"level":"INFO","msg":"run started"},{"msg":"no JSON <&>"}],"log_cut":true}`},
		{"DELETE", "/api/v1/runs/run-1", "", "cancel run-1", 202, "", lastRun},
		{"GET", "/api/v1/catalog", "", "catalog", 200, "",
			`[{"topic":"` + topic + `","source":"acme","stream":"` + stream + `","title":"Engineering Tasks","rows":-1,"subject":"` + topic + `-value","schema":{"type":"string"},"today":{"day":"2026-11-20","snapshot":0,"created":0,"updated":0,"deleted":0,"failed_runs":0},"consumers":{"groups":[{"group":"bi","state":"Stable","members":1,"lag":12}]}}]`},
		{"GET", "/api/v1/asyncapi.json", "", "asyncapi", 200, "", `{"asyncapi":"3.0.0"}`},
		{"GET", "/api/v1/catalog/" + topic, "", "table " + topic, 200, "",
			`{"topic":"` + topic + `","source":"acme","stream":"` + stream + `","title":"Engineering Tasks","rows":0,"subject":"` + topic + `-value","schema":"string","today":{"day":"2026-11-20","snapshot":0,"created":0,"updated":0,"deleted":0,"failed_runs":0},` +
				`"consumers":{"groups":[],"unknown":"Why."},"about":{"stream":"` + stream + `","title":"","topic":"` + topic + `","sync":"","enabled":true,"status":"","rows":0,"held":0,"stuck":0,"scanned":false},` +
				`"kafka":{"id":"00","partitions":1,"cleanup":"compact"},"versions":[{"version":2,"id":17,"schema":"string"}],"versions_unknown":"Gone.","data_sources":[{"id":"d1","title":"Tasks"}],` +
				`"properties":[{"id":"title","name":"Name","type":"title"},{"id":"a","name":"Of","type":"relation","related_database":"d","related_data_source":"s","related_topic":"` + topic + `"}]}`},
		{"GET", "/api/v1/catalog/" + topic + "/records", "", "records " + topic + " 20", 200, "", "[" + lastRecord + "]"},
		{"GET", "/api/v1/catalog/" + topic + "/records?limit=100", "", "records " + topic + " 100", 200, "", "[" + lastRecord + "]"},
		{"GET", "/api/v1/find?page=p", "", "find p", 200, "", `{"id":"p","answer":"current","text":"","title":"Old","places":[{"source":"acme","stream":"` + stream + `","topic":"` + topic +
			`","answer":"current","text":"","record":{"partition":0,"offset":1,"timestamp":"0001-01-01T00:00:00Z","op":"","title":"Old"}}]}`},
		{"GET", "/api/v1/log-level", "", "", 200, "", `{"level":"info"}`},
		{"PUT", "/api/v1/log-level", `{"level":"debug"}`, "", 200, "", `{"level":"debug"}`},
		{"GET", "/readyz", "", "", 200, "", `{"ready":true,"checks":{}}`},
		{"GET", "/healthz", "", "", 200, "", `ok`},
	} {
		t.Run(test.method+" "+test.path, func(t *testing.T) {
			backend := newFake()
			answer := ask(t, newServer(t, backend, Options{}).handler(), request(test.method, test.path, test.body))
			got := []string{strings.Join(backend.done, "; "), locationOf(t, test.path, answer), strings.TrimSuffix(answer.body, "\n")}
			if diff := cmp.Diff([]string{test.done, test.location, test.answer}, got); diff != "" || answer.status != test.status {
				t.Errorf("status %d, want %d; done, Location and answer:\n%s", answer.status, test.status, diff)
			}
		})
	}
}

// locationOf returns the address that a response to a request of a path leads to, under a
// prefix that a proxy takes away; "" if it leads nowhere.
func locationOf(t *testing.T, path string, answer reply) string {
	t.Helper()
	location := answer.header.Get("Location")
	if location == "" {
		return ""
	}
	to, ours := strings.CutPrefix(resolved(t, "/nk", path, location), "https://host.example/nk")
	if !ours {
		t.Errorf("Location %s of %s leads out of the prefix", location, path)
	}
	return to
}

// anHour is the response with what the fake's connection sent.
func anHour() string {
	var minutes []string
	for n := range 59 {
		minutes = append(minutes, fmt.Sprintf(`{"at":"2026-11-20T12:%02d:00Z","requests":0,"refused":0,"waited_seconds":0}`, n))
	}
	minutes = append(minutes, `{"at":"2026-11-20T12:59:00Z","requests":181,"refused":1,"waited_seconds":2.5}`)
	return `{"requests_per_minute":180,"minutes":[` + strings.Join(minutes, ",") + `]}`
}

const (
	lastRun = `{"id":"run-1","source":"acme","trigger":"schedule","status":"succeeded","started_at":"2026-11-20T12:00:00Z","finished_at":"2026-11-20T12:00:01Z",` +
		`"requests":3,"throttled_seconds":0.5,"streams":[{"stream":"` + stream + `","title":"Engineering Tasks","topic":"` + topic + `","sync":"incremental",` +
		`"kind":"incremental","status":"succeeded","read":2,"published":1,"unchanged":1,"deleted":0,"held":0,"stuck":0,"cursor":"2026-11-20T12:00:00Z"}]}`
	heldPages = `{"source":"acme","stream":"` + stream + `","title":"Engineering Tasks","topic":"` + topic + `","rows":60,"held":2,"pages":[` +
		`{"page":"p","url":"https://www.notion.so/p","last_edited":"2026-11-20T12:00:00Z"…},{"page":"q","url":"https://www.notion.so/q"…}]}`
	lastRecord = `{"topic":"` + topic + `","partition":0,"offset":1,"timestamp":"2026-11-20T12:00:00Z","key":"p","headers":{},"value":null}`
)

func TestLogLevelChangesAtOnce(t *testing.T) {
	level := new(slog.LevelVar)
	s := newServer(t, newFake(), Options{Level: level})
	ask(t, s.handler(), request("PUT", "/api/v1/log-level", `{"level":"warn"}`))
	if level.Level() != slog.LevelWarn {
		t.Errorf("level is %s, want WARN", level.Level())
	}
}

func TestReadinessNamesWhatIsMissing(t *testing.T) {
	backend := newFake()
	backend.wrong = map[string]error{"kafka": errSecret}
	answer := ask(t, newServer(t, backend, Options{}).handler(), request("GET", "/readyz", ""))
	want := `{"ready":false,"checks":{"kafka":"` + errSecret.Error() + `"}}` + "\n"
	if answer.status != http.StatusServiceUnavailable || answer.body != want {
		t.Errorf("%d %s, want 503 %s", answer.status, answer.body, want)
	}
}

func TestSourceWithoutADefinitionIsShown(t *testing.T) {
	backend := newFake()
	backend.sources = []control.Source{{Name: "acme", Status: control.SourceReady, Origin: control.FromFile, Shadowed: true, Reason: "why not"}}
	answer := ask(t, newServer(t, backend, Options{}).handler(), request("GET", "/api/v1/sources", ""))
	want := `[{"name":"acme","status":"ready","reason":"why not","origin":"file","shadowed":true,"workspace":"","last_run":null,"next_run":null,"totals":{"streams":0,"rows":0,"held":0,"stuck":0},"days":[]}]` + "\n"
	if diff := cmp.Diff(want, answer.body); diff != "" {
		t.Error(diff)
	}
}

func TestInvalidDefinitionHidesNoOtherSource(t *testing.T) {
	good := newFake().sources[0]
	for name, spec := range map[string]string{
		"no object":         `[]`,
		"a name of no text": `{"name": true}`,
		"our own names":     `{"name": "bad", "status": "ready", "owner": 1}`,
		"a name twice":      `{"name": "bad", "trigger": {"every": "1m", "every": "2m"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			backend := newFake()
			bad := control.Source{Name: "bad", Definition: json.RawMessage(spec), Status: control.SourceFailing, Reason: "it cannot be read", Origin: control.FromConsole}
			backend.sources = append(backend.sources, bad)
			handler := newServer(t, backend, Options{}).handler()
			var shown []struct{ Name, Status, Reason string }
			all := ask(t, handler, request(http.MethodGet, "/api/v1/sources", ""))
			if err := json.Unmarshal([]byte(all.body), &shown); err != nil || all.status != http.StatusOK || len(shown) != 2 {
				t.Fatalf("GET /sources: %d, %v: %s", all.status, err, all.body)
			}
			if shown[0].Name != good.Name || shown[1].Name != "bad" || shown[1].Status != "failing" || shown[1].Reason != bad.Reason {
				t.Errorf("GET /sources: %+v", shown)
			}
			if one := ask(t, handler, request(http.MethodGet, "/api/v1/sources/bad", "")); one.status != http.StatusOK {
				t.Errorf("GET /sources/bad: %d: %s", one.status, one.body)
			}
		})
	}
}
