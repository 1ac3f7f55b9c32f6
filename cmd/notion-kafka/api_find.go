package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"

	"notion-kafka/producer/control"
)

func findCommand(p *process) *cobra.Command {
	var api, output string
	cmd := &cobra.Command{
		Use:   "find PAGE",
		Short: "Say where a page of Notion is in Kafka, or why it is not there",
		Long: "Say where a page of Notion is: its source, stream and topic, and the partition and offset of its last\n" +
			"record; or why it is not in Kafka, and what to do. PAGE is the page's link in Notion or its id, with or\n" +
			"without dashes. A running daemon asks the owners of all sources, which ask Notion. The exit code is 0 if\n" +
			"Kafka has the page as Notion has it, and 1 otherwise.",
		Args: oneArgument("name a page: its link in Notion, or its id"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkOutput(output, tableOrJSON...); err != nil {
				return err
			}
			client, err := p.api(api)
			if err != nil {
				return err
			}
			var answer json.RawMessage
			if err := client.call(cmd.Context(), "looking for the page", http.MethodGet, "/find?page="+url.QueryEscape(args[0]), nil, &answer); err != nil {
				return err
			}
			return p.showFinding(answer, output)
		},
	}
	apiFlag(cmd, &api)
	outputFlag(cmd, &output, tableOrJSON...)
	return cmd
}

// showFinding prints where a page is. Its error is quiet if Kafka does not have the page as
// Notion has it.
func (p *process) showFinding(answer json.RawMessage, output string) error {
	var found control.Finding
	err := json.Unmarshal(answer, &found)
	switch {
	case err != nil:
		return fmt.Errorf("looking for the page: decoding the daemon's response: %w", err)
	case output == asJSON:
		err = printJSON(p.Out, answer)
	default:
		err = p.printFinding(found)
	}
	if err == nil && found.Answer != control.PageCurrent {
		err = errQuiet
	}
	return err
}

// printFinding prints the places of a page, and on stderr what is so and what to do.
func (p *process) printFinding(found control.Finding) error {
	if len(found.Places) > 0 {
		table := newRows(p.Out, "ANSWER", "SOURCE", "DATABASE", "TOPIC", "PARTITION", "OFFSET", "WRITTEN", "OP", "TITLE")
		for _, place := range found.Places {
			partition, offset, written, op, title := "-", "-", "-", "-", ""
			if r := place.Record; r != nil {
				partition, offset, written, op, title = fmt.Sprint(r.Partition), fmt.Sprint(r.Offset), moment(r.Timestamp), cmp.Or(r.Op, "-"), r.Title
			}
			table.add(place.Answer.Words(), place.Source, cmp.Or(place.Title, "-"), cmp.Or(place.Topic, "-"), partition, offset, written, op, cmp.Or(title, found.Title, "-"))
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	fmt.Fprintf(p.problems(), "%s: %s\n", found.Answer.Words(), p.advice(oneLine(found.Text)))
	for i, place := range found.Places {
		if i > 0 && place.Answer != control.PageNotSelected && place.Text != found.Places[0].Text {
			fmt.Fprintf(p.problems(), "source %s: %s\n", place.Source, p.advice(oneLine(place.Text)))
		}
	}
	return nil
}
