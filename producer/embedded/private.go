package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
)

// Private returns an error if others than its owner may use a file. The owner has to
// be this process's user, or root.
func Private(info fs.FileInfo) error {
	if owner, known := ownerOf(info); known && owner != 0 && owner != os.Geteuid() {
		return fmt.Errorf("belongs to user %d, and this process runs as user %d: its owner can read and change it", owner, os.Geteuid())
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("has mode %04o, so others than its owner may use it", info.Mode().Perm())
	}
	return nil
}

// Exposed returns an error if others than its owner may put files into data_dir; a
// missing directory is not an error. Only the owner can read the files in it, whatever
// the directory allows.
func Exposed(dataDir string) error {
	info, err := os.Stat(dataDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("looking at data_dir: %w", err)
	}
	if owner, known := ownerOf(info); known && owner != 0 && owner != os.Geteuid() {
		return fmt.Errorf("data_dir %s belongs to user %d, who can replace what is in it: give it to user %d, as whom this process runs", dataDir, owner, os.Geteuid())
	}
	if mode := info.Mode(); mode.Perm()&0o022 != 0 && mode&fs.ModeSticky == 0 {
		return fmt.Errorf("data_dir %s has mode %04o, so others can replace what is in it: chmod 700 it", dataDir, mode.Perm())
	}
	return nil
}

// keepPrivate closes a directory of topics to all but its owner, because the broker
// lets everybody read the files in it. A directory that this user may not change is
// logged.
func keepPrivate(dir string, log *slog.Logger) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := os.Chmod(dir, 0o700); err != nil { //nolint:gosec // a directory, its owner's
		log.Warn("the topics of the embedded broker may be read by others: their directory cannot be changed", "directory", filepath.Clean(dir), "error", err)
	}
	return nil
}
