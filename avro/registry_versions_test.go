package avro

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// version is a schema that can read those with a smaller number.
func version(n int) string {
	fields := []string{`{"name":"id","type":"string"}`}
	for i := range n {
		fields = append(fields, fmt.Sprintf(`{"name":"f%d","type":["null","string"],"default":null}`, i))
	}
	return record(fields...)
}

// The versions of a subject are the last ones, the newest first.
func TestVersionsOfASubject(t *testing.T) {
	_, _, url := fakeRegistry(t)
	registry := newRegistry(t, RegistryOptions{URL: url, AutoRegister: true})
	var want []SchemaVersion
	for n := range 4 {
		id, err := registry.Ensure(t.Context(), "tasks-value", version(n))
		if err != nil {
			t.Fatal(err)
		}
		want = append([]SchemaVersion{{n + 1, id, version(n)}}, want...)
	}
	for n, want := range map[int][]SchemaVersion{3: want[:3], 20: want} {
		got, err := registry.Versions(t.Context(), "tasks-value", n)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("the last %d: %v, (-want +got):\n%s", n, err, diff)
		}
	}
	if none, err := registry.Versions(t.Context(), "nothing-value", 20); err != nil || len(none) != 0 {
		t.Errorf("of a subject that does not exist: %v, %v", none, err)
	}
}

// A version that is deleted between the two requests is left out; another failure is told.
func TestVersionsThatCannotBeRead(t *testing.T) {
	newest := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		switch {
		case strings.HasSuffix(q.URL.Path, "/versions"):
			fmt.Fprint(w, `[1,2]`)
		case strings.HasSuffix(q.URL.Path, "/1"):
			fmt.Fprintf(w, `{"subject":"s","version":1,"id":7,"schema":%q}`, version(0))
		case newest == "":
			answer(w, 404, 40402, "Version 2 not found")
		case newest == "away":
			answer(w, 503, 50003, "try later")
		default:
			fmt.Fprint(w, newest)
		}
	}))
	t.Cleanup(server.Close)
	registry := newRegistry(t, RegistryOptions{URL: server.URL})
	got, err := registry.Versions(t.Context(), "s", 20)
	if diff := cmp.Diff([]SchemaVersion{{1, 7, version(0)}}, got); diff != "" || err != nil {
		t.Errorf("%v, (-want +got):\n%s", err, diff)
	}
	for text, kind := range map[string]error{"away": ErrUnreachable, `{"subject":"s","version":2,"id":8,"schemaType":"PROTOBUF","schema":"message A {}"}`: ErrInvalid} {
		newest = text
		if got, err := registry.Versions(t.Context(), "s", 20); !errors.Is(err, kind) || len(got) > 0 || !strings.Contains(err.Error(), `version 2 of subject "s"`) {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
}
