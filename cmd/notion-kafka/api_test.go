package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	runningRun = `{"id":"R1","source":"acme","trigger":"manual","status":"running","started_at":"2026-03-01T06:00:00Z","requests":1,"throttled_seconds":0,"streams":[` +
		`{"stream":"databases","topic":"notion.acme.databases","sync":"full_table","kind":"scan","status":"running","read":0,"published":0,"unchanged":0,"deleted":0,"held":0,"stuck":0}]}`
	succeededRun = `{"id":"R1","source":"acme","trigger":"manual","status":"succeeded","started_at":"2026-03-01T06:00:00Z","finished_at":"2026-03-01T06:00:05.04Z","requests":7,"throttled_seconds":1.5,"streams":[` +
		`{"stream":"databases","title":"","topic":"notion.acme.databases","sync":"full_table","kind":"scan","status":"succeeded","read":3,"published":2,"unchanged":1,"deleted":0,"held":0,"stuck":0}]}`
	heldRun = `{"id":"R1","source":"acme","trigger":"manual","status":"needs_attention","started_at":"2026-03-01T06:00:00Z","finished_at":"2026-03-01T06:00:05Z","requests":7,"throttled_seconds":0,"streams":[` +
		`{"stream":"databases","topic":"notion.acme.databases","sync":"full_table","kind":"scan","status":"needs_attention","read":3,"published":2,"unchanged":1,"deleted":0,"held":30,"stuck":0,"error":"30 of 40 pages are missing"}]}`
	refusedRun = `{"id":"R1","source":"acme","trigger":"schedule","status":"failed","started_at":"2026-03-01T06:00:00Z","finished_at":"2026-03-01T06:00:01Z","requests":1,"throttled_seconds":0,"error":"Notion refuses the token","streams":[]}`
	source     = `{"name":"acme","description":"<ours>","status":"needs_attention","origin":"console","workspace":"Acme","reason":"30 of 40 pages are missing","last_run":` + heldRun + `,"next_run":"2126-03-01T06:05:00Z"}`
	fresh      = `{"name":"beta","status":"waiting","origin":"file","workspace":"","last_run":null,"next_run":null}`
	shadowed   = `{"name":"beta","status":"late","origin":"console","shadowed":true,"workspace":"","last_run":null,"next_run":null}`
	discovery  = `{"checks":[{"name":"token","result":"passed","text":"the token works"},{"name":"capabilities","result":"noted","text":"names of people cannot be read"}],"databases":[]}`
	group      = `{"instances":[{"id":"host-a/1","version":"v1","started_at":"2026-03-01T06:00:00Z","heard_at":"2026-03-01T07:00:00Z","console":"http://host-a:8080","shards":[0,1],"sources":["acme","beta"],"this":true},` +
		`{"id":"host-b/1","version":"v2","started_at":"2026-03-01T06:00:00Z","heard_at":"2026-03-01T07:00:00Z","shards":[],"stalled":{"3":"the topic is gone"},"sources":[],"this":false}],"disagreements":["acme"]}`
	heldPages = `{"source":"acme","stream":"database_248104cd-477e-80fd-b757-e945d38000bd","title":"Private","topic":"notion.acme.private","rows":60,"held":3,"pages":[` +
		`{"page":"p1","url":"https://www.notion.so/p1","last_edited":"2026-03-01T06:00:00Z","fate":"still_there","title":"A plan"},{"page":"p2","url":"https://www.notion.so/p2","fate":"unknown","error":"no answer"}]}`
	streams = `[{"stream":"databases","title":"","topic":"notion.acme.databases","sync":"full_table","enabled":true,"health":"needs_attention","status":"succeeded","rows":3,"held":30,"stuck":0,"scanned":true,"cursor":"2026-03-01T06:00:00Z"},` +
		`{"stream":"database_248104cd-477e-80fd-b757-e945d38000bd","title":"Private","topic":"","sync":"incremental","properties":"typed","enabled":false,"status":"","rows":0,"held":0,"stuck":0,"scanned":false}]`
)

func eventsOf(runs ...string) string {
	text := "200 "
	for i, run := range runs {
		text += fmt.Sprintf("event: run\nid: %d\ndata: %s\n\n: still here\n\n", i+1, run)
	}
	return text
}

// The requests of each command, its output and its exit code.
func TestCommandsOfARunningDaemon(t *testing.T) {
	const spec = `{"name": "acme", "token": "ntn_hunter2"}`
	tests := map[string]struct {
		line    string
		stdin   string
		answers map[string][]string
		asks    []string
		code    int
		out     []string // regular expressions, each for one line of stdout
		talk    []string
	}{
		"sources": {
			line: "sources", answers: map[string][]string{"GET /api/v1/sources": {"200 [" + source + "," + fresh + "," + shadowed + "]"}},
			asks: []string{"GET /api/v1/sources"},
			out: []string{
				`^SOURCE +STATUS +ORIGIN +LAST RUN +ENDED +NEXT RUN +REASON$`,
				`^acme +Needs attention +console +2026-03-01T06:00:00Z +needs_attention +2126-03-01T06:05:00Z +30 of 40 pages are missing$`,
				`^beta +Waiting for its first run +file +- +- +-\s*$`, `^beta +Late +console, shadowed by the file +- `,
			},
		},
		"sources as JSON": {
			line: "sources --output json", answers: map[string][]string{"GET /api/v1/sources": {"200 [" + source + "]"}},
			asks: []string{"GET /api/v1/sources"}, out: []string{`^    "description": "<ours>",$`, `^    "workspace": "Acme",$`},
		},
		"sources show": {
			line: "sources show acme", answers: map[string][]string{"GET /api/v1/sources/acme": {"200 " + source}, "GET /api/v1/sources/acme/streams": {"200 " + streams}},
			asks: []string{"GET /api/v1/sources/acme", "GET /api/v1/sources/acme/streams"},
			out: []string{
				`^acme +Needs attention`, `^databases +notion.acme.databases +full_table +- +yes +3 +30 +0 +2026-03-01T06:00:00Z +- +Needs attention\s*$`,
				`^database_248104cd-477e-80fd-b757-e945d38000bd +Private +incremental +typed +no +0 +0 +0 +- +-\s*$`,
			},
		},
		"sources show as JSON": {
			line: "sources show acme --output json", answers: map[string][]string{"GET /api/v1/sources/acme": {"200 " + source}, "GET /api/v1/sources/acme/streams": {"200 " + streams}},
			asks: []string{"GET /api/v1/sources/acme", "GET /api/v1/sources/acme/streams"}, out: []string{`^  "source": {$`, `^  "streams": \[$`},
		},
		"sources show as YAML": {
			line: "sources show acme --output yaml", answers: map[string][]string{"GET /api/v1/sources/acme/definition": {"200 - name: acme\n"}},
			asks: []string{"GET /api/v1/sources/acme/definition"}, out: []string{`\A- name: acme\n\z`},
		},
		"sources show as something else": {line: "sources show acme --output xml", code: 2, talk: []string{`--output "xml": use table, json or yaml$`}},
		"sources show of none": {
			line: "sources show a/b", answers: map[string][]string{"GET /api/v1/sources/a%2Fb": {"404 " + problemText(404, `there is no source "a/b"`)}},
			asks: []string{"GET /api/v1/sources/a%2Fb"}, code: 2, talk: []string{`^notion-kafka: showing source a/b: there is no source "a/b"$`},
		},
		"sources add": {
			line: "sources add -f -", stdin: spec, answers: map[string][]string{"POST /api/v1/sources": {"201 " + source}, "POST /api/v1/discover": {"200 " + discovery}},
			asks: []string{`POST /api/v1/discover {"name":"acme","token":"ntn_hunter2"}`, `POST /api/v1/sources {"name":"acme","token":"ntn_hunter2"}`},
			talk: []string{`^✓ the token works$`, `^! names of people cannot be read$`, `^source acme: made$`, "^`notion-kafka sources show acme` shows how it is, and so does http://127.0.0.1:[0-9]+/sources/acme$"},
		},
		"sources add of a connection that shows nothing": {
			line: "sources add -f -", stdin: spec, answers: map[string][]string{"POST /api/v1/discover": {"200 " + strings.Replace(discovery, "noted", "failed", 1)}},
			asks: []string{`POST /api/v1/discover {"name":"acme","token":"ntn_hunter2"}`}, code: 1,
			talk: []string{`^✓ the token works$`, `^✗ names of people cannot be read$`, `^notion-kafka: adding source acme: nothing was changed, because of the ✗ above: mend that, or give --unchecked$`},
		},
		"sources add --unchecked": {
			line: "sources add --unchecked -f -", stdin: spec, answers: map[string][]string{"POST /api/v1/sources": {"201 " + source}},
			asks: []string{`POST /api/v1/sources {"name":"acme","token":"ntn_hunter2"}`}, talk: []string{`^source acme: made$`},
		},
		"sources add while Notion is away": {
			line: "sources add -f -", stdin: spec, answers: map[string][]string{"POST /api/v1/discover": {"503 " + problemText(503, "Notion does not answer")}},
			asks: []string{`POST /api/v1/discover {"name":"acme","token":"ntn_hunter2"}`}, code: 1, talk: []string{`^notion-kafka: adding source acme: checking its connection: Notion does not answer$`},
		},
		"sources add of an older daemon": {
			line: "sources add -f -", stdin: spec, answers: map[string][]string{"POST /api/v1/sources": {"201 " + source}},
			asks: []string{`POST /api/v1/discover {"name":"acme","token":"ntn_hunter2"}`, `POST /api/v1/sources {"name":"acme","token":"ntn_hunter2"}`},
			talk: []string{`^! its connection is not checked: the daemon at http://127.0.0.1:[0-9]+ is of an older version, which cannot$`, `^source acme: made$`},
		},
		"sources add to be connected": {
			line: "sources add -f -", stdin: `{"name":"acme","oauth":true}`, answers: map[string][]string{"POST /api/v1/sources": {"201 " + source}},
			asks: []string{`POST /api/v1/sources {"name":"acme","oauth":true}`},
			talk: []string{`^source acme: made$`, "^connect it next: `notion-kafka login --source acme`, or open http://127.0.0.1:[0-9]+/oauth/start\\?source=acme$"},
		},
		"sources add of YAML, as under sources": {
			line: "sources add --file -", stdin: "- name: acme\n  token: ntn_hunter2\n  trigger: {daily_at: 06:00}\n",
			answers: map[string][]string{"POST /api/v1/sources": {"201 " + source}},
			asks:    []string{`POST /api/v1/discover {"name":"acme","token":"ntn_hunter2","trigger":{"daily_at":"06:00"}}`, `POST /api/v1/sources {"name":"acme","token":"ntn_hunter2","trigger":{"daily_at":"06:00"}}`}, talk: []string{`^source acme: made$`},
		},
		"sources add --replace": {
			line: "sources add --replace -f -", stdin: spec, answers: map[string][]string{"PUT /api/v1/sources/acme": {"200 " + source}},
			asks: []string{`POST /api/v1/discover {"name":"acme","token":"ntn_hunter2"}`, `PUT /api/v1/sources/acme {"name":"acme","token":"ntn_hunter2"}`}, talk: []string{`^source acme: stored$`},
		},
		"sources add, refused": {
			line: "sources add -f -", stdin: spec,
			answers: map[string][]string{"POST /api/v1/sources": {"422 " + problemText(422, "topic_prefx: unknown key, did you mean \"topic_prefix\"?\ntrigger: has no value")}},
			asks:    []string{`POST /api/v1/discover {"name":"acme","token":"ntn_hunter2"}`, `POST /api/v1/sources {"name":"acme","token":"ntn_hunter2"}`}, code: 1,
			talk: []string{`^notion-kafka: adding source acme: topic_prefx: unknown key, did you mean "topic_prefix"\?$`, `^trigger: has no value$`},
		},
		"sources add without a name":  {line: "sources add -f -", stdin: `{"token": "ntn_hunter2"}`, code: 2, talk: []string{`- is not one element of sources: with a name$`}},
		"sources add of two":          {line: "sources add -f -", stdin: "- name: a\n- name: b\n", code: 2, talk: []string{`- is not one element of sources: with a name$`}},
		"sources add of nonsense":     {line: "sources add -f -", stdin: "a: [ntn_hunter2", code: 2, talk: []string{`- is neither JSON nor YAML$`}},
		"sources add of no such file": {line: "sources add -f nowhere.json", code: 2, talk: []string{`nowhere.json: no such file`}},
		"sources add without a file":  {line: "sources add", code: 2, talk: []string{`"file" not set`}},
		"sources remove": {
			line: "sources remove acme", answers: map[string][]string{"DELETE /api/v1/sources/acme": {"204 "}},
			asks: []string{"DELETE /api/v1/sources/acme"}, talk: []string{`^source acme: removed; its topics and its state stay$`},
		},
		"sources remove of the file's": {
			line: "sources remove acme", answers: map[string][]string{"DELETE /api/v1/sources/acme": {"409 " + problemText(409, "source acme is of the configuration file")}},
			asks: []string{"DELETE /api/v1/sources/acme"}, code: 1, talk: []string{`^notion-kafka: removing source acme: source acme is of the configuration file$`},
		},
		"runs": {
			line: "runs acme --limit 2",
			answers: map[string][]string{"GET /api/v1/sources/acme/runs": {"200 [" + runningRun + "," +
				strings.Replace(succeededRun, `"streams"`, `"folded":12,"folded_since":"2026-02-28T00:00:00Z","streams"`, 1) + "," + refusedRun + "]"}},
			asks: []string{"GET /api/v1/sources/acme/runs"},
			out: []string{
				`^RUN +TRIGGER +STARTED +TOOK +READ +PUBLISHED +DELETED +STATUS +NOTE$`, `^R1 +manual +2026-03-01T06:00:00Z +- +0 +0 +0 +running\s*$`,
				`^R1 +manual +2026-03-01T06:00:00Z +5s +3 +2 +0 +succeeded +12 runs since 2026-02-28T00:00:00Z that changed nothing$`,
			},
		},
		"runs of all sources": {
			line: "runs", answers: map[string][]string{"GET /api/v1/runs?limit=20": {"200 [" + refusedRun + "," + succeededRun + "]"}},
			asks: []string{"GET /api/v1/runs?limit=20"},
			out:  []string{`^SOURCE +RUN +TRIGGER +STARTED `, `^acme +R1 +schedule +2026-03-01T06:00:00Z +1s +0 +0 +0 +failed +Notion refuses the token$`, `^acme +R1 +manual `},
		},
		"runs that failed": {
			line: "runs --failed --trigger schedule --limit 1000 --output json", answers: map[string][]string{"GET /api/v1/runs?limit=1000&status=failed&trigger=schedule": {"200 [" + refusedRun + "]"}},
			asks: []string{"GET /api/v1/runs?limit=1000&status=failed&trigger=schedule"}, out: []string{`^    "error": "Notion refuses the token",$`},
		},
		"runs of a source that need attention": {
			line: "runs acme --status needs_attention", answers: map[string][]string{"GET /api/v1/runs?limit=20&source=acme&status=needs_attention": {"200 []"}},
			asks: []string{"GET /api/v1/runs?limit=20&source=acme&status=needs_attention"}, out: []string{`^RUN +TRIGGER `},
		},
		"instances": {
			line: "instances", answers: map[string][]string{"GET /api/v1/instances": {"200 " + group}}, asks: []string{"GET /api/v1/instances"},
			out: []string{
				`^INSTANCE +VERSION +STARTED +HEARD +SHARDS +SOURCES +CONSOLE$`, `^host-a/1 \* +v1 +2026-03-01T06:00:00Z +2026-03-01T07:00:00Z +2 +acme, beta +http://host-a:8080$`,
				`^host-b/1 +v2 +2026-03-01T06:00:00Z +2026-03-01T07:00:00Z +0\s*$`, `^shard 3 of instance host-b/1 stands still: the topic is gone$`, `^the instances have different definitions of acme: `,
			},
		},
		"instances as JSON": {
			line: "instances --output json", answers: map[string][]string{"GET /api/v1/instances": {"200 " + group}}, asks: []string{"GET /api/v1/instances"}, out: []string{`^      "this": true$`},
		},
		"runs as JSON": {
			line: "runs acme --limit 1 --output json", answers: map[string][]string{"GET /api/v1/sources/acme/runs": {"200 [" + refusedRun + "," + heldRun + "]"}},
			asks: []string{"GET /api/v1/sources/acme/runs"}, out: []string{`^    "error": "Notion refuses the token",$`},
		},
		"runs of none yet, as JSON": {
			line: "runs acme --output json", answers: map[string][]string{"GET /api/v1/sources/acme/runs": {"200 []"}}, asks: []string{"GET /api/v1/sources/acme/runs"}, out: []string{`^\[\]$`},
		},
		"runs of an unknown source": {
			line: "runs acne", answers: map[string][]string{"GET /api/v1/sources/acne/runs": {"404 " + problemText(404, `there is no source "acne"`)}},
			asks: []string{"GET /api/v1/sources/acne/runs"}, code: 2, talk: []string{`there is no source "acne"$`},
		},
		"runs show": {
			line: "runs show R1",
			answers: map[string][]string{"GET /api/v1/runs/R1": {"200 " + strings.TrimSuffix(heldRun, "}") +
				`,"log":[{"time":"2026-03-01T06:00:01Z","level":"WARN","msg":"waiting","stream":"databases","for":"3 s","n":3}],"log_cut":true}`}},
			asks: []string{"GET /api/v1/runs/R1"},
			out: []string{
				`^R1 +manual .* needs_attention +databases: 30 of 40 pages are missing$`, `^requests to Notion: 7, throttled for 0.0 s$`,
				`^acme +databases +notion.acme.databases +scan +3 +2 +1 +0 +30 +needs_attention$`, `^databases: 30 of 40 pages are missing$`,
				`^2026-03-01T06:00:01Z WARN waiting for="3 s" n=3 stream=databases$`, `lines in the middle are left out`,
			},
		},
		"runs log": {
			line: "runs log R1 --level warn",
			answers: map[string][]string{"GET /api/v1/runs/R1/log?level=warn": {`200 {"time":"2026-03-01T06:00:01Z","level":"WARN","msg":"waiting","for":"3 s"}` + "\n" +
				`{"log_cut":true,"msg":"the log was longer: lines in the middle are left out"}` + "\n"}},
			asks: []string{"GET /api/v1/runs/R1/log?level=warn"},
			out:  []string{`^2026-03-01T06:00:01Z WARN waiting for="3 s"$`, `^\(the log was longer: lines in the middle are left out\)$`},
		},
		"runs log as JSON": {
			line: "runs log R1 --output json", answers: map[string][]string{"GET /api/v1/runs/R1/log": {`200 {"msg":"a"}` + "\n" + `{"msg":"b"}` + "\n"}},
			asks: []string{"GET /api/v1/runs/R1/log"}, out: []string{`^\{"msg":"a"\}$`, `^\{"msg":"b"\}$`},
		},
		"runs log that is not kept": {
			line: "runs log R1", answers: map[string][]string{"GET /api/v1/runs/R1/log": {"404 " + problemText(404, "the log of run R1 is not kept")}},
			asks: []string{"GET /api/v1/runs/R1/log"}, code: 1, talk: []string{`^notion-kafka: showing the log of run R1: the log of run R1 is not kept$`},
		},
		"runs show of none": {
			line: "runs show R9", answers: map[string][]string{"GET /api/v1/runs/R9": {"404 " + problemText(404, `there is no run "R9"`)}},
			asks: []string{"GET /api/v1/runs/R9"}, code: 1, talk: []string{`^notion-kafka: showing run R9: there is no run "R9"$`},
		},
		"runs cancel": {
			line: "runs cancel R1", answers: map[string][]string{"DELETE /api/v1/runs/R1": {"202 " + strings.Replace(succeededRun, "succeeded", "cancelled", 1)}},
			asks: []string{"DELETE /api/v1/runs/R1"}, talk: []string{`^run R1 of source acme: cancelled$`},
		},
		"runs follow": {
			line: "runs follow R1", answers: map[string][]string{"GET /api/v1/runs/R1/events": {eventsOf(runningRun, succeededRun)}},
			asks: []string{"GET /api/v1/runs/R1/events"},
			out:  []string{`^acme +databases +notion.acme.databases +scan +3 +2 +1 +0 +0 +succeeded$`},
			talk: []string{`^run R1: running$`, `^stream databases: scan running, 0 read`, `^run R1: succeeded$`, `^stream databases: scan succeeded, 3 read, 2 published, 0 deleted$`},
		},
		"runs follow of none": {
			line: "runs follow R9", answers: map[string][]string{"GET /api/v1/runs/R9/events": {"404 " + problemText(404, `there is no run "R9"`)}},
			asks: []string{"GET /api/v1/runs/R9/events"}, code: 1, talk: []string{`^notion-kafka: following run R9: there is no run "R9"$`},
		},
		"runs follow, and the run is forgotten": {
			line:    "runs follow R1",
			answers: map[string][]string{"GET /api/v1/runs/R1/events": {"200 event: run\ndata: " + runningRun + "\n\nevent: problem\ndata: " + problemText(404, "source acme was removed") + "\n\n"}},
			asks:    []string{"GET /api/v1/runs/R1/events"}, code: 1, talk: []string{`^notion-kafka: following run R1: source acme was removed$`},
		},
		"trigger": {
			line: "trigger acme", answers: map[string][]string{"POST /api/v1/sources/acme/runs": {"202 " + runningRun}},
			asks: []string{"POST /api/v1/sources/acme/runs {}"}, out: []string{`^R1$`},
		},
		"trigger of streams": {
			line:    "trigger acme --stream databases --stream 248104CD477E80FDB757E945D38000BD --full --republish",
			answers: map[string][]string{"POST /api/v1/sources/acme/runs": {"202 " + runningRun}},
			asks:    []string{`POST /api/v1/sources/acme/runs {"streams":["databases","database_248104cd-477e-80fd-b757-e945d38000bd"],"full":true,"republish":true}`},
			out:     []string{`^R1$`},
		},
		"trigger of an unknown stream": {
			line: "trigger acme --stream x", answers: map[string][]string{"GET /api/v1/sources/acme/streams": {"200 " + streams}, "POST /api/v1/sources/acme/runs": {"404 " + problemText(404, `source acme has no stream "x"`)}},
			asks: []string{"GET /api/v1/sources/acme/streams", `POST /api/v1/sources/acme/runs {"streams":["x"]}`}, code: 2, talk: []string{`has no stream "x"$`},
		},
		"deletes show": {
			line: "deletes show acme Private --look 2",
			answers: map[string][]string{
				"GET /api/v1/sources/acme/streams": {"200 " + streams},
				"GET /api/v1/sources/acme/streams/database_248104cd-477e-80fd-b757-e945d38000bd/held?look=2": {"200 " + heldPages},
			},
			asks: []string{"GET /api/v1/sources/acme/streams", "GET /api/v1/sources/acme/streams/database_248104cd-477e-80fd-b757-e945d38000bd/held?look=2"},
			out: []string{
				`^PAGE +LAST EDITED +NOW +TITLE +ADDRESS +NOTE$`, `^p1 +2026-03-01T06:00:00Z +still there +A plan +https://www.notion.so/p1 +-$`,
				`^p2 +- +unknown +- +https://www.notion.so/p2 +no answer$`,
			},
			talk: []string{
				`^stream database_248104cd-477e-80fd-b757-e945d38000bd \(Private\) of source acme: the deletes of 3 of 60 pages are held back, nothing was deleted$`,
				`^not listed here: 1 of them$`, `^of the first 2, Notion says now: 1 still there, 1 unknown$`,
				` notion-kafka state confirm-deletes --source acme --stream database_248104cd-477e-80fd-b757-e945d38000bd$`, ` notion-kafka state dismiss-deletes --source acme `,
			},
		},
		"deletes show of none": {
			line:    "deletes show acme databases",
			answers: map[string][]string{"GET /api/v1/sources/acme/streams/databases/held": {`200 {"source":"acme","stream":"databases","title":"","topic":"t","rows":3,"held":0,"pages":[]}`}},
			asks:    []string{"GET /api/v1/sources/acme/streams/databases/held"}, talk: []string{`^stream databases of source acme: no deletes are held back$`},
		},
		"deletes show as JSON": {
			line:    "deletes show acme databases --output json",
			answers: map[string][]string{"GET /api/v1/sources/acme/streams/databases/held": {"200 " + heldPages}},
			asks:    []string{"GET /api/v1/sources/acme/streams/databases/held"}, out: []string{`^  "held": 3,$`, `^      "fate": "still_there",$`},
		},
		"deletes show of an unknown stream": {
			line: "deletes show acme x", answers: map[string][]string{"GET /api/v1/sources/acme/streams": {"200 " + streams}, "GET /api/v1/sources/acme/streams/x/held": {"404 " + problemText(404, `source acme has no stream "x"`)}},
			asks: []string{"GET /api/v1/sources/acme/streams", "GET /api/v1/sources/acme/streams/x/held"}, code: 2, talk: []string{`has no stream "x"$`},
		},
		"deletes show of too much":  {line: "deletes show acme databases --look 101", code: 2, talk: []string{"--look 101: use 0 to 100"}},
		"deletes show of no stream": {line: "deletes show acme", code: 2, talk: []string{"name a source and a stream"}},
		"trigger --failed": {
			line:    "trigger acme --failed",
			answers: map[string][]string{"POST /api/v1/sources/acme/runs": {"202 " + runningRun}},
			asks:    []string{`POST /api/v1/sources/acme/runs {"failed":true}`}, out: []string{`^R1$`},
		},
		"trigger --failed, and nothing has": {
			line:    "trigger acme --failed",
			answers: map[string][]string{"POST /api/v1/sources/acme/runs": {"409 " + problemText(409, "no stream of source acme failed")}},
			asks:    []string{`POST /api/v1/sources/acme/runs {"failed":true}`}, code: 1, talk: []string{`^notion-kafka: starting a run of source acme: no stream of source acme failed$`},
		},
		"trigger --failed of a stream": {line: "trigger acme --failed --stream databases", code: 2, talk: []string{"--failed chooses the streams"}},
		"trigger --republish alone":    {line: "trigger acme --republish", code: 2, talk: []string{"--full"}},
		"trigger --wait": {
			line:    "trigger acme --wait",
			answers: map[string][]string{"POST /api/v1/sources/acme/runs": {"202 " + runningRun}, "GET /api/v1/runs/R1/events": {eventsOf(runningRun, succeededRun)}},
			asks:    []string{"POST /api/v1/sources/acme/runs {}", "GET /api/v1/runs/R1/events"},
			out:     []string{`^SOURCE +STREAM`, `succeeded$`}, talk: []string{`^run R1 of source acme$`},
		},
		"trigger --wait, and it needs attention": {
			line:    "trigger acme --wait",
			answers: map[string][]string{"POST /api/v1/sources/acme/runs": {"202 " + runningRun}, "GET /api/v1/runs/R1/events": {eventsOf(heldRun)}},
			asks:    []string{"POST /api/v1/sources/acme/runs {}", "GET /api/v1/runs/R1/events"}, code: 1,
			out: []string{`needs_attention$`}, talk: []string{`^notion-kafka: source acme, stream databases: needs_attention: 30 of 40 pages are missing$`},
		},
		"trigger --wait, and it fails as a whole": {
			line:    "trigger acme --wait",
			answers: map[string][]string{"POST /api/v1/sources/acme/runs": {"202 " + runningRun}, "GET /api/v1/runs/R1/events": {eventsOf(refusedRun)}},
			asks:    []string{"POST /api/v1/sources/acme/runs {}", "GET /api/v1/runs/R1/events"}, code: 1,
			out: []string{`^acme +- +failed$`}, talk: []string{`^notion-kafka: source acme, run R1: failed: Notion refuses the token$`},
		},
		"trigger --wait, and it is cancelled": {
			line: "trigger acme --wait",
			answers: map[string][]string{
				"POST /api/v1/sources/acme/runs": {"202 " + runningRun}, "GET /api/v1/runs/R1/events": {eventsOf(strings.Replace(succeededRun, "succeeded", "cancelled", 1))},
			},
			asks: []string{"POST /api/v1/sources/acme/runs {}", "GET /api/v1/runs/R1/events"}, code: 1, talk: []string{`^notion-kafka: source acme, run R1: cancelled`},
		},
		"pause": {
			line: "pause acme", answers: map[string][]string{"PUT /api/v1/sources/acme/pause": {"200 " + strings.Replace(fresh, "waiting", "paused", 1)}},
			asks: []string{"PUT /api/v1/sources/acme/pause"}, talk: []string{`^source acme: paused, next run -$`},
		},
		"resume": {
			line: "resume acme", answers: map[string][]string{"PUT /api/v1/sources/acme/resume": {"200 " + source}},
			asks: []string{"PUT /api/v1/sources/acme/resume"}, talk: []string{`^source acme: needs attention, next run 2126-03-01T06:05:00Z$`},
		},
		"resume of none":    {line: "resume", code: 2, talk: []string{"name a source; `notion-kafka sources` lists them"}},
		"unknown output":    {line: "sources --output yaml", code: 2, talk: []string{`--output "yaml": use table or json`}},
		"status of nothing": {line: "runs --status green", code: 2, talk: []string{`--status "green": use queued, running, succeeded, failed, needs_attention or cancelled`}},
		"failed or not":     {line: "runs --status failed --failed", code: 2, talk: []string{`--failed and --status exclude each other`}},
		"runs of two":       {line: "runs acme beta", code: 2, talk: []string{`runs takes one argument`}},
		"trigger of none":   {line: "runs --trigger cron", code: 2, talk: []string{`--trigger "cron": use schedule, manual or startup`}},
		"limit of too much": {line: "runs --limit 1001", code: 2, talk: []string{"--limit 1001: use 1 to 1000"}},
		"limit of nothing":  {line: "runs acme --limit 0", code: 2, talk: []string{"--limit 0"}},
		"nobody answers": {
			line: "pause acme", answers: map[string][]string{"PUT /api/v1/sources/acme/pause": {"503 " + problemText(503, "the owner of source acme did not answer")}},
			asks: []string{"PUT /api/v1/sources/acme/pause"}, code: 1, talk: []string{`^notion-kafka: pausing source acme: the owner of source acme did not answer$`},
		},
		"a problem without a detail": {
			line: "pause acme", answers: map[string][]string{"PUT /api/v1/sources/acme/pause": {`500 {"title":"Internal Server Error"}`}},
			asks: []string{"PUT /api/v1/sources/acme/pause"}, code: 1, talk: []string{`^notion-kafka: pausing source acme: Internal Server Error$`},
		},
		"wrong password": {
			line: "sources", answers: map[string][]string{"GET /api/v1/sources": {"401 " + problemText(401, "no")}},
			asks: []string{"GET /api/v1/sources"}, code: 1, talk: []string{`refuses the username or password: set the same console.username and console.password as the daemon has`},
		},
		"a redirect is not followed": {
			line: "pause acme", answers: map[string][]string{"PUT /api/v1/sources/acme/pause": {"302 "}},
			asks: []string{"PUT /api/v1/sources/acme/pause"}, code: 1, talk: []string{`is not notion-kafka's API \(302 Found\)`},
		},
		"another program": {
			line: "sources", answers: map[string][]string{"GET /api/v1/sources": {"200 <html>"}},
			asks: []string{"GET /api/v1/sources"}, code: 1, talk: []string{`cannot be read`},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newFakeDaemon(t, test.answers)
			code, out, talk := d.run(test.stdin, strings.Fields(test.line)...)
			if code != test.code {
				t.Errorf("exit %d, want %d", code, test.code)
			}
			asked := d.requests()
			for i, request := range asked {
				asked[i] = compactBody(request)
			}
			if diff := cmp.Diff(append([]string{}, test.asks...), asked); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
			mustHaveLines(t, "stdout", out, test.out)
			mustHaveLines(t, "stderr", talk, test.talk)
			if len(test.out) == 0 && out != "" && code == 0 {
				t.Errorf("on stdout there is\n%s", out)
			}
			if strings.Contains(out+talk, "hunter2") {
				t.Errorf("a token is printed:\n%s%s", out, talk)
			}
		})
	}
}

// compactBody removes the whitespace from a request's JSON.
func compactBody(request string) string {
	head, body, _ := strings.Cut(request, "{")
	var v json.RawMessage
	if json.Unmarshal([]byte("{"+body), &v) != nil {
		return request
	}
	text, err := json.Marshal(v)
	if err != nil {
		return request
	}
	return head + string(text)
}

func mustHaveLines(t *testing.T, what, text string, patterns []string) {
	t.Helper()
	for _, pattern := range patterns {
		if !regexp.MustCompile("(?m)" + pattern).MatchString(text) {
			t.Errorf("%s has no line like %s:\n%s", what, pattern, text)
		}
	}
}
