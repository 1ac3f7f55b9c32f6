package main

import (
	"errors"
	"fmt"
	"io"

	"notion-kafka/producer/control"
)

// printRuns prints a line for each stream of the runs; two for a stream that was read
// from its cursor and swept. What changed of typed columns follows.
func printRuns(to io.Writer, runs ...control.Run) error {
	if len(runs) == 0 {
		return nil
	}
	table := newRows(to, "SOURCE", "STREAM", "TITLE", "TOPIC", "KIND", "READ", "PUBLISHED", "UNCHANGED", "DELETED", "HELD", "STATUS")
	for _, run := range runs {
		if run.Error != "" {
			table.add(run.Source, "-", "", "", "", "", "", "", "", "", run.Status)
		}
		for _, s := range run.Streams {
			table.add(run.Source, s.Stream, s.Title, s.Topic, s.Kind, s.Read, s.Published, s.Unchanged, s.Deleted, s.Held, s.Status)
		}
	}
	err := table.Flush()
	for _, run := range runs {
		for _, s := range run.Streams {
			for _, change := range s.Columns {
				fmt.Fprintf(to, "%s: %s\n", named(s.Stream, s.Title), oneLine(change))
			}
		}
	}
	return err
}

// runVerdict is nil when a run succeeded; else it names what did not, and why.
func runVerdict(run control.Run) error {
	problems := streamProblems(run)
	if run.Error != "" || run.Status != control.Succeeded && len(problems) == 0 {
		why := string(run.Status)
		if run.Error != "" {
			why += ": " + run.Error
		}
		problems = append(problems, fmt.Errorf("source %s, run %s: %s", run.Source, run.ID, why))
	}
	return errors.Join(problems...)
}

// streamProblems names the streams of a run that did not succeed, and why. A problem that
// both the read and the sweep of a stream report is named once.
func streamProblems(run control.Run) (problems []error) {
	type finding struct{ stream, problem string }
	said := map[finding]bool{}
	for _, s := range run.Streams {
		if one := (finding{s.Stream, s.Error}); s.Status != control.Succeeded && !said[one] {
			said[one] = true
			problems = append(problems, fmt.Errorf("source %s, stream %s: %s: %s", run.Source, named(s.Stream, s.Title), s.Status, s.Error))
		}
	}
	return problems
}
