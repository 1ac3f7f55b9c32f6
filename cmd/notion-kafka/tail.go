package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/spf13/cobra"

	"notion-kafka/avro"
	"notion-kafka/producer/kafka"
)

func tailCommand(p *process) *cobra.Command {
	var (
		fromBeginning, noFollow bool
		atMost                  int
	)
	cmd := &cobra.Command{
		Use:   "tail TOPIC",
		Short: "Print the records of a topic, decoded, one JSON object a line",
		Long: "Print the committed records of a topic, decoded with the registry's schemas, one JSON object a line:\n" +
			"{topic, partition, offset, timestamp, key, headers, value}; value is null for a tombstone.\n" +
			"A record that cannot be decoded has value null, and the fields error and raw, its bytes in base64.",
		Args: oneArgument("name a topic, as in: notion-kafka tail notion.acme.tasks; `notion-kafka state show` lists them"),
		RunE: func(cmd *cobra.Command, args []string) error {
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
	flags := cmd.Flags()
	flags.BoolVar(&fromBeginning, "from-beginning", false, "from the first record instead of from now on")
	flags.BoolVar(&noFollow, "no-follow", false, "stop at the current end (reads from the first record)")
	flags.IntVar(&atMost, "max", 0, "stop after `N` records; 0 for all")
	return cmd
}

// printRecords prints records until there are no more, atMost were printed (0: no
// limit), or ctx ends.
func (p *process) printRecords(ctx context.Context, registry *avro.Registry, records iter.Seq2[kafka.Stored, error], atMost int) error {
	printer, printed := tailPrinter{registry, map[int]*avro.Decoder{}}, 0
	for record, err := range records {
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		line, err := printer.line(ctx, record)
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

// A tailPrinter turns records into lines of JSON.
type tailPrinter struct {
	registry *avro.Registry
	decoders map[int]*avro.Decoder // by schema id
}

// line returns a record as a line of JSON. A record that cannot be decoded has the reason
// and its bytes; a value that the view has no room for is left out.
func (p tailPrinter) line(ctx context.Context, r kafka.Stored) ([]byte, error) {
	value, err := p.value(ctx, r.Value)
	var problem string
	var raw []byte
	switch {
	case r.LeftOut > 0:
		problem = fmt.Sprintf("its value of %d bytes is left out: the response is full", r.LeftOut)
	case err != nil:
		value, problem, raw = json.RawMessage("null"), err.Error(), r.Value
	}
	headers := map[string]string{}
	for _, h := range r.Headers {
		headers[h.Key] = h.Value
	}
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	err = encoder.Encode(struct {
		Topic     string            `json:"topic"`
		Partition int32             `json:"partition"`
		Offset    int64             `json:"offset"`
		Timestamp time.Time         `json:"timestamp"`
		Key       string            `json:"key"`
		Headers   map[string]string `json:"headers"`
		Value     json.RawMessage   `json:"value"`
		Error     string            `json:"error,omitempty"`
		Raw       []byte            `json:"raw,omitempty"`
	}{r.Topic, r.Partition, r.Offset, r.Time.UTC(), string(r.Key), headers, value, problem, raw})
	return escaped(line.Bytes()), err
}

// value returns a record's value as JSON: null for a tombstone, an Avro record decoded by
// its registered schema, JSON as it is (our state topic), anything else as text.
func (p tailPrinter) value(ctx context.Context, value []byte) (json.RawMessage, error) {
	if value == nil {
		return json.RawMessage("null"), nil
	}
	id, body, err := avro.SplitFrame(value)
	if err != nil {
		if json.Valid(value) {
			return value, nil
		}
		return json.Marshal(string(value))
	}
	if _, known := p.decoders[id]; !known {
		schema, err := p.registry.SchemaByID(ctx, id)
		if err != nil {
			return nil, err
		}
		if p.decoders[id], err = avro.NewDecoder(schema); err != nil {
			return nil, fmt.Errorf("reading schema %d of topic values: %w", id, err)
		}
	}
	return p.decoders[id].JSON(body)
}
