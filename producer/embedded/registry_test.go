package embedded

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/sr"
)

const (
	schemaV1 = `{"type": "record", "name": "R", "doc": "kept", "fields": [{"name":"id","type":"string"}]}`
	schemaV2 = `{"type":"record","name":"R","fields":[{"name":"id","type":"string"},{"name":"n","type":["null","int"],"default":null}]}`
	breaking = `{"type":"record","name":"R","fields":[{"name":"id","type":"string"},{"name":"must","type":"int"}]}`
)

// serveRegistry serves the registry of a file.
func serveRegistry(t *testing.T, path string) string {
	t.Helper()
	s, err := openStore(path)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(newRegistryHandler(s))
	t.Cleanup(server.Close)
	return server.URL
}

func registryClient(t *testing.T, url string) *sr.Client {
	t.Helper()
	client, err := sr.NewClient(sr.URLs(url))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// send sends a request and returns the answer as status and body on one line.
func send(t *testing.T, method, url, body string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/vnd.schemaregistry.v1+json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d %s", response.StatusCode, strings.TrimSpace(string(text)))
}

// posted is the body that carries a schema.
func posted(schema string) string {
	return fmt.Sprintf(`{"schema":%q}`, schema)
}

func TestRegistryWithAnOrdinaryClient(t *testing.T) {
	path := filepath.Join(t.TempDir(), "registry.json")
	client := registryClient(t, serveRegistry(t, path))
	ctx := t.Context()

	first, err := client.CreateSchema(ctx, "a-value", sr.Schema{Schema: schemaV1})
	if err != nil {
		t.Fatal(err)
	}
	if first.ID != 1 || first.Version != 1 {
		t.Errorf("first schema: id %d version %d", first.ID, first.Version)
	}
	again, err := client.CreateSchema(ctx, "a-value", sr.Schema{Schema: strings.ReplaceAll(schemaV1, ": ", ":")})
	if err != nil || again.ID != 1 || again.Version != 1 {
		t.Errorf("the same with other white space: id %d version %d, %v", again.ID, again.Version, err)
	}
	other, err := client.CreateSchema(ctx, "b/value", sr.Schema{Schema: schemaV1})
	if err != nil || other.ID != 1 {
		t.Errorf("the same in another subject: id %d, %v", other.ID, err)
	}
	second, err := client.CreateSchema(ctx, "a-value", sr.Schema{Schema: schemaV2})
	if err != nil || second.ID != 2 || second.Version != 2 {
		t.Errorf("second schema: id %d version %d, %v", second.ID, second.Version, err)
	}
	if _, err = client.CreateSchema(ctx, "a-value", sr.Schema{Schema: breaking}); !hasStatus(err, http.StatusConflict) {
		t.Errorf("breaking schema: %v, want 409", err)
	}
	check, err := client.CheckCompatibility(sr.WithParams(ctx, sr.Verbose), "a-value", -1, sr.Schema{Schema: breaking})
	if err != nil || check.Is || !strings.Contains(fmt.Sprint(check.Messages), "must") {
		t.Errorf("check of a breaking schema: %+v, %v", check, err)
	}

	// All of it outlives the process.
	client = registryClient(t, serveRegistry(t, path))
	subjects, err := client.Subjects(ctx)
	if diff := cmp.Diff([]string{"a-value", "b/value"}, subjects); err != nil || diff != "" {
		t.Errorf("subjects: %v (-want +got):\n%s", err, diff)
	}
	text, err := client.SchemaTextByID(ctx, 1)
	if err != nil || text != schemaV1 {
		t.Errorf("schema 1 = %s, %v; want it as it was sent", text, err)
	}
	found, err := client.LookupSchema(ctx, "a-value", sr.Schema{Schema: schemaV2})
	if err != nil || found.ID != 2 || found.Version != 2 {
		t.Errorf("lookup: id %d version %d, %v", found.ID, found.Version, err)
	}
	usages, err := client.SchemaVersionsByID(ctx, 1)
	if diff := cmp.Diff([]sr.SubjectVersion{{Subject: "a-value", Version: 1}, {Subject: "b/value", Version: 1}}, usages); err != nil || diff != "" {
		t.Errorf("usages: %v (-want +got):\n%s", err, diff)
	}
}

func TestRegistryCompatibilityLevels(t *testing.T) {
	client := registryClient(t, serveRegistry(t, filepath.Join(t.TempDir(), "registry.json")))
	ctx := t.Context()
	if got := client.Compatibility(ctx)[0]; got.Err != nil || got.Level != sr.CompatBackward {
		t.Errorf("global level: %v, %v", got.Level, got.Err)
	}
	if _, err := client.CreateSchema(ctx, "s", sr.Schema{Schema: schemaV1}); err != nil {
		t.Fatal(err)
	}
	if got := client.SetCompatibility(ctx, sr.SetCompatibility{Level: sr.CompatNone}, "s")[0]; got.Err != nil {
		t.Fatal(got.Err)
	}
	if _, err := client.CreateSchema(ctx, "s", sr.Schema{Schema: breaking}); err != nil {
		t.Errorf("under NONE: %v", err)
	}
}

func TestRegistryDeletesSoftlyThenForGood(t *testing.T) {
	client := registryClient(t, serveRegistry(t, filepath.Join(t.TempDir(), "registry.json")))
	ctx := t.Context()
	if _, err := client.CreateSchema(ctx, "s", sr.Schema{Schema: schemaV1}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.DeleteSubject(ctx, "s", sr.HardDelete); !hasStatus(err, http.StatusNotFound) {
		t.Errorf("for good at once: %v, want 404", err)
	}
	if versions, err := client.DeleteSubject(ctx, "s", sr.SoftDelete); err != nil || !cmp.Equal(versions, []int{1}) {
		t.Errorf("softly: %v, %v", versions, err)
	}
	if _, err := client.SubjectVersions(ctx, "s"); !hasStatus(err, http.StatusNotFound) {
		t.Errorf("a deleted subject: %v, want 404", err)
	}
	// Deleted versions bind no one, and their numbers stay taken.
	if back, err := client.CreateSchema(ctx, "s", sr.Schema{Schema: breaking}); err != nil || back.Version != 2 {
		t.Errorf("after the deletion: version %d, %v", back.Version, err)
	}
}

func TestRegistryAnswers(t *testing.T) {
	url := serveRegistry(t, filepath.Join(t.TempDir(), "registry.json"))
	if got := send(t, "POST", url+"/subjects/s/versions", posted(schemaV1)); got != `200 {"id":1}` {
		t.Fatal(got)
	}
	tests := []struct{ method, path, body, want string }{
		{"GET", "/subjects", "", `200 ["s"]`},
		{"GET", "/subjects/s/versions", "", `200 [1]`},
		{"GET", "/subjects/s/versions/latest/schema", "", `200 ` + schemaV1},
		{"GET", "/schemas/ids/1/schema", "", `200 ` + schemaV1},
		{"GET", "/schemas/ids/1/subjects", "", `200 ["s"]`},
		{"GET", "/schemas/types", "", `200 ["AVRO"]`},
		{"GET", "/mode", "", `200 {"mode":"READWRITE"}`},
		{"GET", "/config", "", `200 {"compatibilityLevel":"BACKWARD"}`},
		{"GET", "/config/s?defaultToGlobal=true", "", `200 {"compatibilityLevel":"BACKWARD"}`},
		{"POST", "/compatibility/subjects/s/versions", posted(schemaV2), `200 {"is_compatible":true}`},
		{"POST", "/compatibility/subjects/s/versions/latest", posted(breaking), `200 {"is_compatible":false}`},
		{"GET", "/config/s", "", `404 {"error_code":40408`},
		{"GET", "/subjects/none/versions", "", `404 {"error_code":40401`},
		{"GET", "/subjects/none/versions/1", "", `404 {"error_code":40401`},
		{"GET", "/subjects/s/versions/9", "", `404 {"error_code":40402`},
		{"GET", "/subjects/s/versions/x", "", `422 {"error_code":42202`},
		{"GET", "/schemas/ids/9", "", `404 {"error_code":40403`},
		{"GET", "/schemas/ids/x", "", `404 {"error_code":40403`},
		{"POST", "/subjects/none", posted(schemaV1), `404 {"error_code":40401`},
		{"POST", "/subjects/s", posted(schemaV2), `404 {"error_code":40403`},
		{"POST", "/subjects/s/versions", posted(breaking), `409 {"error_code":409`},
		{"POST", "/subjects/s/versions", posted(`{"type":"nothing"}`), `422 {"error_code":42201`},
		{"POST", "/subjects/s/versions", `{"schema":"syntax = 3","schemaType":"PROTOBUF"}`, `422 {"error_code":42201`},
		{"POST", "/subjects/s/versions", `{`, `400 {"error_code":400`},
		{"POST", "/subjects/s/versions", posted(strings.Repeat("x", largestBody)), `413 {"error_code":413`},
		{"PUT", "/config", `{"compatibility":"SIDEWAYS"}`, `422 {"error_code":42203`},
		{"GET", "/nowhere", "", `404 {"error_code":404`},
	}
	for _, test := range tests {
		t.Run(test.method+" "+test.path, func(t *testing.T) {
			if got := send(t, test.method, url+test.path, test.body); !strings.HasPrefix(got, test.want) {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestStoreRefusesWhatItCannotRead(t *testing.T) {
	for content, want := range map[string]string{`{"format":99}`: "format 99", `{"sch`: "registry.json"} {
		path := filepath.Join(t.TempDir(), "registry.json")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := openStore(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error = %v, want one with %q", content, err, want)
		}
	}
}

// The file has every change, and nothing of a change that failed.
func TestStoreKeepsEveryChange(t *testing.T) {
	path := filepath.Join(t.TempDir(), "registry.json")
	s, err := openStore(path)
	if err != nil {
		t.Fatal(err)
	}
	changes := []func(*catalog){
		func(c *catalog) { c.add("a", schemaV1) },
		func(c *catalog) { c.add("b", strings.ReplaceAll(schemaV1, ": ", ":")) },
		func(c *catalog) { c.Levels["a"] = "NONE" },
		func(c *catalog) { c.Subjects["a"][0].Deleted = true },
		func(c *catalog) { c.Levels["a"] = "FULL" },
		func(c *catalog) { delete(c.Subjects, "a"); delete(c.Levels, "a") },
	}
	for i, change := range changes {
		before := s.now.clone()
		failure := errors.New("no")
		if err := s.change(func(c *catalog) error { change(c); return failure }); !errors.Is(err, failure) {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, s.now, cmp.AllowUnexported(catalog{})); diff != "" {
			t.Errorf("change %d failed, and the catalog changed (-before +after):\n%s", i, diff)
		}
		if err := s.change(func(c *catalog) error { change(c); return nil }); err != nil {
			t.Fatal(err)
		}
		read, err := openStore(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(s.now, read.now, cmp.AllowUnexported(catalog{})); diff != "" || cmp.Equal(before, s.now, cmp.AllowUnexported(catalog{})) {
			t.Errorf("change %d (-in memory +in the file):\n%s", i, diff)
		}
	}
}

// A change that cannot be written to disk is answered with an error and undone.
func TestStoreForgetsWhatItCouldNotWrite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gone")
	url := serveRegistry(t, filepath.Join(dir, "registry.json")) // the directory does not exist
	if got := send(t, "POST", url+"/subjects/s/versions", posted(schemaV1)); !strings.HasPrefix(got, `500 {"error_code":50001`) {
		t.Errorf("registering: %s", got)
	}
	if got := send(t, "GET", url+"/subjects", ""); got != "200 []" {
		t.Errorf("subjects: %s", got)
	}
}

func hasStatus(err error, status int) bool {
	var answer *sr.ResponseError
	return errors.As(err, &answer) && answer.StatusCode == status
}
