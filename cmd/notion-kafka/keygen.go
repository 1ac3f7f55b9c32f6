package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"notion-kafka/producer/seal"
)

func keygenCommand(p *process) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "keygen",
		Short: "Print a new key for secrets.key",
		Long: "Print a new key for secrets.key, which seals the tokens that are entered through the API.\n" +
			"Every instance of the group needs the same key. Move the old key to secrets.previous_keys, so that\n" +
			"tokens it sealed can still be opened.",
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			if err := checkOutput(output, asText, asJSON); err != nil {
				return err
			}
			key, err := seal.GenerateKey()
			if err != nil {
				return err
			}
			if output == asJSON {
				err = printJSON(p.Out, printedKey{key})
			} else {
				_, err = fmt.Fprintln(p.Out, key)
			}
			if err != nil {
				return err
			}
			fmt.Fprintln(p.Err, "give this key to every instance of the group: as secrets.key, as NOTION_KAFKA_SECRETS__KEY, or in a file\n"+
				"that secrets.key_file names; if it is lost, the tokens it sealed cannot be opened")
			return nil
		},
	}
	outputFlag(cmd, &output, asText, asJSON)
	return cmd
}

// A printedKey is what `keygen --output json` prints.
type printedKey struct {
	Key string `json:"key"`
}
