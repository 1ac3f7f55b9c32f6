package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"notion-kafka/producer/control"
)

func sourcesAddCommand(p *process) *cobra.Command {
	var add addition
	cmd := &cobra.Command{
		Use:   "add --file FILE",
		Short: "Make a source from YAML or JSON, as under sources:",
		Long: "Make a source in a running daemon. The file holds one element of sources:, as YAML or JSON, including\n" +
			"its token, which the daemon seals with secrets.key. ${NAME} and token_file do not work here. First the\n" +
			"daemon asks Notion whose token it is, what it may do and what is shared with it. A source that fails one\n" +
			"of these checks is not made, unless --unchecked is given. A source with oauth: true is connected after\n" +
			"it was made.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return add.carryOut(cmd.Context(), p, cmd.InOrStdin()) },
	}
	apiFlag(cmd, &add.api)
	outputFlag(cmd, &add.output, asText, asJSON)
	cmd.Flags().StringVarP(&add.file, "file", "f", "", "read the source from `FILE`; - is standard input")
	cmd.Flags().BoolVar(&add.replace, "replace", false, "replace the existing source of this name")
	cmd.Flags().BoolVar(&add.unchecked, "unchecked", false, "ask Notion nothing first, and make the source whatever its connection shows")
	_ = cmd.MarkFlagRequired("file")
	return cmd
}

// An addition makes a source of a file, or replaces one.
type addition struct {
	api, file, output  string
	replace, unchecked bool
}

func (a addition) carryOut(ctx context.Context, p *process, stdin io.Reader) error {
	if err := checkOutput(a.output, asText, asJSON); err != nil {
		return err
	}
	spec, name, err := readSource(a.file, stdin)
	if err != nil {
		return usageError{err}
	}
	client, err := p.api(a.api)
	if err != nil {
		return err
	}
	method, at, doing, done := http.MethodPost, apiPath("sources"), "adding source "+name, "made"
	if a.replace {
		method, at, doing, done = http.MethodPut, apiPath("sources", name), "replacing source "+name, "stored"
	}
	unconnected := isOAuth(spec) && !a.replace
	if !a.unchecked && !unconnected {
		if err := p.checkConnection(ctx, client, doing, spec); err != nil {
			return err
		}
	}
	var made json.RawMessage
	if err := client.call(ctx, doing, method, at, spec, &made); err != nil {
		return err
	}
	fmt.Fprintf(p.Err, "source %s: %s\n", name, done)
	next := "`notion-kafka sources show " + name + "` shows how it is, and so does " + client.base + apiPath("sources", name)
	if unconnected {
		next = "connect it next: `notion-kafka login --source " + name + "`, or open " + client.base + "/oauth/start?source=" + name
	}
	fmt.Fprintln(p.Err, p.advice(next))
	if a.output == asJSON {
		return printJSON(p.Out, made)
	}
	return nil
}

// checkConnection prints what the daemon finds out about the connection of a source. It
// fails if a source cannot be made of it.
func (p *process) checkConnection(ctx context.Context, client *apiClient, doing string, spec json.RawMessage) error {
	var found control.Discovery
	err := client.call(ctx, doing+": checking its connection", http.MethodPost, "/discover", spec, &found)
	if refused, is := errors.AsType[*refusal](err); is && refused.status == http.StatusNotFound {
		fmt.Fprintln(p.problems(), "! its connection is not checked: the daemon at "+client.base+" is of an older version, which cannot")
		return nil
	}
	if err != nil {
		return err
	}
	c := checklist{out: p.problems(), advice: p.advice, quiet: p.quiet}
	for _, check := range found.Checks {
		switch check.Result {
		case control.CheckPassed:
			c.good("%s", check.Text)
		case control.CheckFailed:
			c.bad("%s", check.Text)
		default:
			c.warn("%s", check.Text)
		}
	}
	if c.failed {
		return fmt.Errorf("%s: nothing was changed, because of the ✗ above: mend that, or give --unchecked", doing)
	}
	return nil
}

// isOAuth reports whether a source is connected on the consent page of Notion.
func isOAuth(spec json.RawMessage) bool {
	var given struct{ OAuth any }
	return json.Unmarshal(spec, &given) == nil && given.OAuth == true
}

// readSource reads one element of sources: from a file, or from stdin if the file is -.
// The daemon validates it; here it only has to have a name.
func readSource(file string, stdin io.Reader) (spec json.RawMessage, name string, err error) {
	var text []byte
	if file == "-" {
		text, err = io.ReadAll(stdin)
	} else {
		text, err = os.ReadFile(file)
	}
	if err != nil {
		return nil, "", fmt.Errorf("reading the source: %w", err)
	}
	if spec = text; !json.Valid(text) {
		if spec, err = jsonOfYAML(text); err != nil {
			return nil, "", fmt.Errorf("reading the source: %s is neither JSON nor YAML", file)
		}
	}
	var element struct{ Name string }
	if json.Unmarshal(spec, &element) != nil || element.Name == "" {
		return nil, "", fmt.Errorf("reading the source: %s is not one element of sources: with a name", file)
	}
	return spec, element.Name, nil
}

// jsonOfYAML converts YAML to JSON. A list of one element is that element, pasted with
// its dash.
func jsonOfYAML(text []byte) (json.RawMessage, error) {
	var said any
	if err := yaml.Unmarshal(text, &said); err != nil {
		return nil, err
	}
	if list, ok := said.([]any); ok && len(list) == 1 {
		said = list[0]
	}
	return json.Marshal(said)
}
