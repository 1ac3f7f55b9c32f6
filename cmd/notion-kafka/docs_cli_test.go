package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/spf13/pflag"

	"notion-kafka/deploy/docstest"
)

const cliIntro = `# Command line

*` + "`make docs`" + ` writes this page from the program. ` + "`--help`" + ` of a command prints the same, ` + "`make man`" + ` writes it as man pages.*

Data goes to stdout, everything else to stderr. ` + "`--output json`" + ` is for programs: [json-output.md](json-output.md) says what stays as it is.
` + "`--quiet`" + ` leaves warnings and errors on stderr, and of ` + "`check`" + ` what is to be looked at.

| exit code | meaning |
| --- | --- |
| 0 | done |
| 1 | something failed, or needs a person's attention |
| 2 | the command line, the configuration or the environment is wrong, or names a source or stream that does not exist |

The program prints no colours, so ` + "`NO_COLOR`" + ` changes nothing. On a terminal whose locale has no UTF-8 (` + "`LC_ALL`, `LC_CTYPE`, `LANG`" + `), the
signs ✓ and ✗ are ` + "`+` and `x`" + `; files and pipes always get UTF-8. ` + "`VISUAL`" + ` or ` + "`EDITOR`" + ` is what ` + "`sources edit`" + ` starts. ` + "`HTTPS_PROXY`" + ` and ` + "`NO_PROXY`" + `
are the way to Notion. All keys of the [configuration](configuration.md) can be set in the environment.

## Completion

Shells complete commands, flags, keys of ` + "`--set`" + `, and the names of sources, streams, topics and runs. The names come from the running
daemon. Where it does not answer within a second, they come from the state topic of real brokers, and else from the configuration.

Bash needs the package bash-completion; without it, Tab prints ` + "`_get_comp_words_by_ref: command not found`" + `.

    source <(notion-kafka completion bash)                                                # this bash
    notion-kafka completion bash > /etc/bash_completion.d/notion-kafka                    # every bash
    notion-kafka completion zsh > "${fpath[1]}/_notion-kafka"                             # every zsh
    notion-kafka completion fish > ~/.config/fish/completions/notion-kafka.fish           # every fish

## Flags of every command

`

// TestPageCLI holds the page of the command line against the commands.
func TestPageCLI(t *testing.T) {
	root := documented()
	var page, commands strings.Builder
	page.WriteString(cliIntro)
	flagTable(&page, root.PersistentFlags())
	page.WriteString("\n## Commands\n\n| command | what it does |\n| --- | --- |\n")
	for _, cmd := range runnable(root) {
		commandSection(&commands, cmd)
	}
	for _, cmd := range listed(root) {
		anchor := docstest.Anchor(cmd.CommandPath())
		if isCompletion(cmd) {
			anchor = "completion"
		}
		fmt.Fprintf(&page, "| [%s](#%s) | %s |\n", cmd.CommandPath(), anchor, cmd.Short)
	}
	docstest.Page(t, "cli.md", page.String()+strings.TrimSuffix(commands.String(), "\n"))
}

// documented is the root command as its documents show it.
func documented() *cobra.Command {
	root := newRoot(&process{Out: io.Discard, Err: io.Discard})
	root.DisableAutoGenTag = true
	return root
}

// listed are the commands of the page's table: those that do something, and completion.
func listed(root *cobra.Command) (all []*cobra.Command) {
	for _, below := range root.Commands() {
		if isCompletion(below) {
			all = append(all, below)
			continue
		}
		for _, cmd := range runnable(root) {
			if cmd == below || cmd.Parent() == below {
				all = append(all, cmd)
			}
		}
	}
	return all
}

func isCompletion(cmd *cobra.Command) bool { return cmd.Name() == "completion" }

// runnable lists the commands below cmd that do something.
func runnable(cmd *cobra.Command) (all []*cobra.Command) {
	for _, below := range cmd.Commands() {
		if isCompletion(below) { // the page has a section of its own
			continue
		}
		if _, has := examples[strings.TrimPrefix(below.CommandPath(), "notion-kafka ")]; has || !below.HasSubCommands() {
			all = append(all, below)
		}
		all = append(all, runnable(below)...)
	}
	return all
}

func commandSection(to *strings.Builder, cmd *cobra.Command) {
	text := strings.ReplaceAll(cmd.Long, "*", `\*`)
	if text == "" {
		text = cmd.Short + "."
	}
	fmt.Fprintf(to, "\n## %s\n\n```text\n%s\n```\n\n%s\n", cmd.CommandPath(), strings.TrimSuffix(cmd.UseLine(), " [flags]"), text)
	if cmd.HasAvailableLocalFlags() {
		to.WriteString("\n")
		flagTable(to, cmd.LocalNonPersistentFlags())
	}
	if cmd.Example != "" {
		fmt.Fprintf(to, "\nFor example:\n\n%s\n", strings.ReplaceAll("\n"+cmd.Example, "\n  ", "\n    ")[1:])
	}
}

func flagTable(to *strings.Builder, flags *pflag.FlagSet) {
	to.WriteString("| flag | default | meaning |\n| --- | --- | --- |\n")
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Name == "help" {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		name := strings.TrimSpace("--" + f.Name + " " + value)
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		standard := f.DefValue
		if slices.Contains([]string{"", "false", "[]"}, standard) {
			standard = ""
		} else {
			standard = "`" + standard + "`"
		}
		fmt.Fprintf(to, "| `%s` | %s | %s |\n", name, standard, usage)
	})
}

// Every command that does something has an example, and no other is in the list.
func TestExamples(t *testing.T) {
	known := map[string]bool{}
	for _, cmd := range runnable(documented()) {
		_, name, _ := strings.Cut(cmd.CommandPath(), " ")
		known[name] = true
		if cmd.Example == "" {
			t.Errorf("%s has no example", name)
		}
	}
	for name := range examples {
		if !known[name] {
			t.Errorf("there is no command %s", name)
		}
	}
}

// alignedLines are lines of a text that have a gap, and so stand below each other.
var alignedLines = regexp.MustCompile(`(?m)^.*\S {3,}\S.*$`)

var man = flag.String("man", "", "write the man pages into this `folder`")

// TestManPages writes a man page for each command, of the day that SOURCE_DATE_EPOCH says.
func TestManPages(t *testing.T) {
	folder := *man
	if folder == "" {
		folder = t.TempDir()
	}
	root := documented()
	root.Long = alignedLines.ReplaceAllString(root.Long, "    $0") // a man page would make one paragraph of them
	if err := doc.GenManTree(root, &doc.GenManHeader{Section: "1", Source: "notion-kafka", Manual: "notion-kafka"}, folder); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(folder + "/notion-kafka-state-reset.1")
	if err != nil || !strings.Contains(string(page), `\fB--forget\fP`) {
		t.Errorf("the page of state reset: %v\n%s", err, page)
	}
}
