package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"github.com/spf13/cobra"

	"notion-kafka/avro"
	"notion-kafka/cmd/notion-kafka/catalog"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
)

func tailCommand(p *process) *cobra.Command {
	var (
		fromBeginning, noFollow bool
		atMost                  int
		output                  string
	)
	cmd := &cobra.Command{
		Use:               "tail TOPIC",
		ValidArgsFunction: p.completeArgs((*completer).topics),
		Short:             "Print the records of a topic, decoded, one JSON object a line",
		Long: "Print the committed records of a topic, decoded with the registry's schemas, one JSON object a line:\n" +
			"{topic, partition, offset, timestamp, key, headers, value}; value is null for a tombstone.\n" +
			"A record that cannot be decoded has value null, and the fields error and raw, its bytes in base64.",
		Args: oneArgument("name a topic, as in: notion-kafka tail notion.acme.tasks; `notion-kafka state show` lists them"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkOutput(output, asJSON); err != nil {
				return err
			}
			if atMost < 0 {
				return usageError{fmt.Errorf("--max %d: give a number of records, or 0 for all", atMost)}
			}
			return p.withApp(cmd.Context(), func(app *App) error {
				if err := app.Cluster.Ping(cmd.Context()); err != nil {
					return err
				}
				records := app.Cluster.Tail(cmd.Context(), args[0], fromBeginning)
				if noFollow {
					records = app.Cluster.ReadAll(cmd.Context(), args[0])
				}
				err := p.printRecords(cmd.Context(), app.Registry, records, atMost)
				if errors.Is(err, kafka.ErrTopicMissing) {
					return fmt.Errorf("%w: it is not created yet, or misspelt; %s. `notion-kafka state show` lists the topics of all streams that ran, `notion-kafka discover` those of the others too", err, app.createdBy(args[0]))
				}
				return err
			})
		},
	}
	outputFlag(cmd, &output, asJSON)
	flags := cmd.Flags()
	flags.BoolVar(&fromBeginning, "from-beginning", false, "from the first record instead of from now on")
	flags.BoolVar(&noFollow, "no-follow", false, "stop at the current end (reads from the first record)")
	flags.IntVar(&atMost, "max", 0, "stop after `N` records; 0 for all")
	return cmd
}

// printRecords prints records until there are no more, atMost were printed (0: no
// limit), or ctx ends.
func (p *process) printRecords(ctx context.Context, registry *avro.Registry, records iter.Seq2[kafka.Stored, error], atMost int) error {
	decoder, printed := catalog.NewDecoder(registry), 0
	for record, err := range records {
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		line, err := recordLine(decoder.Record(ctx, record))
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return nil
		}
		if _, err := p.Out.Write(line); err != nil {
			return fmt.Errorf("writing a record: %w", err)
		}
		if printed++; printed == atMost {
			return nil
		}
	}
	return nil
}

// oneArgument accepts exactly one argument; the error of a missing one is ask.
func oneArgument(ask string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return errors.New(ask)
		}
		if len(args) > 1 {
			return fmt.Errorf("%s takes one argument, got %q", cmd.Name(), args)
		}
		return nil
	}
}

// recordLine is a record as a line of JSON.
func recordLine(record control.TopicRecord) ([]byte, error) {
	record.Schema = 0
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(record)
	return escaped(line.Bytes()), err
}
