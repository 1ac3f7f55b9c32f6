package deploy

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Everything that the real suites download is known byte for byte: a registry, or whoever
// is between it and this machine, cannot replace it.
func TestDownloadsHaveDigests(t *testing.T) {
	read := func(path ...string) string {
		text, err := os.ReadFile(filepath.Join(append([]string{"real"}, path...)...))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	t.Run("PyPI", func(t *testing.T) {
		requirements := regexp.MustCompile(`(?m)^[^#\s].*$`).FindAllString(read("python", "requirements.txt"), -1)
		digests := regexp.MustCompile(`(?m)^[^#\s].* \\\n +--hash=sha256:[0-9a-f]{64}`).FindAllString(read("python", "requirements.txt"), -1)
		if len(requirements) == 0 || len(requirements) != len(digests) {
			t.Errorf("%d requirements, %d of them with a digest", len(requirements), len(digests))
		}
		if !strings.Contains(read("assemble"), "pip install --quiet --require-hashes --only-binary :all:") {
			t.Error("pip takes packages without a digest")
		}
	})
	t.Run("npm", func(t *testing.T) {
		for _, folder := range []string{"pages", "asyncapi"} {
			var lock struct {
				Packages map[string]struct{ Resolved, Integrity string }
			}
			if err := json.Unmarshal([]byte(read(folder, "package-lock.json")), &lock); err != nil {
				t.Fatal(err)
			}
			for name, p := range lock.Packages {
				if name != "" && !strings.HasPrefix(p.Integrity, "sha512-") {
					t.Errorf("%s: %s has no digest", folder, name)
				}
			}
		}
	})
	t.Run("Maven Central", func(t *testing.T) {
		poms, err := filepath.Glob(filepath.Join("real", "*", "pom.xml"))
		if err != nil || len(poms) == 0 {
			t.Fatal("no pom.xml", err)
		}
		for _, pom := range poms {
			folder := filepath.Base(filepath.Dir(pom))
			sums := read(folder, "jars.sha256")
			if !regexp.MustCompile(`^([0-9a-f]{64}  \S+\.jar\n)+$`).MatchString(sums) {
				t.Errorf("%s: want a digest and a name on each line", folder)
			}
			if check := `as_known "$here/` + folder + `/jars.sha256"`; !strings.Contains(read("assemble")+read("perf-test"), check) {
				t.Errorf("%s: its jars are not compared with their digests", folder)
			}
		}
	})
}

func TestDownloadsThatDifferAreRefused(t *testing.T) {
	if _, err := exec.LookPath("sha256sum"); err != nil {
		t.Skip(err)
	}
	known, err := filepath.Abs(filepath.Join("real", "known.sh"))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		change func(t *testing.T, dir string)
		ok     bool
	}{
		"as they were": {func(*testing.T, string) {}, true},
		"changed":      {func(t *testing.T, dir string) { write(t, filepath.Join(dir, "a.jar"), "A") }, false},
		"one more":     {func(t *testing.T, dir string) { write(t, filepath.Join(dir, "c.jar"), "c") }, false},
		"one missing": {func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "b.jar")); err != nil {
				t.Fatal(err)
			}
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir, sums := t.TempDir(), filepath.Join(t.TempDir(), "sums")
			write(t, filepath.Join(dir, "a.jar"), "a")
			write(t, filepath.Join(dir, "b.jar"), "b")
			bash(t, `cd "$1" && sha256sum * > "$2"`, dir, sums)
			test.change(t, dir)
			cmd := exec.CommandContext(t.Context(), "bash", "-c", `source "$1"; as_known "$2" "$3"`, "bash", known, sums, dir)
			if out, err := cmd.CombinedOutput(); (err == nil) != test.ok {
				t.Errorf("accepted: %v, want %v\n%s", err == nil, test.ok, out)
			}
		})
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func bash(t *testing.T, script string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", append([]string{"-c", script, "bash"}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
