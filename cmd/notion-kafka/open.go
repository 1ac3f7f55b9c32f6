package main

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"
)

func openCommand(p *process) *cobra.Command {
	var (
		api       string
		noBrowser bool
	)
	cmd := &cobra.Command{
		Use:   "open [SOURCE]",
		Short: "Open the console of a running daemon in the browser",
		Long: "Print the address of a running daemon's console, or of one source in it, and open it in the browser.\n" +
			"The daemon is found at console.listen, or at --api URL.",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return oneArgument("name one source, or none for the list of all")(cmd, args)
		},
		ValidArgsFunction: p.completeArgs((*completer).sources),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := p.api(api)
			if err != nil {
				return err
			}
			doing, at, page := "opening the console", apiPath("sources"), "/"
			if len(args) > 0 {
				doing, at, page = "opening the page of source "+args[0], apiPath("sources", args[0]), apiPath("sources", args[0])
			}
			if err := client.call(cmd.Context(), doing, http.MethodGet, at, nil, nil); err != nil {
				return err
			}
			address := strings.TrimSuffix(client.base, "/") + page
			if _, err := fmt.Fprintln(p.Out, address); err != nil || noBrowser {
				return err
			}
			browse := p.Browse
			if browse == nil {
				browse = openBrowser
			}
			if err := browse(address); err != nil {
				fmt.Fprintf(p.problems(), "opening a browser failed, so open the address yourself (%v)\n", err)
			}
			return nil
		},
	}
	apiFlag(cmd, &api)
	cmd.Flags().BoolVar(&noBrowser, "no-browser", false, "open no browser, only print the address")
	return cmd
}
