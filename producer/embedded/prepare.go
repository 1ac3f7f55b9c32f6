package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
)

// prepare makes a broker's directory ready: it aborts every open transaction for
// good, and compacts compacted topics.
//
// It works on a copy. A kill before the copy takes the original's place leaves the
// original; a kill after that leaves the result. In between both are there, and the
// next start puts the original back. prepare ignores a missing directory.
func prepare(ctx context.Context, dir string, log *slog.Logger) error {
	if err := recoverSwap(dir); err != nil {
		return err
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	next := nextDir(dir)
	if err := keepPrivate(next, log); err != nil {
		return err
	}
	if err := os.CopyFS(next, os.DirFS(dir)); err != nil {
		return fmt.Errorf("copying the topics, which needs as much disk space again: %w", err)
	}
	if err := settleAndCompact(ctx, next, log); err != nil {
		return err
	}
	if err := syncTree(next); err != nil {
		return err
	}
	return swap(dir)
}

// settleAndCompact opens a broker over dir on a port that nobody knows, aborts open
// transactions, compacts, and closes the broker again.
func settleAndCompact(ctx context.Context, dir string, log *slog.Logger) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	brokerLog := &brokerLog{to: log}
	cluster, err := openCluster(dir, newClusterID(), listener, brokerLog)
	if err != nil {
		_ = listener.Close()
		return err
	}
	brokerLog.watch() // opening may warn of a torn write, which it has cut off
	err = abortOpenTransactions(ctx, listener.Addr().String())
	if err == nil {
		cluster.Compact()
	}
	cluster.Close()
	return errors.Join(err, brokerLog.firstError())
}

func nextDir(dir string) string { return dir + ".next" }
func oldDir(dir string) string  { return dir + ".old" }

// swap lets the copy take the original's place.
func swap(dir string) error {
	if err := os.Rename(dir, oldDir(dir)); err != nil {
		return err
	}
	if err := os.Rename(nextDir(dir), dir); err != nil {
		return err
	}
	if err := syncPath(filepath.Dir(dir)); err != nil {
		return err
	}
	return os.RemoveAll(oldDir(dir))
}

// recoverSwap cleans up after a kill in the middle of prepare.
func recoverSwap(dir string) error {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		if err := os.Rename(oldDir(dir), dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return errors.Join(os.RemoveAll(nextDir(dir)), os.RemoveAll(oldDir(dir)))
}

// syncTree writes a directory with all it holds through to the disk.
func syncTree(root string) error {
	return filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return syncPath(path)
	})
}

// syncPath writes one file or directory through to the disk.
func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
