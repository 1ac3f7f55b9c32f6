//go:build real

package main_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Places are texts in which a secret could be, by what they are.
type places struct {
	mu    sync.Mutex
	texts map[string]*bytes.Buffer
}

func newPlaces() *places { return &places{texts: map[string]*bytes.Buffer{}} }

func (p *places) add(place, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.texts[place] == nil {
		p.texts[place] = &bytes.Buffer{}
	}
	fmt.Fprintln(p.texts[place], text)
}

// addFiles adds every byte of the files below a folder as one place.
func (p *places) addFiles(t *testing.T, place, folder string) (files int) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		p.add(place, string(text))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// formsOf are the forms in which a text is looked for: as it is, and in base64 behind any
// number of other bytes.
func formsOf(text string) (forms []string) {
	forms = []string{text}
	for ahead := range 3 {
		encoded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", ahead) + text))
		first := (ahead*8 + 5) / 6 // the characters that depend on what is ahead
		forms = append(forms, encoded[first:len(encoded)-1])
	}
	return forms
}

// with are the places that have a text, sorted.
func (p *places) with(text string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var found []string
	for place, all := range p.texts {
		if slices.ContainsFunc(formsOf(text), func(form string) bool { return bytes.Contains(all.Bytes(), []byte(form)) }) {
			found = append(found, place)
		}
	}
	slices.Sort(found)
	return found
}

// all are the names of the places, sorted.
func (p *places) all() []string { return slices.Sorted(maps.Keys(p.texts)) }

// The search finds a text in each of its forms, and only where it is.
func TestSecretsAreFound(t *testing.T) {
	const secret = "ntn_thatNobodySees"
	p := newPlaces()
	p.add("as it is", "before "+secret+" after")
	for ahead := range 4 {
		p.add(fmt.Sprintf("in base64 behind %d bytes", ahead), base64.StdEncoding.EncodeToString([]byte("xyz="[:ahead]+secret+" and more")))
	}
	p.add("nowhere", secret[1:])
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "segment.log"), []byte("\x00\x01"+secret+"\x02"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.addFiles(t, "in a file", folder)
	if found := p.with(secret); len(found) != len(p.all())-1 || slices.Contains(found, "nowhere") {
		t.Errorf("found in %q of %q", found, p.all())
	}
}
