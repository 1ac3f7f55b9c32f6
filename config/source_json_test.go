package config

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// plain returns the configuration of an empty file.
func plain(t *testing.T) *Config {
	t.Helper()
	return load(t, "", Options{})
}

func TestASourceAsJSONIsWhatTheFileSays(t *testing.T) {
	const file = `
defaults: {overlap: 3m}
sources:
  - name: acme
    description: "Ours \U0001F600 & <more>"
    token: ntn_hunter2
    topic_prefix: crm.
    topic_naming: id
    trigger: {cron: "0 6 * * 1-5", timezone: Europe/Berlin}
    sweep: off
    max_delete_ratio: 0
    exclude_properties: [Salary, "%3Ax"]
    streams:
      - {match: databases}
      - {match: database_248104cd477e80fdb757e945d38000bd, topic: tasks, sync: full_table, publish: all, trigger: {weekly_on: monday, at: "06:00"}}
      - {match: "title:Private*", enabled: false}
      - {match: "database_*", enabled: true, overlap: 90s, sweep: {every: 24h}, exclude_properties: [], deletes: both}
`
	const spec = `{"name": "acme", "description": "Ours \ud83d\ude00 & <more>", "token": "ntn_hunter2",
		"topic_prefix": "crm.", "topic_naming": "id", "trigger": {"cron": "0 6 * * 1-5", "timezone": "Europe/Berlin"}, "sweep": "off",
		"max_delete_ratio": 0, "exclude_properties": ["Salary", "%3Ax"], "streams": [
		{"match": "databases"},
		{"match": "database_248104cd477e80fdb757e945d38000bd", "topic": "tasks", "sync": "full_table", "publish": "all", "trigger": {"weekly_on": "Monday", "at": "06:00"}},
		{"match": "title:Private*", "enabled": false},
		{"match": "database_*", "enabled": true, "overlap": "90s", "sweep": {"every": "1440m"}, "exclude_properties": [], "deletes": "both"}]}`
	cfg := load(t, file, Options{})
	want := cfg.ResolvedSources()[0]
	got, err := ParseSource(json.RawMessage(spec), cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, revealed); diff != "" {
		t.Errorf("source (-file +json):\n%s", diff)
	}

	const written = `{"name":"acme","description":"Ours 😀 & <more>","topic_prefix":"crm.","topic_naming":"id",` +
		`"trigger":{"cron":"0 6 * * 1-5","timezone":"Europe/Berlin"},"sweep":"off","max_delete_ratio":0,"exclude_properties":["Salary","%3Ax"],"streams":[` +
		`{"match":"databases"},` +
		`{"match":"database_248104cd477e80fdb757e945d38000bd","topic":"tasks","publish":"all","trigger":{"weekly_on":"monday","at":"06:00"},"sync":"full_table"},` +
		`{"match":"title:Private*","enabled":false},` +
		`{"match":"database_*","enabled":true,"sweep":{"every":"24h"},"deletes":"both","overlap":"1m30s","exclude_properties":[]}]}`
	described := DescribeSource(cfg.Sources[0])
	if diff := cmp.Diff(written, string(described)); diff != "" {
		t.Errorf("description (-want +got):\n%s", diff)
	}
	again, err := JoinSecrets(described, map[string]string{"token": "ntn_hunter2"})
	if err != nil {
		t.Fatal(err)
	}
	if got, err = ParseSource(again, cfg, nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, revealed); diff != "" {
		t.Errorf("described and read again (-want +got):\n%s", diff)
	}
}

func TestEveryTriggerIsDescribedInItsForm(t *testing.T) {
	for _, form := range []string{
		`{"every":"5m"}`, `{"every":"24h"}`, `{"every":"1h0m30s"}`, `{"every":"1.5s"}`, `{"every":"10h10m"}`, `{"manual":true}`,
		`{"daily_at":"02:30"}`, `{"weekly_on":"sunday","at":"00:00","timezone":"Asia/Tokyo"}`, `{"cron":"*/5 * * * *"}`,
	} {
		spec := load(t, "sources: [{name: a, token: t, trigger: "+form+"}]", Options{}).Sources[0]
		if diff := cmp.Diff(`{"name":"a","trigger":`+form+`}`, string(DescribeSource(spec))); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestMistakesInASourceAsJSON(t *testing.T) {
	cfg := load(t, `
sources:
  - {name: first, token: t}
  - name: second
    token: t
    topic_prefix: crm.
    streams: [{match: database_248104cd-477e-80fd-b757-e945d38000bd, topic: shared.tasks}]
`, Options{})
	others := cfg.ResolvedSources()
	const ok = `"name": "acme", "token": "ntn_hunter2"`
	tests := map[string]struct{ spec, want string }{
		"nothing":           {"", "not valid JSON: unexpected end of JSON input"},
		"cut short":         {`{"name": "acme"`, "not valid JSON: unexpected end of JSON input"},
		"YAML":              {"name: acme", "not valid JSON: invalid character 'a' in literal null (expecting 'u')"},
		"two objects":       {`{` + ok + `} {}`, "not valid JSON: invalid character '{' after top-level value"},
		"too deep":          {strings.Repeat("[", 20000) + strings.Repeat("]", 20000), "not valid JSON: invalid character '[' exceeded max depth"},
		"a list":            {`[{` + ok + `}]`, `expected a source as an object, got a list, such as {"name": "acme", "token": "ntn_…"}`},
		"text":              {`"ntn_hunter2"`, `expected a source as an object, got text, such as {"name": "acme", "token": "ntn_…"}`},
		"null":              {`null`, `expected a source as an object, got nothing, such as {"name": "acme", "token": "ntn_…"}`},
		"empty":             {`{}`, "name: is missing, every source has a name, such as acme\ntoken: is missing or empty, give the connection's token, or oauth: true"},
		"near miss":         {`{` + ok + `, "topic_prefx": "x."}`, `topic_prefx: unknown key, did you mean "topic_prefix"?`},
		"a key twice":       {"{" + ok + ",\n\"token\": \"ntn_hunter3\"}", "token: is given twice, first in line 1, keep one of them"},
		"a file":            {`{"name": "acme", "token_file": "/etc/passwd"}`, "token_file: no file can be named here: it would be read on the daemon's machine, give token itself"},
		"a variable":        {`{"name": "acme", "token": "${NOTION_TOKEN}"}`, "token: no variable is filled in here: the daemon's environment is not read, give the value itself"},
		"a null":            {`{` + ok + `, "description": null}`, `description: has no value, write "" for nothing, or remove the line`},
		"wrong types":       {`{"name": 7, "token": true, "oauth": "no", "max_delete_ratio": "0.5", "streams": {}}`, "name: expected text, got a number, put it in quotes\ntoken: expected text, got true or false, put it in quotes\noauth: expected true or false, got \"no\"\nmax_delete_ratio: expected a number, got \"0.5\", remove the quotes\nstreams: expected a list, got a section with keys, write it as [a, b], or [] for none"},
		"bare duration":     {`{` + ok + `, "overlap": 5}`, `overlap: the duration "5" has no unit, write one such as 30s, 5m or 1h`},
		"trigger text":      {`{` + ok + `, "trigger": "5m"}`, `trigger: expected a trigger, got text, write one such as {every: 5m} or {daily_at: "06:00", timezone: Europe/Berlin}`},
		"two triggers":      {`{` + ok + `, "trigger": {"every": "5m", "manual": true}}`, "trigger: a trigger has exactly one of every, cron, daily_at, weekly_on, manual, got every and manual"},
		"trigger off":       {`{` + ok + `, "trigger": "off"}`, "trigger: only a sweep can be off, write {manual: true} for runs by hand"},
		"unknown choice":    {`{` + ok + `, "sync": "full"}`, `sync: must be one of incremental, full_table, got "full"`},
		"in a stream":       {`{` + ok + `, "streams": [{"match": "databases"}, {"match": "database"}]}`, `streams[1].match: "database" names no stream, did you mean "databases"?`},
		"a prefix":          {`{` + ok + `, "topic_prefix": "crm_"}`, `topic_prefix: "crm_" of source acme is the prefix of source second too, give each its own`},
		"longer prefix":     {`{` + ok + `, "topic_prefix": "crm_sales_"}`, `topic_prefix: "crm_sales_" of source acme and that of source second begin alike, so that a title in one workspace could name a topic of the other, give each a prefix that does not begin with the other's`},
		"shorter prefix":    {`{` + ok + `, "topic_prefix": "notion_"}`, `topic_prefix: "notion_" of source acme and that of source first begin alike, so that a title in one workspace could name a topic of the other, give each a prefix that does not begin with the other's`},
		"topic of others":   {`{` + ok + `, "streams": [{"match": "databases", "topic": "notion.first.projects"}]}`, `streams[0].topic: "notion.first.projects" of source acme begins with the topic_prefix of source first, so that a title there could name this topic, give the stream another topic`},
		"prefix of a topic": {`{` + ok + `, "topic_prefix": "shared."}`, `topic_prefix: "shared." of source acme is the beginning of a topic of source second, so that a title could name that topic, give the source another prefix, or the stream there another topic`},
		"default prefix":    {`{` + ok + `, "topic_prefix": "notion.first."}`, `topic_prefix: "notion.first." of source acme is the prefix of source first too, give each its own`},
		"a topic": {
			`{` + ok + `, "streams": [{"match": "database_248104cd477e80fdb757e945d38000bd", "topic": "shared_tasks"}]}`,
			`streams[0].topic: "shared_tasks" of source acme is the topic of source second too, Kafka takes names that differ only in . and _ for the same; give each stream its own`,
		},
		"our own topic": {
			`{` + ok + `, "streams": [{"match": "databases", "topic": "notion-kafka.state"}]}`,
			`streams[0].topic: "notion-kafka.state" of source acme is the topic of kafka.state_topic too, Kafka takes names that differ only in . and _ for the same; give each stream its own`,
		},
		"the list of another": {
			`{` + ok + `, "streams": [{"match": "databases", "topic": "notion.first.databases"}]}`,
			`streams[0].topic: "notion.first.databases" of source acme is the topic of source first too, Kafka takes names that differ only in . and _ for the same; give each stream its own`,
		},
		"all together": {
			`{"nme": "acme", "token": "ntn_hunter2", "trigger": {"every": "5"}, "streams": [{"match": "users"}, {"topik": 1}]}`,
			"nme: unknown key, did you mean \"name\"?\ntrigger.every: the duration \"5\" has no unit, write one such as 30s, 5m or 1h\n" +
				"streams[1].topik: unknown key, did you mean \"topic\"?\n" +
				"streams[0].match: the stream users is not available yet, remove the rule\nstreams[1].match: is missing, write databases, database_*, database_{id} or title:{pattern}\n" +
				"name: is missing, every source has a name, such as acme",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Setenv("NOTION_TOKEN", "ntn_hunter4")
			got, err := ParseSource(json.RawMessage(test.spec), cfg, others)
			var problems *Error
			if !asError(err, &problems) {
				t.Fatalf("got %+v, %v; want an *Error", got, err)
			}
			if diff := cmp.Diff(test.want, err.Error()); diff != "" {
				t.Errorf("messages (-want +got):\n%s", diff)
			}
			if strings.Contains(err.Error(), "hunter") {
				t.Error("a secret is shown")
			}
		})
	}
}

// A source that replaces another is validated against all but that one.
func TestASourceMayShareWithItsNamesake(t *testing.T) {
	cfg := load(t, "sources: [{name: acme, token: t, streams: [{match: databases, topic: x}]}]", Options{})
	if _, err := ParseSource(json.RawMessage(`{"name": "acme", "token": "t"}`), cfg, cfg.ResolvedSources()); err != nil {
		t.Error(err)
	}
}

func TestTextsOfASourceAsJSONAreTakenAsTheyAre(t *testing.T) {
	got, err := ParseSource(json.RawMessage(`{"name": "acme", "token": "t", "description": "${HOME} and $${", "exclude_properties": ["${X"]}`), plain(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"${HOME} and $${", "${X"}, []string{got.Description, got.Settings.ExcludeProperties[0]}); diff != "" {
		t.Errorf("texts (-want +got):\n%s", diff)
	}
}

func TestSecretsAreSplitOffAndJoined(t *testing.T) {
	const spec = `{"token": "ntn_hunter2", "streams": [{"match": "databases"}], "name": "acme"}`
	public, secrets, err := SplitSecrets(json.RawMessage(spec))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(`{"name":"acme","streams":[{"match": "databases"}]}`, string(public)); diff != "" {
		t.Errorf("public (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"token": "ntn_hunter2"}, secrets); diff != "" {
		t.Errorf("secrets (-want +got):\n%s", diff)
	}
	whole, err := JoinSecrets(public, secrets)
	if diff := cmp.Diff(`{"name":"acme","token":"ntn_hunter2","streams":[{"match": "databases"}]}`, string(whole)); diff != "" || err != nil {
		t.Errorf("joined, %v (-want +got):\n%s", err, diff)
	}
	for _, bad := range []string{"", "null", "[]", `{"token": {"x": "ntn_hunter2"}}`} {
		if public, _, err := SplitSecrets(json.RawMessage(bad)); err == nil || strings.Contains(err.Error(), "hunter") {
			t.Errorf("%s: %s, %v", bad, public, err)
		}
	}
	if _, err := JoinSecrets(json.RawMessage("[]"), nil); err == nil {
		t.Error("a list was joined with secrets")
	}
}

func TestSourcesThatDoTheSameHaveOneDigest(t *testing.T) {
	parse := func(spec string) Source {
		t.Helper()
		source, err := ParseSource(json.RawMessage(spec), plain(t), nil)
		if err != nil {
			t.Fatal(err)
		}
		return source
	}
	base := Digest(parse(`{"name": "acme", "token": "ntn_hunter2"}`))
	if len(base) != 16 || strings.Trim(base, "0123456789abcdef") != "" {
		t.Fatalf("digest %q", base)
	}
	for spec, same := range map[string]bool{
		`{"name": "acme", "token": "another"}`:                                                         true,
		`{"name": "acme", "token": "t", "topic_prefix": "notion.acme.", "trigger": {"every": "300s"}}`: true,
		`{"name": "acme", "token": "t", "exclude_properties": []}`:                                     true,
		`{"name": "acme", "token": "t", "streams": [{"match": "databases"}, {"match": "database_*"}]}`: true,
		`{"name": "acme", "token": "t", "streams": [{"match": "database_*"}, {"match": "databases"}]}`: false,
		`{"name": "acme", "token": "t", "streams": [{"match": "databases", "sync": "full_table"}]}`:    false,
		`{"name": "acme", "token": "t", "trigger": {"every": "6m"}}`:                                   false,
		`{"name": "acme", "oauth": true}`:                                                              false,
		`{"name": "acme", "token": "t", "description": "x"}`:                                           false,
	} {
		if got := Digest(parse(spec)); (got == base) != same {
			t.Errorf("%s has the digest %s, the plain one %s", spec, got, base)
		}
	}
	other := plain(t)
	other.Defaults.Overlap = time.Hour
	if source, err := ParseSource(json.RawMessage(`{"name": "acme", "token": "t"}`), other, nil); err != nil || Digest(source) == base {
		t.Errorf("another default does not show, %v", err)
	}
}

// Whatever comes over the network, ParseSource returns a source or an Error, and a
// source can be split, joined and read again.
func FuzzParseSource(f *testing.F) {
	f.Add(`{"name": "acme", "token": "t", "streams": [{"match": "title:[a", "trigger": {"every": 1}}]}`)
	f.Add(`{"name": "acme", "oauth": true, "sweep": "off", "": {}}`)
	f.Add(`[[[null, 1e999, -0, "\ud800"]]]`)
	cfg := &Config{Defaults: Settings{Trigger: Trigger{Manual: true}, Sweep: Trigger{Off: true}, Overlap: time.Minute}}
	f.Fuzz(func(t *testing.T, text string) {
		source, err := ParseSource(json.RawMessage(text), cfg, nil)
		var problems *Error
		if err != nil {
			if !asError(err, &problems) {
				t.Errorf("%v is not an *Error", err)
			}
			return
		}
		public, secrets, err := SplitSecrets(json.RawMessage(text))
		if err != nil {
			t.Fatal(err)
		}
		whole, err := JoinSecrets(public, secrets)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseSource(whole, cfg, nil)
		if diff := cmp.Diff(source, again, revealed); diff != "" || err != nil {
			t.Errorf("read again, %v (-want +got):\n%s", err, diff)
		}
	})
}
