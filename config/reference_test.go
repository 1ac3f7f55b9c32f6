package config

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"notion-kafka/deploy/docstest"
)

const referenceIntro = `# Configuration

*` + "`make docs`" + ` writes this page from the program. ` + "`notion-kafka config example`" + ` prints the same as YAML.*

The configuration is the file ` + "`notion-kafka.yaml`" + ` in the working directory, else ` + "`notion-kafka/notion-kafka.yaml`" + ` in the user's
configuration directory, or the file of ` + "`--config`" + `. Every key has a default: write only what you change.

Later wins: the file, then the environment, then ` + "`--set key.path=value`" + `. The name of a key in the environment is
` + "`NOTION_KAFKA_`" + ` and its path in capitals, with ` + "`__`" + ` between the levels, as in the tables below. A list is written as ` + "`a,b`" + ` or
` + "`[a, b]`" + `. ` + "`sources`" + ` can only be given in the file.

Unknown keys, wrong types and impossible values are reported all together, each with its path and line, and nothing starts.
` + "`notion-kafka check`" + ` tries what the configuration says.

- **Variables**: inside values, ` + "`${NAME}`" + ` reads the environment, and ` + "`$${`" + ` is a literal ` + "`${`" + `. A variable that is not set is an error.
- **Secrets**: a secret ` + "`x`" + ` can also be read from a file, with the key ` + "`x_file`" + `. Secrets are never printed.
- **Durations** have a unit: ` + "`30s`, `5m`, `1h`" + `.

`

// sourcesIntro is above the keys of a source.
const sourcesIntro = `A source is one connection to a workspace. Without sources in the file and with ` + "`NOTION_TOKEN`" + ` set, there is one source named
` + "`notion`" + `. A source, and a stream of it, can also have each key of [defaults](#defaults); the nearest one counts. Sources can also
be made in the console and through the API.

`

// TestPageConfiguration holds the configuration's page against the types and the example.
func TestPageConfiguration(t *testing.T) {
	r := newKeyPage(t)
	var page strings.Builder
	page.WriteString(referenceIntro)
	for _, section := range fieldsOf(reflect.TypeFor[Config]()) {
		if section.key == "sources" {
			page.WriteString("## sources\n\n" + sourcesIntro)
		} else {
			page.WriteString("## " + section.key + "\n\n")
			if text := r.meaning[section.key]; text != "" && isSection(section.typ) {
				page.WriteString(strings.ToUpper(text[:1]) + strings.TrimSuffix(text[1:], ".") + ".\n\n")
			}
		}
		inFile := section.key == "sources"
		if inFile {
			page.WriteString("| key | type | meaning |\n| --- | --- | --- |\n")
		} else {
			page.WriteString("| key | type | default | in the environment | meaning |\n| --- | --- | --- | --- | --- |\n")
		}
		for _, one := range r.rows(section) {
			meaning := r.meaning[one.path]
			if meaning == "" && one.word != "section" {
				t.Errorf("the example does not say what %s means", one.path)
			}
			switch {
			case one.word == "section" && meaning == "":
			case inFile:
				fmt.Fprintf(&page, "| `%s` | %s | %s |\n", one.shown(), one.word, meaning)
			case one.word == "section":
				fmt.Fprintf(&page, "| `%s` | | | | %s |\n", one.path, meaning)
			default:
				fmt.Fprintf(&page, "| `%s` | %s | %s | `%s` | %s |\n", one.path, one.word, code(r.defaults[one.path]), variable(one.path), meaning)
			}
		}
		page.WriteString("\n")
	}
	docstest.Page(t, "configuration.md", strings.TrimSuffix(page.String(), "\n"))
}
