package avro

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// An endless response from the registry's address does not fill the memory.
func TestEndlessResponseFails(t *testing.T) {
	for name, begins := range map[string]string{"a schema": `{"schema": "`, "an error": `{"error_code": 50001, "message": "`} {
		t.Run(name, func(t *testing.T) {
			sent := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/vnd.schemaregistry.v1+json")
				if name == "an error" {
					w.WriteHeader(http.StatusInternalServerError)
				}
				_, _ = w.Write([]byte(begins))
				for filler := []byte(strings.Repeat("x", 1<<20)); sent < 100; sent++ {
					if _, err := w.Write(filler); err != nil {
						return
					}
				}
			}))
			r, err := NewRegistry(RegistryOptions{URL: server.URL})
			if err != nil {
				t.Fatal(err)
			}
			_, err = r.SchemaByID(t.Context(), 1)
			server.Close()
			if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "the response is larger than 16 MiB; check schema_registry.url") {
				t.Errorf("error %.300v", err)
			}
			if sent == 100 {
				t.Error("the whole response was read")
			}
		})
	}
}
