package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"notion-kafka/avro"
	"notion-kafka/notion"
	"notion-kafka/producer"
)

func schemaCommand(p *process) *cobra.Command {
	return &cobra.Command{
		Use:   "schema STREAM",
		Short: "Print the Avro schema that a stream's topic is registered with",
		Long: "Print the Avro schema that a stream's topic is registered with, byte for byte, under the subject\n" +
			"{topic}-value. STREAM is databases or database_{id}.",
		Args: oneArgument("name a stream, as in: notion-kafka schema database_{id}; `notion-kafka discover` lists them"),
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := schemaOf(args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(p.Out, text)
			return err
		},
	}
}

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
		return "", fmt.Errorf("%w %q: %q is no database id, which has 32 hexadecimal digits; %s", producer.ErrUnknownStream, stream, id, hint)
	}
	return avro.PageSchema, nil
}
