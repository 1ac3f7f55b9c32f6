package main

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const toEdit = `{"name":"acme","description":"a ${B}: c","oauth":true,"trigger":{"every":"5m"}}`

// edit runs sources edit with a script as the editor, whose first argument is the file.
// It returns the files that are left.
func (d *fakeDaemon) edit(script string, environ ...string) (code int, talk string, left []string) {
	d.t.Helper()
	dir := d.t.TempDir()
	d.t.Setenv("TMPDIR", dir)
	editor := filepath.Join(d.t.TempDir(), "editor")
	if err := os.WriteFile(editor, []byte(script), 0o600); err != nil {
		d.t.Fatal(err)
	}
	var said bytes.Buffer
	code = execute(d.t.Context(), []string{"sources", "edit", "acme", "--api", d.url},
		process{Out: &said, Err: &said, In: strings.NewReader(""), Environ: append([]string{"EDITOR=sh " + editor}, environ...)})
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		d.t.Fatal(err)
	}
	return code, said.String(), left
}

func editable(t *testing.T, more map[string][]string) *fakeDaemon {
	t.Helper()
	answers := map[string][]string{"GET /api/v1/sources/acme": {"200 " + source}, "GET /api/v1/sources/acme/definition": {"200 " + toEdit}}
	for request, script := range more {
		answers[request] = script
	}
	return newFakeDaemon(t, answers)
}

// What a person changes in the editor is stored, and nothing else changes.
func TestAChangeInTheEditorIsStored(t *testing.T) {
	d := editable(t, map[string][]string{"PUT /api/v1/sources/acme": {"200 " + source}})
	code, talk, left := d.edit(`sed -i 's/every: 5m/every: 1h/' "$1"; echo '  token: ntn_hunter2' >> "$1"; stat -c %a "$1"`)
	if code != 0 || talk != "600\nsource acme: stored\n" || len(left) > 0 {
		t.Errorf("exit %d, left %v\n%s", code, left, talk)
	}
	asked := d.requests()
	want := `PUT /api/v1/sources/acme {"description":"a ${B}: c","name":"acme","oauth":true,"token":"ntn_hunter2","trigger":{"every":"1h"}}`
	if diff := cmp.Diff(want, asked[len(asked)-1]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Without a change nothing is sent.
func TestNothingChangedInTheEditor(t *testing.T) {
	for name, script := range map[string]string{
		"untouched":  "true",
		"other form": `printf -- '{"trigger": {"every": "5m"}, "name": "acme", "oauth": true, "description": "a ${B}: c"}' > "$1"`,
	} {
		d := editable(t, nil)
		if code, talk, left := d.edit(script); code != 0 || talk != "source acme: nothing changed\n" || len(left) > 0 || len(d.requests()) != 2 {
			t.Errorf("%s: exit %d, left %v, asked %v\n%s", name, code, left, d.requests(), talk)
		}
	}
}

// What cannot be stored is kept, and the message says where and what to do.
func TestARefusedChangeIsKept(t *testing.T) {
	refuses := map[string][]string{"PUT /api/v1/sources/acme": {"422 " + problemText(422, "trigger: a trigger has exactly one of …\nsync: must be one of …")}}
	for name, test := range map[string]struct {
		script, says string
	}{
		"refused":      {`echo '  sync: full' >> "$1"`, "changing source acme: trigger: a trigger has exactly one of …\nsync: must be one of …\n"},
		"renamed":      {`sed -i 's/name: acme/name: acne/' "$1"`, `the name is "acne" now, and a source cannot be renamed: write acme again`},
		"not YAML":     {`echo '  a: [b' >> "$1"`, "is neither JSON nor YAML"},
		"emptied":      {`: > "$1"`, "is not one element of sources: with a name"},
		"editor fails": {`exit 3`, "changing source acme: the editor sh failed: exit status 3"},
	} {
		d := editable(t, refuses)
		code, talk, left := d.edit(test.script)
		if code != 1 || len(left) != 1 || !strings.Contains(talk, test.says) || !strings.Contains(talk, "the definition is kept in "+left[0]+": mend it there, and run `notion-kafka sources add --replace -f "+left[0]+"`") {
			t.Errorf("%s: exit %d, left %v\n%s", name, code, left, talk)
		}
	}
}

// Where nothing can be edited, the editor is not opened, and the message says what to do.
func TestWhatCannotBeEdited(t *testing.T) {
	for name, test := range map[string]struct {
		answers map[string][]string
		environ string
		code    int
		says    string
	}{
		"of the file":  {map[string][]string{"GET /api/v1/sources/acme": {"200 " + strings.Replace(source, `"console"`, `"file"`, 1)}}, "A=", 1, "it is in the configuration file of the daemon: change it there"},
		"unknown":      {map[string][]string{"GET /api/v1/sources/acme": {"404 " + problemText(404, `there is no source "acme"`)}}, "A=", 2, `there is no source "acme"`},
		"older daemon": {map[string][]string{"GET /api/v1/sources/acme/definition": nil}, "A=", 1, "is of an older version, which does not tell definitions"},
		"no editor":    {nil, "EDITOR=", 2, "no editor is known: set VISUAL or EDITOR"},
	} {
		d := editable(t, test.answers)
		if code, talk, left := d.edit("echo opened", test.environ); code != test.code || !strings.Contains(talk, test.says) || strings.Contains(talk, "opened") || len(left) > 0 {
			t.Errorf("%s: exit %d, left %v\n%s", name, code, left, talk)
		}
	}
	d := editable(t, nil)
	if _, talk, _ := d.edit("true", "VISUAL=echo seen"); !strings.HasPrefix(talk, "seen ") {
		t.Errorf("VISUAL is not asked first:\n%s", talk)
	}
}

// A person at a terminal edits a refused definition again, as often as they like.
func TestARefusedChangeIsEditedAgain(t *testing.T) {
	d := editable(t, nil)
	for answers, says := range map[string]string{
		"\ny\n": "notion-kafka: changing source acme: first\nEdit it again? [Y/n] notion-kafka: changing source acme: second\nEdit it again? [Y/n] source acme: stored\n",
		"n\n":   "notion-kafka: changing source acme: first\nEdit it again? [Y/n] ",
		"":      "notion-kafka: changing source acme: first\nEdit it again? [Y/n] ",
	} {
		d.answers["PUT /api/v1/sources/acme"] = []string{"422 " + problemText(422, "first"), "422 " + problemText(422, "second"), "200 " + source}
		t.Setenv("TMPDIR", t.TempDir())
		typed, keyboard, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = typed.Close() })
		if _, err := keyboard.WriteString(answers); err != nil {
			t.Fatal(err)
		}
		_ = keyboard.Close()
		var said bytes.Buffer
		p := &process{Out: &said, Err: &said, Environ: []string{"EDITOR=sed -i s/5m/6m/"}}
		e := editing{p: p, client: &apiClient{base: d.url, http: http.DefaultClient}, in: typed, person: true, name: "acme", doing: "changing source acme"}
		if err := e.carryOut(t.Context()); said.String() != says || (err == nil) != strings.HasSuffix(says, "stored\n") {
			t.Errorf("answered %q: %v\n%s", answers, err, &said)
		}
	}
}
