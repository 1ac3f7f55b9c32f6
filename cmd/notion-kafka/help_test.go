package main

import (
	"io"
	"regexp"
	"slices"
	"testing"

	"github.com/spf13/cobra"

	"notion-kafka/config"
)

// helpTexts returns all help texts by command, and the example of the configuration.
func helpTexts(root *cobra.Command) map[string]string {
	texts := map[string]string{"config example": config.Example()}
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		texts[cmd.CommandPath()] = cmd.Short + "\n" + cmd.Long + "\n" + cmd.Example + "\n" + cmd.Flags().FlagUsages()
		for _, below := range cmd.Commands() {
			walk(below)
		}
	}
	walk(root)
	return texts
}

// Every command in backquotes in a help text exists.
func TestHelpNamesExistingCommands(t *testing.T) {
	root := newRoot(&process{Out: io.Discard, Err: io.Discard})
	quoted := regexp.MustCompile("`(notion-kafka )?([a-z]+)( [^`:=]*)?`")
	for where, text := range helpTexts(root) {
		for _, found := range quoted.FindAllStringSubmatch(text, -1) {
			if !slices.ContainsFunc(root.Commands(), func(cmd *cobra.Command) bool { return cmd.Name() == found[2] }) {
				t.Errorf("%s names %s, which is no command", where, found[0])
			}
		}
	}
}
