package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"notion-kafka/avro"
	"notion-kafka/producer"
)

func schemaCommand(p *process) *cobra.Command {
	return &cobra.Command{
		Use:   "schema STREAM",
		Short: "Print the Avro schema that a stream's topic is registered with",
		Long: "Print the Avro schema that a stream's topic is registered with, byte for byte, under the subject\n" +
			"{topic}-value. STREAM is databases or database_{id}.",
		Args: cobra.ExactArgs(1),
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
	switch {
	case stream == producer.DatabasesStream:
		return avro.DatabaseSchema, nil
	case strings.HasPrefix(stream, "database_"):
		return avro.PageSchema, nil
	}
	return "", fmt.Errorf("%w %q: streams are databases and database_{id}; `notion-kafka discover` lists them", producer.ErrUnknownStream, stream)
}
