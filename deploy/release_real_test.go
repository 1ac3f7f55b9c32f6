//go:build real

package deploy

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Two builds of a commit are the same byte for byte, whoever makes them: here from folders
// of different names, with different rights for new files.
func TestReleaseCanBeBuiltAgain(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the script needs GNU tar")
	}
	tree, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "git", "-C", tree, "rev-parse", "HEAD").CombinedOutput(); err != nil {
		t.Skipf("this is no clone: %s", out)
	}
	clone := filepath.Join(t.TempDir(), "a clone")
	run(t, "git", "clone", "--quiet", tree, clone)
	first, second := filepath.Join(t.TempDir(), "first"), filepath.Join(t.TempDir(), "second")
	target := runtime.GOOS + "/" + runtime.GOARCH
	run(t, "bash", "-c", `umask 022 && deploy=$0 && "$deploy/deploy/release/build" "$@"`, tree, first, target)
	run(t, "bash", "-c", `umask 077 && deploy=$0 && "$deploy/deploy/release/build" "$@"`, clone, second, target)

	sums := filesIn(t, first)["SHA256SUMS"]
	if diff := cmp.Diff(sums, filesIn(t, second)["SHA256SUMS"]); diff != "" {
		t.Errorf("digests of two builds (-first +second):\n%s", diff)
	}
	check := exec.CommandContext(t.Context(), "sha256sum", "--check", "--strict", "SHA256SUMS")
	check.Dir = first
	if out, err := check.CombinedOutput(); err != nil || strings.Count(sums, "\n") != 2 {
		t.Errorf("want digests of an archive and the chart: %v\n%s", err, out)
	}

	archives, err := filepath.Glob(filepath.Join(first, "notion-kafka_*.tar.gz"))
	if err != nil || len(archives) != 1 {
		t.Fatalf("want one archive, got %q: %v", archives, err)
	}
	name := strings.TrimSuffix(filepath.Base(archives[0]), ".tar.gz")
	program := filepath.Join(t.TempDir(), "notion-kafka")
	unpack(t, archives[0], name, program)
	version := strings.TrimSuffix(strings.TrimPrefix(name, "notion-kafka_"), "_"+runtime.GOOS+"_"+runtime.GOARCH)
	commit := strings.TrimSpace(run(t, "git", "-C", tree, "rev-parse", "HEAD"))
	if got, want := run(t, program, "version"), "notion-kafka "+version+" (commit "+commit+", "; !strings.HasPrefix(got, want) {
		t.Errorf("it says %q, want %q", got, want)
	}
}

// unpack writes the program of an archive into a file, and looks at the rest.
func unpack(t *testing.T, archive, folder, program string) {
	t.Helper()
	file, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	missing := map[string]bool{"notion-kafka": true, "LICENSE": true, "README.md": true, "deploy/docs/deploy.md": true, "man/notion-kafka-once.1": true, "deploy/systemd/notion-kafka.service": true}
	for entries := tar.NewReader(unzipped); ; {
		entry, err := entries.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		name, inside := strings.CutPrefix(path.Clean(entry.Name)+"/", folder+"/")
		name = strings.TrimSuffix(name, "/")
		if !inside || entry.Uid != 0 || entry.Uname != "" || entry.Mode&0o022 != 0 {
			t.Errorf("%s of user %d %s, mode %o: want it in %s, root's, and to be changed by nobody else", entry.Name, entry.Uid, entry.Uname, entry.Mode, folder)
		}
		delete(missing, name)
		if name != "notion-kafka" {
			continue
		}
		text, err := io.ReadAll(entries)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(program, text, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if len(missing) > 0 {
		t.Errorf("the archive lacks %v", missing)
	}
}

// run returns what a command prints.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}
