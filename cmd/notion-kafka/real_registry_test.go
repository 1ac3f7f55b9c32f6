//go:build real

package main_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"notion-kafka/notion/notiontest"
)

// If the program may not register schemas, each stream stops and names the missing
// schema, and publishes as soon as somebody has registered it.
func TestSchemasRegisteredByHand(t *testing.T) {
	t.Parallel()
	s := newStage(t, notiontest.Options{})
	db := s.workspace.AddDatabase("Tasks")
	db.AddPage("One", nil)
	topics := map[string]string{"databases": s.topic("databases"), "database_" + db.ID(): s.topic("tasks")}

	missing := sortedKeys(topics)
	for len(missing) > 0 {
		s.expectMissing(topics, missing)
		s.register(topics[missing[0]]+"-value", s.mustRun("schema", missing[0]).out)
		missing = missing[1:]
	}
	s.expectMissing(topics, nil)
	for stream, topic := range topics {
		if published := s.consume(topic); len(published) != 1 {
			t.Errorf("stream %s: %d records, want 1", stream, len(published))
		}
	}
}

// expectMissing runs once and check without the right to register; both have to report
// the schemas of these streams and of no others.
func (s *stage) expectMissing(topics map[string]string, missing []string) {
	s.t.Helper()
	once := s.run("once", "--set", "schema_registry.auto_register=false")
	check := s.run("check", "--set", "schema_registry.auto_register=false")
	if want := min(len(missing), 1); once.code != want || check.code != want {
		s.t.Errorf("with the schemas of %v missing, exit code %d of once and %d of check, want %d", missing, once.code, check.code, want)
	}
	table := once.streams(s.t)
	for stream, topic := range topics {
		subject, schema := topic+"-value", strings.TrimSpace(s.mustRun("schema", stream).out)
		named := strings.Contains(once.talk, "subject \""+subject+"\"") && strings.Contains(once.talk, schema)
		faulty := strings.Contains(check.out, "✗ registry: subject "+subject)
		if want := slices.Contains(missing, stream); named != want || faulty != want || (table[stream].Status == "failed") != want {
			s.t.Errorf("stream %s, its schema missing: %v. once says %s and names the schema: %v; check finds fault: %v\n%s%s",
				stream, want, table[stream].Status, named, faulty, once.talk, check.out)
		}
	}
}

// register registers a schema as the owner of the registry would.
func (s *stage) register(subject, schema string) {
	s.t.Helper()
	body, err := json.Marshal(map[string]string{"schemaType": "AVRO", "schema": schema})
	if err != nil {
		s.t.Fatal(err)
	}
	s.ask(http.MethodPost, "/subjects/"+subject+"/versions", body)
}

// newestSchema returns the text of a subject's newest version.
func (s *stage) newestSchema(subject string) string {
	s.t.Helper()
	var version struct {
		Schema string `json:"schema"`
	}
	if err := json.Unmarshal(s.ask(http.MethodGet, "/subjects/"+subject+"/versions/latest", nil), &version); err != nil {
		s.t.Fatal(err)
	}
	return version.Schema
}

func (s *stage) ask(method, path string, body []byte) []byte {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.ctx, method, s.registry+path, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/vnd.schemaregistry.v1+json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("%s %s: %s, %v\n%s", method, path, resp.Status, err, answer)
	}
	return answer
}
