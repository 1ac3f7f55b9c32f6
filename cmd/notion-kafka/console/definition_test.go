package console

import (
	"net/http"
	"strings"
	"testing"
)

// A definition comes as JSON, and as YAML to whoever would rather have that.
func TestTheDefinitionOfASource(t *testing.T) {
	const asJSON, asYAML = "application/json", "application/yaml"
	for accept, want := range map[string]string{
		"":                                "application/json",
		"*/*":                             asJSON,
		"application/*":                   asJSON,
		"application/json":                asJSON,
		"application/yaml":                asYAML,
		"application/yaml, */*":           asYAML,
		"*/*;q=0.1, application/yaml":     asYAML,
		"application/yaml;q=0.5, */*":     asJSON,
		"application/json;q=0, */*":       asYAML,
		"text/html, application/*;q=0.8":  asJSON,
		"text/html":                       "",
		"application/yaml;q=0, text/*":    "",
		"application/yaml;;, */*;q=0":     "",
		"application/json,;, text/yaml":   asJSON,
		"application/json;q=x, text/yaml": asJSON,
	} {
		r := request("GET", "/api/v1/sources/acme/definition", "")
		if accept != "" {
			r.Header.Set("Accept", accept)
		}
		answer := ask(t, newServer(t, newFake(), Options{}).handler(), r)
		body := map[string]string{asJSON: `{"name":"acme","trigger":{"every":"15m"},"streams":[{"match":"database_*"}]}` + "\n", asYAML: "- name: acme\n  trigger: {every: 15m}\n"}[want]
		switch got := answer.header.Get("Content-Type"); {
		case want == "" && answer.status != http.StatusNotAcceptable:
			t.Errorf("%q: %d %s, want 406", accept, answer.status, answer.body)
		case want != "" && (answer.status != 200 || got != want || answer.body != body || answer.header.Get("Vary") != "Accept"):
			t.Errorf("%q: %d %s\n%s\nwant %s\n%s", accept, answer.status, got, answer.body, want, body)
		}
	}
	for request, status := range map[*http.Request]int{
		request("GET", "/api/v1/sources/acne/definition", ""):        404,
		request("GET", "/api/v1/sources/acme/definition?x=1", ""):    400,
		request("GET", "/api/v1/sources/acme/definition", `{"a":1}`): 400,
		request("PUT", "/api/v1/sources/acme/definition", ""):        405,
		request("HEAD", "/api/v1/sources/acme/definition", ""):       200,
	} {
		if answer := ask(t, newServer(t, newFake(), Options{}).handler(), request); answer.status != status || status == 404 && !strings.Contains(answer.body, "acne") {
			t.Errorf("%s %s: %d %s, want %d", request.Method, request.URL, answer.status, answer.body, status)
		}
	}
}
