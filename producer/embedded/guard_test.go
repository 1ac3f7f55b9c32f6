package embedded

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
)

// Any web page that is open in a browser on this machine can send requests to this
// registry: as another site, or by a name of its own that resolves to us.
func TestWebPagesCannotUseTheRegistry(t *testing.T) {
	url := serveRegistry(t, filepath.Join(t.TempDir(), "registry.json"))
	const versions, schema, ours = "/subjects/notion.acme.later-value/versions", `{"schema":"\"string\""}`, "application/vnd.schemaregistry.v1+json"
	for name, test := range map[string]struct {
		method, path, body, host string
		headers                  map[string]string
		status                   int
	}{
		"a form of another site":       {"POST", versions, schema, "", map[string]string{"Content-Type": "text/plain", "Origin": "https://evil.example"}, 403},
		"another site, without Origin": {"POST", versions, schema, "", map[string]string{"Content-Type": "text/plain", "Sec-Fetch-Site": "cross-site"}, 403},
		"text":                         {"POST", versions, schema, "", map[string]string{"Content-Type": "text/plain"}, 415},
		"of no type":                   {"POST", versions, schema, "", nil, 415},
		"a name that resolves to us":   {"POST", versions, schema, "attacker.example", map[string]string{"Content-Type": ours, "Origin": "http://attacker.example"}, 421},
		"that reads":                   {"GET", "/subjects", "", "attacker.example:8081", nil, 421},
		"that deletes":                 {"DELETE", "/subjects/notion.acme.later-value", "", "attacker.example:8081", nil, 421},
		"another site that reads":      {"GET", "/subjects", "", "", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		"a program":                    {"POST", versions, schema, "", map[string]string{"Content-Type": ours}, 200},
		"a program that says JSON":     {"POST", versions, schema, "localhost", map[string]string{"Content-Type": "application/json; charset=utf-8"}, 200},
		"a program that reads":         {"GET", "/subjects", "", "", nil, 200},
	} {
		request, err := http.NewRequestWithContext(t.Context(), test.method, url+test.path, strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		request.Host = test.host
		for header, value := range test.headers {
			request.Header.Set(header, value)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != test.status {
			t.Errorf("%s: %d, want %d", name, response.StatusCode, test.status)
		}
	}
}

func TestRegistryRefusesWhatIsTooLarge(t *testing.T) {
	url := serveRegistry(t, filepath.Join(t.TempDir(), "registry.json"))
	schema := func(symbols int) string {
		var b strings.Builder
		for i := range symbols {
			fmt.Fprintf(&b, `,\"S%d\"`, i)
		}
		return `{"schema":"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"first\"` + b.String() + `]}"}`
	}
	if got := send(t, "POST", url+"/subjects/large/versions", schema(60_000)); !strings.HasPrefix(got, "422 ") {
		t.Errorf("a schema of 60,000 symbols: %s", got)
	}
	if got := send(t, "POST", url+"/subjects/small/versions", schema(60)); !strings.HasPrefix(got, "200 ") {
		t.Errorf("a schema of 60 symbols: %s", got)
	}
}

// Every change rewrites the registry's file, so the file has a bound: in bytes of schemas,
// and in versions and levels. What is there already stays usable.
func TestRegistryThatIsFull(t *testing.T) {
	for name, fill := range map[string]func(*catalog){
		"schemas": func(c *catalog) { c.add("filler", `"`+strings.Repeat("x", largestCatalog)+`"`) },
		"versions": func(c *catalog) {
			for i := range mostEntries {
				c.Subjects[fmt.Sprint("filler-", i)] = []subjectVersion{{ID: 1}}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := openStore(filepath.Join(t.TempDir(), "registry.json"))
			if err != nil {
				t.Fatal(err)
			}
			server := httptest.NewServer(newRegistryHandler(s))
			defer server.Close()
			if got := send(t, "POST", server.URL+"/subjects/early/versions", posted(schemaV1)); !strings.HasPrefix(got, "200 ") {
				t.Fatal(got)
			}
			fill(s.now)
			if got := send(t, "POST", server.URL+"/subjects/late/versions", posted(`"string"`)); !strings.HasPrefix(got, "422 ") || !strings.Contains(got, "is full") {
				t.Errorf("one more: %s", got)
			}
			if got := send(t, "POST", server.URL+"/subjects/early/versions", posted(schemaV1)); !strings.HasPrefix(got, "200 ") {
				t.Errorf("the one that it has: %s", got)
			}
			if name != "versions" {
				return // a level is no schema
			}
			if got := send(t, "PUT", server.URL+"/config/late", `{"compatibility":"NONE"}`); !strings.HasPrefix(got, "422 ") || !strings.Contains(got, "is full") {
				t.Errorf("a level more: %s", got)
			}
		})
	}
}

// A check that takes long blocks no other request.
func TestRegistryGoesOnWhileASchemaIsChecked(t *testing.T) {
	s, err := openStore(filepath.Join(t.TempDir(), "registry.json"))
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		r := registry{s, make(chan struct{})} // no check gets a place
		q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(`{"schema":"\"string\""}`))
		if err != nil {
			t.Fatal(err)
		}
		q.SetPathValue("subject", "slow")
		ended := make(chan error, 1)
		go func() {
			_, err := r.register(q)
			ended <- err
		}()
		synctest.Wait()
		if got, err := r.subjects(q); err != nil || len(got.([]string)) != 0 {
			t.Errorf("%v, %v", got, err)
		}
		if !s.mu.TryLock() {
			t.Error("nobody can change anything meanwhile")
		} else {
			s.mu.Unlock()
		}
		<-r.checking
		r.checking <- struct{}{}
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
