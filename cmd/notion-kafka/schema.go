package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"notion-kafka/avro"
	"notion-kafka/cmd/notion-kafka/catalog"
	"notion-kafka/config"
	"notion-kafka/notion"
	"notion-kafka/producer"
)

// The forms in which `schema` prints the schema of a topic.
const (
	asAvro   = "avro"
	asFlink  = "flink"
	asKsqlDB = "ksqldb"
)

func schemaCommand(p *process) *cobra.Command {
	var (
		s      schemaFinder
		output string
	)
	cmd := &cobra.Command{
		Use:               "schema STREAM",
		ValidArgsFunction: p.completeArgs((*completer).streams),
		Short:             "Print the Avro schema of a stream's topic, or the statement that makes it a table",
		Long: "Print the Avro schema, byte for byte, that is registered under the subject {topic}-value of a stream.\n" +
			"With --as flink or --as ksqldb, print the statement that makes the topic a table, as the console's\n" +
			"Catalog has it. It has the addresses of the configuration, and variables where a secret belongs.\n\n" +
			"STREAM is databases, database_{id}, the title of a database that is shared with a connection, with or\n" +
			"without its emoji, or the whole name of a topic. The schema of a stream with typed columns\n" +
			"(properties: typed) is known once its first records are in the topic.",
		Args: oneArgument("name a stream, as in: notion-kafka schema database_{id}; `notion-kafka discover` lists them"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains([]string{asAvro, asFlink, asKsqlDB}, s.as) {
				return usageError{fmt.Errorf("--as %q: use avro, flink or ksqldb", s.as)}
			}
			if err := checkOutput(output, asText, asJSON); err != nil {
				return err
			}
			s.process, s.stream = p, args[0]
			text, err := s.text(cmd.Context())
			if err != nil {
				return err
			}
			if output == asJSON {
				return printJSON(p.Out, printedSchema{Stream: args[0], As: s.as, Text: text})
			}
			_, err = fmt.Fprintln(p.Out, strings.TrimSuffix(text, "\n"))
			return err
		},
	}
	cmd.Flags().StringVar(&s.as, "as", asAvro, "print it as `FORM`: avro, flink or ksqldb")
	cmd.Flags().StringVar(&s.source, "source", "", "of the source `NAME`, where several publish the stream")
	fixedFlag(cmd, "as", asAvro, asFlink, asKsqlDB)
	p.completeFlag(cmd, "source", (*completer).sources)
	outputFlag(cmd, &output, asText, asJSON)
	return cmd
}

// A printedSchema is a schema as `schema --output json` prints it.
type printedSchema struct {
	Stream string `json:"stream"` // as it was named
	As     string `json:"as"`
	Text   string `json:"text"` // the schema, byte for byte, or the statement
}

// schemaOf returns the schema of a stream without typed columns.
func schemaOf(stream string) (string, error) {
	const hint = "streams are databases and database_{id}; `notion-kafka discover` lists them"
	if stream == producer.DatabasesStream {
		return avro.DatabaseSchema, nil
	}
	id, ofPages := strings.CutPrefix(streamName(stream), producer.DatabaseStream(""))
	if !ofPages {
		return "", fmt.Errorf("%w %q: %s", producer.ErrUnknownStream, stream, hint)
	}
	if _, ok := notion.NormalizeID(id); !ok {
		return "", fmt.Errorf("%w %q: %q is not a database id, which has 32 hexadecimal digits; %s", producer.ErrUnknownStream, stream, id, hint)
	}
	return avro.PageSchema, nil
}

// typedBy reports whether a source wants typed columns of a stream.
func typedBy(src config.Source, stream, databaseID, title string) bool {
	settings, selected := src.StreamFor(stream, databaseID, title)
	return selected && settings.Properties == config.PropertiesTyped && stream != producer.DatabasesStream
}

// A streamTopic is what the schema of a stream depends on.
type streamTopic struct {
	source, stream, title, topic string
	typed                        bool // its topic has typed columns, or will have them
	begun                        bool // its topic has records
}

// describe names the stream in a message.
func (s streamTopic) describe() string {
	text := "stream " + named(s.stream, s.title) + " of source " + s.source
	if s.topic != "" {
		text += ", topic " + s.topic
	}
	return text
}

// inForm returns a schema in the form that was asked for.
func inForm(schema, as, topic string, access catalog.Access) (string, error) {
	switch as {
	case asFlink:
		return access.FlinkTable(topic, json.RawMessage(schema))
	case asKsqlDB:
		return catalog.KsqlDBTable(topic, json.RawMessage(schema))
	}
	return schema, nil
}

// schemaOfTopic returns the schema of a stream's topic: of one with typed columns the newest
// of the registry, of any other the one that all topics of its kind have.
func (a *App) schemaOfTopic(ctx context.Context, s streamTopic) (string, error) {
	if !s.typed {
		return schemaOf(s.stream)
	}
	const newest = 1
	versions, err := a.Registry.Versions(ctx, avro.Subject(s.topic), newest)
	if err != nil {
		return "", err
	}
	if len(versions) == 0 {
		return "", notPublished(s)
	}
	return versions[0].Schema, nil
}

// notPublished says that the columns of a stream are not known yet.
func notPublished(s streamTopic) error {
	return errors.New(s.describe() + ": its typed columns are known with its first records, and none was published yet: " +
		"let `notion-kafka once` or the daemon (`notion-kafka run`) read it first")
}
