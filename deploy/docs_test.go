package deploy

import (
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"notion-kafka/config"
	"notion-kafka/deploy/docstest"
)

// Every link in the documents that does not leave the project leads to a file and, where it
// names one, to a heading.
func TestDocumentsLinks(t *testing.T) {
	documents := map[string]*docstest.Document{}
	for _, d := range docstest.Documents(t) {
		documents[d.Path] = d
	}
	root := docstest.Root(t)
	for _, d := range documents {
		for _, link := range d.Links {
			to, err := url.Parse(link.To)
			if err != nil {
				t.Errorf("%s: the link %s: %v", link.At, link.To, err)
				continue
			}
			if to.Scheme != "" || to.Host != "" {
				continue
			}
			file := d.Path
			if to.Path != "" {
				file = path.Join(path.Dir(d.Path), to.Path)
			}
			if strings.HasPrefix(to.Path, "/") || strings.HasPrefix(file, "..") {
				t.Errorf("%s: the link %s leaves the project", link.At, link.To)
				continue
			}
			if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(file))); err != nil {
				t.Errorf("%s: the link %s leads nowhere: there is no %s", link.At, link.To, file)
				continue
			}
			if to.Fragment != "" && documents[file] != nil && !documents[file].Anchors[to.Fragment] {
				t.Errorf("%s: the link %s leads nowhere: %s has no heading #%s", link.At, link.To, file, to.Fragment)
			}
		}
	}
}

// Every shown piece of configuration loads: in YAML, with a key of the configuration at its
// top.
func TestDocumentsConfigurations(t *testing.T) {
	keys := map[string]bool{}
	var example map[string]any
	if err := yaml.Unmarshal([]byte(config.Example()), &example); err != nil {
		t.Fatal(err)
	}
	for key := range example {
		keys[key] = true
	}
	documents, shown := docstest.Documents(t), 0
	away(t)
	for _, d := range documents {
		for _, code := range d.Code {
			if isConfiguration(code, keys) {
				shown++
				loads(t, code)
			}
		}
	}
	if shown == 0 {
		t.Error("no document shows a configuration")
	}
}

func isConfiguration(code docstest.Code, keys map[string]bool) bool {
	if code.Inline || code.Language != "" && code.Language != "yaml" {
		return false
	}
	var is map[string]any
	if yaml.Unmarshal([]byte(code.Text), &is) != nil || is["apiVersion"] != nil || is["services"] != nil || is["config"] != nil { // of Kubernetes, of Compose, of the Helm chart
		return false
	}
	for key := range is {
		if keys[key] {
			return true
		}
	}
	return false
}

var (
	shownFile     = regexp.MustCompile(`(\w+_file:\s*)("[^"]*"|[^\s,}]+)`)
	shownVariable = regexp.MustCompile(`\$\{(\w+)\}`)
)

// loads fails the test if the configuration is refused. A document shows parts: what the
// rest has to say is given here, and files of secrets are there.
func loads(t *testing.T, code docstest.Code) {
	t.Helper()
	secret, file := filepath.Join(t.TempDir(), "secret"), filepath.Join(t.TempDir(), config.FileName)
	write(t, secret, "AGE-PLUGIN")
	write(t, file, shownFile.ReplaceAllString(code.Text, "${1}"+secret))
	environ := []string{"NOTION_TOKEN=ntn_x"}
	for _, name := range shownVariable.FindAllStringSubmatch(code.Text, -1) {
		environ = append(environ, name[1]+"=x")
	}
	_, err := config.Load(config.Options{File: file, Environ: environ})
	for _, problem := range problemsOf(t, code, err) {
		if !strings.HasPrefix(problem.Message, "is missing") { // that stands in another part
			t.Errorf("%s: %s: %s %s", code.At, problem.Path, problem.Message, problem.Hint)
		}
	}
}

func problemsOf(t *testing.T, code docstest.Code, err error) []config.Problem {
	t.Helper()
	if err == nil {
		return nil
	}
	wrong, is := err.(*config.Error) //nolint:errorlint // Load promises this type
	if !is {
		t.Errorf("%s: %v", code.At, err)
		return nil
	}
	return wrong.Problems
}

var (
	shownKey      = regexp.MustCompile(`^(data_dir|embedded|oauth|kafka|schema_registry|console|secrets|defaults)(\.[a-z_]+)+(: .*)?$`)
	shownSettings = regexp.MustCompile(`\bNOTION_KAFKA_[A-Z_]*[A-Z]\b`)
)

// Every key of the configuration that the documents name exists, and so does every variable
// of the environment.
func TestDocumentsKeys(t *testing.T) {
	keys, variables, open := map[string]bool{}, map[string]bool{}, []string{}
	for _, path := range config.Paths() {
		variable := "NOTION_KAFKA_" + strings.ToUpper(strings.ReplaceAll(path, ".", "__"))
		variables[variable] = true
		for at := path; at != ""; at = at[:max(strings.LastIndex(at, "."), 0)] {
			keys[at] = true
		}
		if strings.HasSuffix(path, ".") {
			open = append(open, path, variable)
		}
	}
	variables["NOTION_KAFKA_PORT"] = true // that Kubernetes sets, and the guide warns of
	known := func(name string, of map[string]bool) bool {
		return of[name] || slices.ContainsFunc(open, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
	}
	shown := 0
	for _, d := range docstest.Documents(t) {
		for _, code := range d.Code {
			if key, _, _ := strings.Cut(code.Text, ":"); code.Inline && shownKey.MatchString(code.Text) {
				if shown++; !known(key, keys) {
					t.Errorf("%s: there is no key %s", code.At, key)
				}
			}
			for _, variable := range shownSettings.FindAllString(code.Text, -1) {
				if shown++; !known(variable, variables) {
					t.Errorf("%s: there is no variable %s", code.At, variable)
				}
			}
		}
	}
	if shown < 100 {
		t.Errorf("%d keys were found, but the documents have more", shown)
	}
}
