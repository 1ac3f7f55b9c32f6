//go:build real

package main_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gofrs/flock"
)

// Another process holds the lock of data_dir and does not publish the address of its
// embedded broker, or does not respond there. A daemon logs that it waits for it, and
// ends after SIGTERM.
func TestHolderOfDataDirNeverAnswers(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // the system accepts connections, and nobody reads
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	for _, address := range []string{"", silent.Addr().String()} {
		s := emptyStage(t, realParts{}, longestTest)
		dataDir := s.holdDataDir(address)
		daemon := s.start("run", "--log-format", "json")
		daemon.await(daemon.talk, "it said that it waits", func(line string) bool {
			return strings.Contains(line, "waiting for the process that holds data_dir") && strings.Contains(line, dataDir)
		})
		t.Logf("run ended %v after SIGTERM", daemon.endsInBound())
	}
}

// holdDataDir locks a new data_dir like a process that runs the embedded broker there,
// and writes the configuration of one that wants to use it. address is the published
// address of the broker; "": none.
func (s *stage) holdDataDir(address string) (dataDir string) {
	s.t.Helper()
	dataDir = s.t.TempDir()
	lock := flock.New(filepath.Join(dataDir, "embedded.lock"))
	held, err := lock.TryLock()
	if err != nil || !held {
		s.t.Fatalf("the lock of %s: held %v, %v", dataDir, held, err)
	}
	s.t.Cleanup(func() { _ = lock.Unlock() })
	files := map[string]string{filepath.Join(s.dir, "notion-kafka.yaml"): fmt.Sprintf(
		"{data_dir: %q, console: {listen: \"\"}, sources: [{name: acme, token: ntn_never_asked}]}", dataDir)}
	if address != "" {
		files[filepath.Join(dataDir, "embedded.json")] = fmt.Sprintf(`{"kafka": %q, "registry": %q, "cluster": "a"}`, address, address)
	}
	for name, text := range files {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
	return dataDir
}
