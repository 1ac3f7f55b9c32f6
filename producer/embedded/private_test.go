package embedded

import (
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Only its owner can read records in data_dir: before and after the broker was
// prepared, and also if the directory existed and was open to all.
func TestOnlyTheOwnerReadsTheTopics(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for again := range 2 { // the second time it is prepared
		e := open(t, dir)
		if again == 0 {
			createTopic(t, e)
		}
		commit(t, e, "writer", "k=v")
		shut(t, e)
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || path == dir {
				return err
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			if info.Mode().Perm()&0o077 != 0 {
				t.Errorf("others may use %s: %v", path, info.Mode())
			}
			if d.IsDir() {
				return fs.SkipDir // they cannot reach its content
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(dir, "kafka"), 0o755); err != nil { // as versions before left it
			t.Fatal(err)
		}
	}
}

// A directory that was open to all is closed, whether or not the broker's data is prepared
// anew in it.
func TestADirectoryOfTopicsIsClosed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "kafka")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := keepPrivate(dir, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// A directory in which others may replace files is reported by Exposed, and logged.
func TestADataDirThatOthersWriteToIsReported(t *testing.T) {
	for _, test := range []struct {
		mode fs.FileMode
		says string
	}{{0o700, ""}, {0o755, ""}, {0o777 | fs.ModeSticky, ""}, {0o770, "has mode 0770, so others can replace what is in it: chmod 700 it"}, {0o757, "has mode 0757"}} {
		dir := t.TempDir()
		if err := os.Chmod(dir, test.mode); err != nil {
			t.Fatal(err)
		}
		if err := Exposed(dir); (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("mode %v: %v", test.mode, err)
		}
		var log strings.Builder
		shut(t, openAt(t, Options{
			DataDir: dir, KafkaListen: "127.0.0.1:0", RegistryListen: "127.0.0.1:0", Logger: slog.New(slog.NewTextHandler(&log, nil)),
		}))
		if got := log.String(); strings.Contains(got, "level=WARN") != (test.says != "") || !strings.Contains(got, test.says) {
			t.Errorf("mode %v: the log has\n%s", test.mode, got)
		}
	}
	if err := Exposed(filepath.Join(t.TempDir(), "none")); err != nil {
		t.Errorf("a directory that is not there: %v", err)
	}
}

// The owner of a file may read and change it, whatever its mode is.
func TestFilesOfAnotherUserAreNotPrivate(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may give files away")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for owner, says := range map[int]string{0: "", 12345: "belongs to user 12345"} {
		for _, path := range []string{dir, file} {
			if err := os.Chown(path, owner, 0); err != nil {
				t.Fatal(err)
			}
		}
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range []error{Private(info), Exposed(dir)} {
			if (err == nil) != (says == "") || err != nil && !strings.Contains(err.Error(), says) {
				t.Errorf("of user %d: %v", owner, err)
			}
		}
	}
}
