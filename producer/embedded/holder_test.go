package embedded

import (
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gofrs/flock"
)

// A process that holds the lock and says nowhere where it serves is waited for for a
// minute, and then the error says what to do.
func TestHolderThatNeverServes(t *testing.T) {
	dir := t.TempDir()
	lock := flock.New(filepath.Join(dir, "embedded.lock"))
	if held, err := lock.TryLock(); err != nil || !held {
		t.Fatal(held, err)
	}
	defer lock.Close()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		_, err := Open(t.Context(), Options{DataDir: dir, KafkaListen: "127.0.0.1:0", RegistryListen: "127.0.0.1:0"})
		if err == nil || !strings.Contains(err.Error(), "another process holds data_dir "+dir) || !strings.Contains(err.Error(), "end that process") {
			t.Error(err)
		}
		if waited := time.Since(began); waited != patience {
			t.Errorf("it was waited for for %v, want %v", waited, patience)
		}
	})
}
