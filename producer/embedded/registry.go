package embedded

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"notion-kafka/avro"
	"notion-kafka/producer/guard"
)

// largestBody bounds a request's body, in bytes.
const largestBody = 1 << 20

// registry answers the part of Confluent's schema registry API that clients use,
// for Avro without references, with Confluent's error codes.
type registry struct {
	store    *store
	checking chan struct{} // a semaphore that bounds the checks at a time
}

// acquireCheck waits for a place in checking. The caller gives it back.
func (r registry) acquireCheck(ctx context.Context) error {
	select {
	case r.checking <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// largestSchema bounds a schema's text, in bytes: comparing schemas takes quadratic
// time. The 500 properties that a Notion database can have make up to 1,500 typed
// columns, which take some 400 KiB.
const largestSchema = 512 << 10

// newRegistryHandler returns the registry's routes over a store.
func newRegistryHandler(s *store) http.Handler {
	r := registry{s, make(chan struct{}, 2)}
	mux := http.NewServeMux()
	for pattern, answer := range map[string]func(*http.Request) (any, error){
		"GET /{$}":                                                  r.root,
		"GET /schemas/types":                                        r.types,
		"GET /schemas/ids/{id}":                                     r.schemaByID,
		"GET /schemas/ids/{id}/schema":                              r.schemaTextByID,
		"GET /schemas/ids/{id}/subjects":                            r.subjectsByID,
		"GET /schemas/ids/{id}/versions":                            r.versionsByID,
		"GET /subjects":                                             r.subjects,
		"POST /subjects/{subject}":                                  r.lookup,
		"DELETE /subjects/{subject}":                                r.deleteSubject,
		"GET /subjects/{subject}/versions":                          r.versions,
		"POST /subjects/{subject}/versions":                         r.register,
		"GET /subjects/{subject}/versions/{version}":                r.version,
		"GET /subjects/{subject}/versions/{version}/schema":         r.versionText,
		"POST /compatibility/subjects/{subject}/versions":           r.compatibility,
		"POST /compatibility/subjects/{subject}/versions/{version}": r.compatibility,
		"GET /config":                                               r.config,
		"PUT /config":                                               r.setConfig,
		"GET /config/{subject}":                                     r.config,
		"PUT /config/{subject}":                                     r.setConfig,
		"GET /mode":                                                 r.mode,
		"GET /mode/{subject}":                                       r.mode,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, q *http.Request) {
			q.Body = http.MaxBytesReader(w, q.Body, largestBody)
			value, err := answer(q)
			reply(w, value, err)
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, q *http.Request) {
		reply(w, nil, &refusal{http.StatusNotFound, http.StatusNotFound, "HTTP 404 Not Found"})
	})
	return guarded(mux)
}

// guarded keeps web pages away: any page that is open in a browser on this machine
// can reach loopback, where this registry listens.
func guarded(next http.Handler) http.Handler {
	rule, err := guard.New("")
	if err != nil {
		panic(err) // nothing was given that could be wrong
	}
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		refused := func(status int, format string, args ...any) {
			reply(w, nil, &refusal{status, status, fmt.Sprintf(format, args...)})
		}
		kind, _, _ := mime.ParseMediaType(q.Header.Get("Content-Type"))
		switch {
		case !rule.IsOurs(q):
			refused(http.StatusMisdirectedRequest, "this registry answers to localhost only, and it was asked for as %s", q.Host)
		case !rule.MayChange(q), guard.IsCrossSite(q):
			refused(http.StatusForbidden, "the request is from a web page, and this registry is for programs")
		case q.ContentLength != 0 && kind != "application/json" && !strings.HasSuffix(kind, "+json"):
			refused(http.StatusUnsupportedMediaType, "Content-Type is %q: send JSON as application/vnd.schemaregistry.v1+json", q.Header.Get("Content-Type"))
		default:
			next.ServeHTTP(w, q)
		}
	})
}

// refusal is an error as the API reports it.
type refusal struct {
	status, code int
	message      string
}

func (r *refusal) Error() string { return r.message }

// refuse makes a refusal of a five-digit code, which includes the status: 40401 is a
// 404.
func refuse(code int, format string, args ...any) error {
	return &refusal{code / 100, code, fmt.Sprintf(format, args...)}
}

// rawText is an answer that is sent as it is.
type rawText string

// reply writes a value, or an error, as the API does.
func reply(w http.ResponseWriter, value any, err error) {
	w.Header().Set("Content-Type", "application/vnd.schemaregistry.v1+json")
	if err != nil {
		var refused *refusal
		if !errors.As(err, &refused) {
			refused = &refusal{http.StatusInternalServerError, 50001, err.Error()}
		}
		w.WriteHeader(refused.status)
		value = map[string]any{"error_code": refused.code, "message": refused.message}
	}
	if text, raw := value.(rawText); raw {
		_, _ = w.Write([]byte(text)) // a client that has gone needs no answer
		return
	}
	_ = json.NewEncoder(w).Encode(value)
}

func (registry) root(*http.Request) (any, error)  { return struct{}{}, nil }
func (registry) types(*http.Request) (any, error) { return []string{"AVRO"}, nil }
func (registry) mode(*http.Request) (any, error) {
	return map[string]string{"mode": "READWRITE"}, nil
}

// readBody reads a request's JSON body into target.
func readBody(q *http.Request, target any) error {
	body, err := io.ReadAll(q.Body)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return &refusal{http.StatusRequestEntityTooLarge, http.StatusRequestEntityTooLarge, fmt.Sprintf("Request body is larger than %d bytes", largestBody)}
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, target); err != nil {
		return &refusal{http.StatusBadRequest, http.StatusBadRequest, "Request body is no JSON of the expected form: " + err.Error()}
	}
	return nil
}

// postedSchema reads the schema text in a request and checks that it is Avro.
func postedSchema(q *http.Request) (string, error) {
	var posted struct {
		Schema     string            `json:"schema"`
		SchemaType string            `json:"schemaType"`
		References []json.RawMessage `json:"references"`
	}
	if err := readBody(q, &posted); err != nil {
		return "", err
	}
	if !strings.EqualFold(posted.SchemaType, "AVRO") && posted.SchemaType != "" {
		return "", refuse(42201, "Schema type %s is not supported by the embedded registry, only AVRO", posted.SchemaType)
	}
	if len(posted.References) > 0 {
		return "", refuse(42201, "Schema references are not supported by the embedded registry")
	}
	if len(posted.Schema) > largestSchema {
		return "", refuse(42201, "The schema has %d bytes, and the embedded registry takes %d", len(posted.Schema), largestSchema)
	}
	if err := avro.Compatible("NONE", posted.Schema, nil); err != nil {
		return "", refuse(42201, "Invalid schema: %v", err)
	}
	return posted.Schema, nil
}
