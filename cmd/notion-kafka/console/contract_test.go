package console

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// A contract validates requests and responses by the document. OpenAPI 3.1 schemas are
// JSON Schema 2020-12, so a validator of that is enough.
type contract struct {
	mu      sync.Mutex // the compiler does not lock
	schemas *jsonschema.Compiler
	root    map[string]any
}

// documentURL is where the validator finds the document.
const documentURL = "https://console.invalid/openapi.json"

var theContract = sync.OnceValues(func() (*contract, error) {
	root, err := jsonschema.UnmarshalJSON(strings.NewReader(openapi))
	if err != nil {
		return nil, err
	}
	c := &contract{schemas: jsonschema.NewCompiler(), root: root.(map[string]any)}
	c.schemas.DefaultDraft(jsonschema.Draft2020)
	c.schemas.AssertFormat()
	return c, c.schemas.AddResource(documentURL, root)
})

func judge(t *testing.T) *contract {
	t.Helper()
	c, err := theContract()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// at returns what the document has under a pointer, with references resolved; "" if it
// has nothing there.
func (c *contract) at(keys ...string) (pointer string, found map[string]any) {
	var here any = c.root
	for _, key := range keys {
		pointer += "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
		object, ok := here.(map[string]any)
		if !ok || object[key] == nil {
			return "", nil
		}
		here = object[key]
		if ref, is := here.(map[string]any)["$ref"].(string); is {
			_, to, _ := strings.Cut(ref, "#/")
			pointer, here = c.at(strings.Split(to, "/")...)
		}
	}
	return pointer, here.(map[string]any)
}

// keeps fails the test if a body does not fit the content under a pointer.
func (c *contract) keeps(t *testing.T, what string, content string, mediaType string, body []byte) {
	t.Helper()
	mediaType, _, _ = strings.Cut(mediaType, ";")
	if !strings.HasSuffix(mediaType, "json") || mediaType == jsonLines {
		return
	}
	c.fits(t, what, content+"/"+strings.ReplaceAll(mediaType, "/", "~1")+"/schema", body)
}

// schema returns the schema under a pointer.
func (c *contract) schema(pointer string) (*jsonschema.Schema, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.schemas.Compile(documentURL + "#" + url.PathEscape(pointer))
}

// fits fails the test if a body does not fit the schema under a pointer.
func (c *contract) fits(t *testing.T, what, pointer string, body []byte) {
	t.Helper()
	schema, err := c.schema(pointer)
	if err != nil {
		t.Errorf("%s: the document has no such schema: %v", what, err)
		return
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		t.Errorf("%s breaks openapi.json: %v\n%s", what, err, body)
	}
}

// answers validates a response.
func (c *contract) answers(t *testing.T, method, path, status, mediaType string, body []byte) {
	t.Helper()
	what := "the answer " + status + " to " + method + " " + path
	response, found := c.at("paths", path, strings.ToLower(method), "responses", status)
	switch {
	case found == nil && status >= "400": // a problem that only a backend of tests has
		c.fits(t, what, "/components/schemas/Problem", body)
	case found == nil:
		t.Errorf("%s is not in openapi.json", what)
	case len(body) > 0:
		c.keeps(t, what, response+"/content", mediaType, body)
	case found["content"] != nil && method != http.MethodHead:
		t.Errorf("%s is empty", what)
	}
}

// asks validates a request.
func (c *contract) asks(t *testing.T, method, path string, query url.Values, body []byte) {
	t.Helper()
	what := "the request " + method + " " + path
	_, operation := c.at("paths", path, strings.ToLower(method))
	known := map[string]bool{}
	parameters, _ := operation["parameters"].([]any)
	for _, parameter := range parameters {
		one := parameter.(map[string]any)
		if ref, is := one["$ref"].(string); is {
			_, one = c.at(strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
		}
		known[one["in"].(string)+" "+one["name"].(string)] = true
	}
	for name := range query {
		if !known["query "+name] {
			t.Errorf("%s has a parameter %s, which is not in openapi.json", what, name)
		}
	}
	content, found := c.at("paths", path, strings.ToLower(method), "requestBody", "content")
	switch {
	case len(body) == 0:
	case found == nil:
		t.Errorf("%s has a body, which openapi.json does not know", what)
	default:
		c.keeps(t, what, content, "application/json", body)
	}
}

// ask sends a request, and validates the response and, unless it is refused, the
// request. If the document has no such operation, only the form of the problem is
// checked.
func ask(t *testing.T, handler http.Handler, r *http.Request) reply {
	t.Helper()
	var body []byte
	if r.Body != nil {
		buffer := new(bytes.Buffer)
		if _, err := buffer.ReadFrom(r.Body); err != nil {
			t.Fatal(err)
		}
		body = buffer.Bytes()
		r.Body = http.NoBody
		if len(body) > 0 {
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
	}
	said := httptest.NewRecorder()
	handler.ServeHTTP(said, r)
	answer := reply{said.Code, said.Header(), said.Body.String()}
	if path, described := described(r); described {
		judge(t).answers(t, r.Method, path, strconv.Itoa(answer.status), answer.header.Get("Content-Type"), said.Body.Bytes())
		if answer.status < 400 {
			judge(t).asks(t, r.Method, path, r.URL.Query(), body)
		}
	}
	return answer
}

// A reply is a response that was read to its end.
type reply struct {
	status int
	header http.Header
	body   string
}

// described returns the document's path of a request whose operation it has.
func described(r *http.Request) (path string, found bool) {
	for _, operation := range operations() {
		method, path, _ := strings.Cut(operation, " ")
		form := regexp.MustCompile(`^` + regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(path, `[^/]+`) + `$`)
		if method == r.Method && form.MatchString(r.URL.EscapedPath()) {
			return path, true
		}
	}
	return "", false
}

// operations returns the operations of the document, as the mux writes them.
func operations() []string {
	var document struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal([]byte(openapi), &document); err != nil {
		panic(err)
	}
	var found []string
	for path, methods := range document.Paths {
		for method := range methods {
			found = append(found, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(found)
	return found
}

// Every schema of the document is valid, and every reference resolves.
func TestTheDocumentIsOpenAPI(t *testing.T) {
	c := judge(t)
	if version, _ := c.root["openapi"].(string); !strings.HasPrefix(version, "3.1.") {
		t.Errorf("openapi is %q", version)
	}
	_, schemas := c.at("components", "schemas")
	for name := range schemas {
		if _, err := c.schemas.Compile(documentURL + "#/components/schemas/" + name); err != nil {
			t.Errorf("schema %s: %v", name, err)
		}
	}
	for _, ref := range regexp.MustCompile(`"\$ref": *"#/([^"]+)"`).FindAllStringSubmatch(openapi, -1) {
		if _, found := c.at(strings.Split(ref[1], "/")...); found == nil {
			t.Errorf("reference %s leads nowhere", ref[1])
		}
	}
}

func TestTheDocumentHasEveryRouteAndNoOther(t *testing.T) {
	s := newServer(t, newFake(), Options{Metrics: http.NotFoundHandler()})
	var routes []string
	for _, r := range s.api() {
		routes = append(routes, r.pattern)
	}
	for pattern := range s.others() {
		if pattern != "GET /{$}" { // for people; web pages will replace it
			routes = append(routes, pattern)
		}
	}
	slices.Sort(routes)
	if diff := cmp.Diff(routes, operations()); diff != "" {
		t.Errorf("routes (-) and the document (+) differ:\n%s", diff)
	}
}

func TestTheDocumentIsServed(t *testing.T) {
	s := newServer(t, newFake(), Options{})
	answer := ask(t, s.handler(), request("GET", documentPath, ""))
	if answer.status != http.StatusOK || answer.body != openapi+"\n" {
		t.Errorf("status %d, or not the document of this folder", answer.status)
	}
}

// A bodyExample is an example of a body in the document, with its media type.
type bodyExample map[string]struct{ Example json.RawMessage }

func (e bodyExample) body(t *testing.T, mediaType string) []byte {
	t.Helper()
	example := e[mediaType].Example
	var text string
	if json.Unmarshal(example, &text) == nil {
		return []byte(text)
	}
	return example
}

func TestTheExamplesFitTheirSchemas(t *testing.T) {
	var document struct {
		Paths map[string]map[string]struct {
			RequestBody struct{ Content bodyExample }
			Responses   map[string]struct{ Content bodyExample }
		}
	}
	if err := json.Unmarshal([]byte(openapi), &document); err != nil {
		t.Fatal(err)
	}
	for path, operations := range document.Paths {
		for method, operation := range operations {
			judge(t).asks(t, strings.ToUpper(method), path, nil, operation.RequestBody.Content.body(t, "application/json"))
			for status, response := range operation.Responses {
				for mediaType := range response.Content {
					if example := response.Content.body(t, mediaType); len(example) > 0 {
						judge(t).answers(t, strings.ToUpper(method), path, status, mediaType, example)
					}
				}
			}
		}
	}
}
