package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"reflect"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"notion-kafka/config"
	"notion-kafka/producer/control"
)

func sourcesEditCommand(p *process) *cobra.Command {
	var api string
	cmd := &cobra.Command{
		Use:               "edit SOURCE",
		ValidArgsFunction: p.completeArgs((*completer).sources),
		Short:             "Change the definition of a source in an editor",
		Long: "Change the definition of a source that was made through the API or the console, in the editor that\n" +
			"VISUAL or EDITOR names. The token is not shown: a definition without one keeps it. What the daemon\n" +
			"refuses stays in a file, to go on with.",
		Args: oneArgument("name a source; `notion-kafka sources` lists them"),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := p.api(api)
			if err != nil {
				return err
			}
			edit := editing{p: p, client: client, in: cmd.InOrStdin(), person: isTerminal(cmd.InOrStdin()), name: args[0], doing: "changing source " + args[0]}
			return edit.carryOut(cmd.Context())
		},
	}
	apiFlag(cmd, &api)
	return cmd
}

// An editing lets a person change the definition of a source.
type editing struct {
	p      *process
	client *apiClient
	in     io.Reader
	name   string
	doing  string // for errors
	person bool   // types what in reads, and can be asked
	before json.RawMessage
	file   string // with the definition
}

func (e *editing) carryOut(ctx context.Context) error {
	editor := e.editor()
	if editor == nil {
		return usageError{fmt.Errorf("%s: no editor is known: set VISUAL or EDITOR, such as EDITOR=nano; "+
			"or edit what `notion-kafka sources show %s --output yaml` prints, without its token, and give it to `notion-kafka sources add --replace`", e.doing, e.name)}
	}
	if err := e.fetch(ctx); err != nil {
		return err
	}
	if err := e.write(); err != nil {
		return fmt.Errorf("%s: %w", e.doing, err)
	}
	for {
		if err := e.open(ctx, editor); err != nil {
			return e.kept(fmt.Errorf("%s: %w", e.doing, err))
		}
		err := e.store(ctx)
		if err == nil {
			return os.Remove(e.file)
		}
		if !e.triesAgain(err) {
			return e.kept(err)
		}
	}
}

// editor returns the person's editor with its arguments; nil if the environment names none.
func (e *editing) editor() []string {
	for _, name := range []string{"VISUAL", "EDITOR"} {
		if words := strings.Fields(e.p.variable(name)); len(words) > 0 {
			return words
		}
	}
	return nil
}

// variable returns the value of an environment variable.
func (p *process) variable(name string) (value string) {
	for _, line := range p.Environ {
		if key, given, _ := strings.Cut(line, "="); key == name {
			value = given
		}
	}
	return value
}

// fetch requests the definition. One of the configuration file cannot be changed here.
func (e *editing) fetch(ctx context.Context) error {
	var source sourceLine
	if err := e.client.call(ctx, e.doing, http.MethodGet, apiPath("sources", e.name), nil, &source); err != nil {
		return err
	}
	if source.Origin == control.FromFile {
		return fmt.Errorf("%s: it is in the configuration file of the daemon: change it there, and start the daemon anew", e.doing)
	}
	err := e.client.call(ctx, e.doing, http.MethodGet, apiPath("sources", e.name, "definition"), nil, &e.before)
	if refused, is := errors.AsType[*refusal](err); is && refused.status == http.StatusNotFound {
		return fmt.Errorf("%s: the daemon at %s is of an older version, which does not tell definitions: replace the source with `notion-kafka sources add --replace`", e.doing, e.client.base)
	}
	return err
}

// write makes the file that is edited. Only this user can read it: a token may be
// written into it.
func (e *editing) write() error {
	file, err := os.CreateTemp("", "notion-kafka-"+e.name+"-*.yaml")
	if err != nil {
		return err
	}
	e.file = file.Name()
	_, err = fmt.Fprintf(file, "# The definition of source %s. Save it and close the editor to change the source;\n"+
		"# without a change nothing happens. The name cannot be changed.\n"+
		"# The token is not shown: it stays as it is unless you write a line such as   token: ntn_…\n%s", e.name, config.EditableYAML(e.before))
	return errors.Join(err, file.Close())
}

// open lets the person edit the file.
func (e *editing) open(ctx context.Context, editor []string) error {
	command := exec.CommandContext(ctx, editor[0], append(editor[1:], e.file)...) //nolint:gosec // the person's own editor
	command.Stdin, command.Stdout, command.Stderr = e.in, underneath(e.p.Out), underneath(e.p.problems())
	if err := command.Run(); err != nil {
		return fmt.Errorf("the editor %s failed: %w", editor[0], err)
	}
	return nil
}

// store replaces the source by the definition in the file, if that is another one.
func (e *editing) store(ctx context.Context) error {
	spec, name, err := readSource(e.file, e.in)
	switch {
	case err != nil:
		return &refusal{http.StatusUnprocessableEntity, fmt.Sprintf("%s: %v", e.doing, err)}
	case name != e.name:
		return &refusal{http.StatusUnprocessableEntity, fmt.Sprintf("%s: the name is %q now, and a source cannot be renamed: write %s again, or make another source with `notion-kafka sources add`", e.doing, name, e.name)}
	case sameJSON(spec, e.before):
		fmt.Fprintf(e.p.Err, "source %s: nothing changed\n", e.name)
		return nil
	}
	if err := e.client.call(ctx, e.doing, http.MethodPut, apiPath("sources", e.name), spec, nil); err != nil {
		return err
	}
	fmt.Fprintf(e.p.Err, "source %s: stored\n", e.name)
	return nil
}

// triesAgain asks a person at a terminal whether to edit a refused definition again.
func (e *editing) triesAgain(refused error) bool {
	if _, is := errors.AsType[*refusal](refused); !is || !e.person {
		return false
	}
	fmt.Fprintf(e.p.problems(), "notion-kafka: %s\nEdit it again? [Y/n] ", e.p.advice(refused.Error()))
	answer, err := readLine(e.in)
	answer = strings.ToLower(strings.TrimSpace(answer))
	return err == nil && (answer == "" || strings.HasPrefix(answer, "y"))
}

// kept adds to an error where the definition is.
func (e *editing) kept(err error) error {
	return fmt.Errorf("%w\nthe definition is kept in %s: mend it there, and run `notion-kafka sources add --replace -f %s`", err, e.file, forShell(e.file))
}

// sameJSON reports whether two texts are the same value.
func sameJSON(a, b json.RawMessage) bool {
	var one, other any
	return json.Unmarshal(a, &one) == nil && json.Unmarshal(b, &other) == nil && reflect.DeepEqual(one, other)
}

// isTerminal reports whether a person types the input.
func isTerminal(in io.Reader) bool {
	file, is := in.(*os.File)
	return is && term.IsTerminal(int(file.Fd()))
}

// readLine reads one line and nothing behind it: the editor reads from there.
func readLine(in io.Reader) (line string, err error) {
	for one := make([]byte, 1); ; {
		if _, err := io.ReadFull(in, one); err != nil {
			return line, err
		}
		if one[0] == '\n' {
			return line, nil
		}
		line += string(one)
	}
}
