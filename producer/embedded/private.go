package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
)

// Private says what others than the owner may do with a file that is for its owner
// alone; nil where that is nothing. The owner is this process's user, or root.
func Private(info fs.FileInfo) error {
	if owner, known := ownerOf(info); known && owner != 0 && owner != os.Geteuid() {
		return fmt.Errorf("belongs to user %d, and this process runs as user %d: whoever owns it can read and change it", owner, os.Geteuid())
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("has mode %04o, so others than its owner may use it", info.Mode().Perm())
	}
	return nil
}

// Exposed says who else may put files into data_dir; nil: nobody, or there is no
// such directory. What is in it only its owner reads, whatever the directory allows.
func Exposed(dataDir string) error {
	info, err := os.Stat(dataDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("looking at data_dir: %w", err)
	}
	if owner, known := ownerOf(info); known && owner != 0 && owner != os.Geteuid() {
		return fmt.Errorf("data_dir %s belongs to user %d, who can replace what is in it: have it belong to user %d, as whom this process runs", dataDir, owner, os.Geteuid())
	}
	if mode := info.Mode(); mode.Perm()&0o022 != 0 && mode&fs.ModeSticky == 0 {
		return fmt.Errorf("data_dir %s has mode %04o, so others can replace what is in it: chmod 700 it", dataDir, mode.Perm())
	}
	return nil
}

// keepPrivate makes a directory of topics, whose files the broker lets everybody
// read, its owner's alone. One that this user may not change is told of.
func keepPrivate(dir string, log *slog.Logger) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := os.Chmod(dir, 0o700); err != nil { //nolint:gosec // a directory, its owner's
		log.Warn("the topics of the embedded broker may be read by others: their directory cannot be changed", "directory", filepath.Clean(dir), "error", err)
	}
	return nil
}
