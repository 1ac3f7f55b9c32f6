package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func versionCommand(p *process) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print version, commit and Go version",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			if err := checkOutput(output, asText, asJSON); err != nil {
				return err
			}
			if output == asJSON {
				return printJSON(p.Out, printedVersion{Version: version(), Commit: commit(), Go: runtime.Version()})
			}
			_, err := fmt.Fprint(p.Out, versionLine())
			return err
		},
	}
	outputFlag(cmd, &output, asText, asJSON)
	return cmd
}

// A printedVersion is what `version --output json` prints.
type printedVersion struct {
	Version string `json:"version"`
	Commit  string `json:"commit"` // ends in +changes if the sources were changed since
	Go      string `json:"go"`
}

// versionFlag gives the root command a --version that prints what version prints.
func versionFlag(root *cobra.Command) {
	root.Version = version()
	root.SetVersionTemplate(versionLine())
}

func versionLine() string {
	return fmt.Sprintf("notion-kafka %s (commit %s, %s)\n", version(), commit(), runtime.Version())
}

// noArguments is cobra.NoArgs with a clearer message.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%s takes no arguments, got %q", cmd.Name(), args)
	}
	return nil
}

// version is the module's version as the Go tool stamped it.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}

func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	revision, dirty := "unknown", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+changes"
		}
	}
	return revision + dirty
}
