//go:build real

// The real suite runs the built program in processes that can be killed, on Apache
// Kafka and Apicurio Registry: `make test-real`, or `deploy/real/with go test -tags
// real ./cmd/notion-kafka`. Only Notion is simulated, behind a listener of each test.
package main_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
)

// program is the path of the built program, once TestMain has built it.
var program string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "notion-kafka-real-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder that stays does no harm
	program = filepath.Join(dir, "notion-kafka")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the program under test: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// longestTest bounds a test: after it, the processes are killed and the test fails with
// their output.
const longestTest = 2 * time.Minute

// A stage is the environment of one test: a simulated workspace, and names of its own
// in the Kafka and the registry that all tests share.
type stage struct {
	t         *testing.T
	ctx       context.Context
	workspace *notiontest.Workspace // nil in a sourceStage
	name      string                // the consumer group, and the prefix of all topics
	dir       string                // the working directory of the program, with its configuration file
	realParts
}

// realParts are the Kafka and the registry of a test, and the Python to read from them.
type realParts struct{ brokers, registry, python string }

// sharedParts returns the parts that deploy/real/with started.
func sharedParts(t *testing.T) realParts {
	t.Helper()
	return realParts{brokers: given(t, "KAFKA_BROKERS"), registry: given(t, "REGISTRY_URL"), python: given(t, "PYTHON")}
}

func newStage(t *testing.T, options notiontest.Options) *stage {
	t.Helper()
	return newStageOn(t, sharedParts(t), longestTest, options)
}

// newStageOn is newStage on parts of the test's own, for a test that may take longer.
func newStageOn(t *testing.T, parts realParts, longest time.Duration, options notiontest.Options) *stage {
	t.Helper()
	return newStageBehind(t, parts, longest, options, func(workspace http.Handler) http.Handler { return workspace })
}

// newStageBehind is newStageOn with a handler before the workspace.
func newStageBehind(t *testing.T, parts realParts, longest time.Duration, options notiontest.Options, around func(http.Handler) http.Handler) *stage {
	t.Helper()
	s := emptyStage(t, parts, longest)
	s.simulate(options, "", around)
	return s
}

// simulate gives the stage a workspace, with a handler before it, and one source that reads
// it, with further keys of YAML.
func (s *stage) simulate(options notiontest.Options, keys string, around func(http.Handler) http.Handler) {
	t := s.t
	t.Helper()
	options.RequestsPerMinute = -1
	options.Violation = func(what string) { t.Error("Notion's contract broken:", what) }
	s.workspace = notiontest.New(options)
	api := httptest.NewServer(around(s.workspace))
	t.Cleanup(api.Close)
	s.configure(api.URL, fmt.Sprintf("  - {name: acme, token: \"${NOTION_TOKEN}\", topic_prefix: %s.%s}\n", s.name, keys))
}

// emptyStage has a name and a time limit, but no Notion and no configuration.
func emptyStage(t *testing.T, parts realParts, longest time.Duration) *stage {
	t.Helper()
	s := &stage{t: t, dir: t.TempDir(), realParts: parts}
	var cancel context.CancelFunc
	s.ctx, cancel = context.WithTimeout(t.Context(), longest)
	t.Cleanup(cancel)
	var random [4]byte
	rand.Read(random[:])
	s.name = "real-" + hex.EncodeToString(random[:])
	return s
}

// given returns a variable that deploy/real/with sets.
func given(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("%s is not set: the real suite needs Kafka and a registry, which `make test-real` starts for it", name)
	}
	return value
}

// configure writes the file that the program finds in its working directory.
// sources is the text of the elements of sources:, as YAML.
func (s *stage) configure(api, sources string) {
	s.t.Helper()
	text := configuration(s.name, s.realParts, api, sources)
	if err := os.WriteFile(filepath.Join(s.dir, "notion-kafka.yaml"), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// configuration is a configuration file with names that begin with a name.
func configuration(name string, parts realParts, api, sources string) string {
	return fmt.Sprintf(`
notion: {api_url: %q, requests_per_minute: 100000}
kafka:
  brokers: [%s]
  group: %[3]s
  state_topic: %[3]s.state
  control_topic: %[3]s.control
schema_registry: {url: %[4]q}
console: {listen: "", topic_prefixes: [%[3]s]}
sources:
%[5]s`, api, parts.brokers, name, parts.registry, sources)
}

// topic returns the full name of a topic of this test.
func (s *stage) topic(name string) string { return s.name + "." + name }

// environ keeps variables of the machine, proxies above all, out of the processes of
// the test.
func (s *stage) environ() []string {
	kept := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir}
	if s.workspace != nil {
		kept = append(kept, "NOTION_TOKEN="+s.workspace.Token())
	}
	return kept
}

// root is the folder of go.mod.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err == nil {
		_, err = os.Stat(filepath.Join(dir, "go.mod"))
	}
	if err != nil {
		t.Fatalf("these tests lie two folders below go.mod: %v", err)
	}
	return dir
}

// fixtureLines returns the lines of a file of recorded payloads. The test is skipped if
// the folder of recordings is absent.
func fixtureLines(t *testing.T, name string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(t), "..", "shared", "fixtures", name))
	if os.IsNotExist(err) {
		t.Skipf("no recordings: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}
