package console

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
	"github.com/pb33f/libopenapi-validator/errors"
)

// contract is the document as a judge of requests and answers.
var contract = sync.OnceValues(func() (validator.Validator, error) {
	document, err := libopenapi.NewDocument([]byte(openapi))
	if err != nil {
		return nil, err
	}
	judge, problems := validator.NewValidator(document, config.WithFormatAssertions())
	if len(problems) > 0 {
		return nil, problems[0]
	}
	return judge, nil
})

func judge(t *testing.T) validator.Validator {
	t.Helper()
	judge, err := contract()
	if err != nil {
		t.Fatal(err)
	}
	return judge
}

// keeps fails the test where the contract was broken.
func keeps(t *testing.T, what string, fine bool, broken []*errors.ValidationError) {
	t.Helper()
	if fine {
		return
	}
	for _, err := range broken {
		t.Errorf("%s breaks openapi.json: %s: %s", what, err.Message, err.Reason)
		for _, in := range err.SchemaValidationErrors {
			t.Errorf("  at %s: %s", in.FieldPath, in.Reason)
		}
	}
}

// ask sends a request and holds the answer, and of a request that is not refused
// the request too, against the document. Where the document has no such
// operation, only the form of the problem is looked at.
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
			r.Body = &closing{Reader: bytes.NewReader(body)}
		}
	}
	said := httptest.NewRecorder()
	handler.ServeHTTP(said, r)
	answer := reply{said.Code, said.Header(), said.Body.String()}
	if !isDescribed(r) {
		return answer
	}
	result := said.Result()
	defer result.Body.Close()
	fine, broken := judge(t).ValidateHttpResponse(r, result)
	keeps(t, "the answer to "+r.Method+" "+r.URL.Path, fine, broken)
	if answer.status < 400 {
		again := r.Clone(t.Context())
		again.Body = &closing{Reader: bytes.NewReader(body)}
		fine, broken := judge(t).ValidateHttpRequest(again)
		keeps(t, "the request "+r.Method+" "+r.URL.Path, fine, broken)
	}
	return answer
}

// A reply is an answer that was read to its end.
type reply struct {
	status int
	header http.Header
	body   string
}

type closing struct{ *bytes.Reader }

func (closing) Close() error { return nil }

// isDescribed tells a request whose operation the document has.
func isDescribed(r *http.Request) bool {
	return slices.ContainsFunc(operations(), func(operation string) bool {
		method, path, _ := strings.Cut(operation, " ")
		form := regexp.MustCompile(`^` + regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(path, `[^/]+`) + `$`)
		return method == r.Method && form.MatchString(r.URL.EscapedPath())
	})
}

// operations are those of the document, as the mux writes them.
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

func TestTheDocumentIsOpenAPI(t *testing.T) {
	fine, broken := judge(t).ValidateDocument()
	keeps(t, "openapi.json", fine, broken)
}

func TestTheDocumentHasEveryRouteAndNoOther(t *testing.T) {
	s := newServer(t, newFake(), Options{Metrics: http.NotFoundHandler()})
	var routes []string
	for _, r := range s.api() {
		routes = append(routes, r.pattern)
	}
	for pattern := range s.others() {
		if pattern != "GET /{$}" { // for people, and pages will take its place
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

// A bodyExample is a body as the document shows it, by its media type.
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
		Components struct {
			Parameters map[string]struct{ Name, Example string }
		}
	}
	if err := json.Unmarshal([]byte(openapi), &document); err != nil {
		t.Fatal(err)
	}
	for path, operations := range document.Paths {
		for _, p := range document.Components.Parameters {
			path = strings.ReplaceAll(path, "{"+p.Name+"}", p.Example)
		}
		for method, operation := range operations {
			r := request(strings.ToUpper(method), path, string(operation.RequestBody.Content.body(t, "application/json")))
			for status, response := range operation.Responses {
				for mediaType := range response.Content {
					example := response.Content.body(t, mediaType)
					code, err := strconv.Atoi(status)
					if err != nil || len(example) == 0 {
						continue
					}
					fine, broken := judge(t).ValidateHttpResponse(r, &http.Response{
						StatusCode: code, Header: http.Header{"Content-Type": {mediaType}, "Location": {"/"}}, Body: &closing{bytes.NewReader(example)},
					})
					keeps(t, "the example of "+method+" "+path+" "+status, fine, broken)
				}
			}
			fine, broken := judge(t).ValidateHttpRequest(r)
			keeps(t, "the example of "+method+" "+path, fine, broken)
		}
	}
}
