package embedded

import (
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gofrs/flock"
)

// Open waits a minute for a process that holds the lock and writes no address. Then
// the error says what to do.
func TestHolderThatNeverServes(t *testing.T) {
	dir := t.TempDir()
	lock := flock.New(filepath.Join(dir, "embedded.lock"))
	if locked, err := lock.TryLock(); err != nil || !locked {
		t.Fatal(locked, err)
	}
	defer lock.Close()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		_, err := Open(t.Context(), Options{DataDir: dir, KafkaListen: "127.0.0.1:0", RegistryListen: "127.0.0.1:0"})
		if err == nil || !strings.Contains(err.Error(), "another process holds data_dir "+dir) || !strings.Contains(err.Error(), "end that process") {
			t.Error(err)
		}
		if waited := time.Since(began); waited != holderTimeout {
			t.Errorf("it waited %v, want %v", waited, holderTimeout)
		}
	})
}
