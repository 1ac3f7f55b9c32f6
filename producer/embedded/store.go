package embedded

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"sync"
)

// storeFormat is the version of the registry's file. A newer one is refused.
const storeFormat = 1

// store keeps a catalog in a file. When change returns nil, the change is on disk.
type store struct {
	path string

	mu  sync.RWMutex
	now *catalog
}

// openStore reads the file, or begins an empty catalog if there is none.
func openStore(path string) (*store, error) {
	s := &store{path: path, now: &catalog{Format: storeFormat, Level: "BACKWARD"}}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = json.Marshal(s.now)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the embedded schema registry: %w", err)
	}
	if s.now, err = readCatalog(text); err != nil {
		return nil, fmt.Errorf("reading the embedded schema registry's file %s: %w", path, err)
	}
	return s, nil
}

func readCatalog(text []byte) (*catalog, error) {
	c := &catalog{}
	if err := json.Unmarshal(text, c); err != nil {
		return nil, err
	}
	if c.Format > storeFormat {
		return nil, fmt.Errorf("it has format %d, this program knows %d: use the newer program", c.Format, storeFormat)
	}
	if c.Subjects == nil {
		c.Subjects = map[string][]subjectVersion{}
	}
	if c.Levels == nil {
		c.Levels = map[string]string{}
	}
	for _, schema := range c.Schemas {
		c.compacted = append(c.compacted, compact(schema))
	}
	return c, nil
}

// view calls read with the catalog, which read must not change or keep.
func (s *store) view(read func(*catalog)) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	read(s.now)
}

// change lets edit change a copy of the catalog, writes the copy to disk, and makes
// it the catalog. An error of edit, or of the disk, leaves the catalog as it was.
func (s *store) change(edit func(*catalog) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.now.clone()
	if err := edit(next); err != nil {
		return err
	}
	if reflect.DeepEqual(s.now, next) {
		return nil
	}
	text, err := json.Marshal(next)
	if err != nil {
		return err
	}
	if err := writeDurably(s.path, text); err != nil {
		return fmt.Errorf("writing the embedded schema registry: %w", err)
	}
	s.now = next
	return nil
}

// writeDurably replaces a file in one step, readable by its owner only.
func writeDurably(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncPath(filepath.Dir(path))
}
