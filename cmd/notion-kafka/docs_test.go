package main

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"mvdan.cc/sh/v3/syntax"

	"notion-kafka/config"
	"notion-kafka/deploy/docstest"
)

// Every command line that a document or a help text shows has a command, flags and
// arguments that exist.
func TestDocumentsCommandLines(t *testing.T) {
	type shown struct {
		at, text string
		mention  bool // of a command in a sentence, which may leave out what it needs
	}
	var all []shown
	for _, d := range docstest.Documents(t) {
		for _, code := range d.Code {
			switch {
			case code.Inline && strings.HasPrefix(code.Text, "notion-kafka "):
				all = append(all, shown{code.At, code.Text, true})
			case !code.Inline && slices.Contains([]string{"", "sh", "bash", "shell", "console"}, code.Language):
				all = append(all, shown{code.At, code.Text, false})
			}
		}
	}
	for command, text := range helpTexts(newRoot(&process{Out: io.Discard, Err: io.Discard})) {
		for i, part := range strings.Split(text, "`") {
			if i%2 == 1 && strings.HasPrefix(part, "notion-kafka ") {
				all = append(all, shown{command + " --help", part, true})
			}
		}
	}
	lines := 0
	for _, one := range all {
		for _, args := range commandLines(one.text) {
			lines++
			if err := understood(args, one.mention); err != nil {
				t.Errorf("%s: notion-kafka %s: %v", one.at, strings.Join(args, " "), err)
			}
		}
	}
	if lines < 30 {
		t.Errorf("%d command lines were found, but the documents have more", lines)
	}
}

func TestCommandLinesAreFound(t *testing.T) {
	for text, want := range map[string]string{
		"$ notion-kafka check  # a line":                         "[[check]]",
		"A=b ./notion-kafka once --full \\\n  --source a | jq .": "[[once --full --source a]]",
		"go run ./cmd/notion-kafka state show":                   "[[state show]]",
		"docker compose exec notion-kafka notion-kafka runs":     "[[runs]]",
		"docker compose logs notion-kafka":                       "[]",
		"notion-kafka tail 'a b' > x && notion-kafka runz":       "[[tail a b] [runz]]",
		"kubectl exec deploy/notion-kafka -- notion-kafka check": "[[check]]",
		"sudo -u nk /usr/local/bin/notion-kafka check":           "[[check]]",
	} {
		if got := fmt.Sprint(commandLines(text)); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

// commandLines returns the arguments of the program's command lines in a shell's text. A
// line that no shell could read shows something else.
func commandLines(text string) (found [][]string) {
	text = strings.ReplaceAll(text, "\\\n", " ")
	for line := range strings.Lines(text) {
		line = strings.TrimPrefix(strings.TrimSpace(line), "$ ")
		file, err := syntax.NewParser().Parse(strings.NewReader(line), "")
		if err != nil {
			continue
		}
		syntax.Walk(file, func(n syntax.Node) bool {
			if call, ok := n.(*syntax.CallExpr); ok {
				if args := argumentsOf(call); len(args) > 0 {
					found = append(found, args)
				}
			}
			return true
		})
	}
	return found
}

// argumentsOf returns the arguments of the program in a command, also where another program
// starts it.
func argumentsOf(call *syntax.CallExpr) []string {
	var words []string
	for _, word := range call.Args {
		words = append(words, plainWord(word))
	}
	isProgram := func(word string) bool { return path.Base(word) == "notion-kafka" }
	for i := len(words) - 2; i >= 0; i-- {
		next := words[i+1]
		started := i == 0 || words[i-1] == "--" || words[i-1] == "run" && words[0] == "go" || isCommand(next)
		if isProgram(words[i]) && started {
			return words[i+1:]
		}
	}
	return nil
}

func isCommand(name string) bool {
	return slices.ContainsFunc(newRoot(&process{}).Commands(), func(cmd *cobra.Command) bool { return cmd.Name() == name })
}

// plainWord is a word of a shell without its quotes; expansions stand as they are.
func plainWord(word *syntax.Word) string {
	var b strings.Builder
	for _, part := range word.Parts {
		switch part := part.(type) {
		case *syntax.SglQuoted:
			b.WriteString(part.Value)
		case *syntax.DblQuoted:
			b.WriteString(plainWord(&syntax.Word{Parts: part.Parts}))
		default:
			_ = syntax.NewPrinter().Print(&b, part) // a Builder has no errors
		}
	}
	return b.String()
}

// understood parses a command line without running it. A mention may be a command alone.
func understood(args []string, mention bool) error {
	root := newRoot(&process{Out: io.Discard, Err: io.Discard})
	root.InitDefaultHelpCmd()
	cmd, rest, err := root.Find(args)
	if err != nil {
		return err
	}
	cmd.InitDefaultHelpFlag()
	cmd.InitDefaultVersionFlag()
	if err := cmd.ParseFlags(rest); err != nil {
		return err
	}
	given := 0
	cmd.Flags().Visit(func(*pflag.Flag) { given++ })
	if help, _ := cmd.Flags().GetBool("help"); help || mention && given+cmd.Flags().NArg() == 0 {
		return nil
	}
	if err := flagValues(cmd); err != nil {
		return err
	}
	if err := cmd.ValidateArgs(cmd.Flags().Args()); err != nil {
		return err
	}
	return cmd.ValidateRequiredFlags()
}

// flagValues refuses values of flags that have few, and keys of --set, that do not exist.
func flagValues(cmd *cobra.Command) (err error) {
	cmd.Flags().Visit(func(flag *pflag.Flag) {
		value := flag.Value.String()
		switch flag.Name {
		case "output", "as", "status", "trigger", "level", "log-level", "log-format":
			complete, _ := cmd.GetFlagCompletionFunc(flag.Name)
			if known, _ := complete(cmd, nil, ""); !slices.Contains(known, value) {
				err = fmt.Errorf("--%s %q: it is one of %q", flag.Name, value, known)
			}
		case "set":
			for _, one := range flag.Value.(pflag.SliceValue).GetSlice() {
				key, _, _ := strings.Cut(one, "=")
				if !slices.ContainsFunc(config.Paths(), func(path string) bool {
					return path == key || strings.HasSuffix(path, ".") && strings.HasPrefix(key, path)
				}) {
					err = fmt.Errorf("--set %s: there is no such key", one)
				}
			}
		}
	})
	return err
}

func TestCommandLinesAreUnderstood(t *testing.T) {
	for line, right := range map[string]bool{
		"check": true, "check --output json": true, "check --output yaml": false, "check now": false, "chek": false, "check --all": false,
		"tail x --set kafka.brokers=a:1": true, "tail x --set kafka.broker=a:1": false, "tail": false, "state reset --source a": false,
		"run --set kafka.topics.config.retention.ms=1": true, "schema x --as spark": false, "completion bash": true, "once --help": true,
	} {
		if err := understood(strings.Fields(line), false); (err == nil) != right {
			t.Errorf("%s: %v", line, err)
		}
	}
}
