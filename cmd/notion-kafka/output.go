package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"notion-kafka/producer/control"
)

// The formats of --output. deploy/docs/json-output.md says what json promises.
const (
	asTable = "table"
	asText  = "text"
	asJSON  = "json"
	asYAML  = "yaml"
)

// tableOrJSON are the formats of most commands.
var tableOrJSON = []string{asTable, asJSON}

// outputFlag adds --output with the formats that a command has, the default first.
func outputFlag(cmd *cobra.Command, output *string, formats ...string) {
	cmd.Flags().StringVar(output, "output", formats[0], "output `FORMAT`: "+oneOf(formats))
	fixedFlag(cmd, "output", formats...)
}

// checkOutput refuses an output format that a command does not have.
func checkOutput(output string, formats ...string) error {
	if slices.Contains(formats, output) {
		return nil
	}
	return usageError{fmt.Errorf("--output %q: use %s", output, oneOf(formats))}
}

// wordsOf returns words as texts.
func wordsOf[T ~string](all []T) []string {
	texts := make([]string, len(all))
	for i, one := range all {
		texts[i] = string(one)
	}
	return texts
}

// oneOf lists words for a help text, such as "a, b or c".
func oneOf[T ~string](all []T) string {
	texts := wordsOf(all)
	last := len(texts) - 1
	if last == 0 {
		return texts[0]
	}
	return strings.Join(texts[:last], ", ") + " or " + texts[last]
}

// printEnded prints a run that has ended.
func printEnded(to io.Writer, output string, run control.Run) error {
	if output == asJSON {
		return printJSON(to, run)
	}
	return printRuns(to, run)
}
