package main

import (
	"context"
	"errors"
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
		Short: "Print the Avro schema of a stream's topic",
		Long: "Print the Avro schema, byte for byte, that is registered under the subject {topic}-value of a stream.\n" +
			"STREAM is databases, database_{id}, or the title of a database that is shared with a connection.",
		Args: oneArgument("name a stream, as in: notion-kafka schema database_{id}; `notion-kafka discover` lists them"),
		RunE: func(cmd *cobra.Command, args []string) error {
			stream, err := p.streamOffered(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			text, err := schemaOf(stream)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(p.Out, text)
			return err
		},
	}
}

// streamOffered finds a stream by the title of its database, in any source. All
// databases share one schema, so it does not matter which of two with one title it is.
func (p *process) streamOffered(ctx context.Context, text string) (string, error) {
	if isStreamName(text) || strings.HasPrefix(text, producer.DatabaseStream("")) {
		return text, nil
	}
	var offers []producer.Offer
	cfg, err := p.config()
	if err == nil {
		offers, _, err = p.offers(ctx, cfg, nil, nil)
	}
	for _, o := range offers {
		if notion.SameName(o.Title, text) {
			return o.Stream, nil
		}
	}
	unknown := fmt.Errorf("%w %q: streams are databases, and database_{id} or the title for pages; Notion shows %s", producer.ErrUnknownStream, text, listTitled(titlesOf(offers)))
	if len(offers) == 0 {
		unknown = fmt.Errorf("%w %q: streams are databases and database_{id}; `notion-kafka discover` lists them", producer.ErrUnknownStream, text)
	}
	return "", errors.Join(unknown, err)
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
		return "", fmt.Errorf("%w %q: %q is not a database id, which has 32 hexadecimal digits; %s", producer.ErrUnknownStream, stream, id, hint)
	}
	return avro.PageSchema, nil
}
