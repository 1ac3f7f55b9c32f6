package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"notion-kafka/producer/control"
)

// followRun shows a run's progress until it ended, prints it, and returns an
// error if it did not succeed.
func (p *process) followRun(ctx context.Context, client *apiClient, id, output string) error {
	show, end := p.progress()
	run, err := client.follow(ctx, id, show)
	end()
	if err != nil {
		return err
	}
	if _, next, continued := strings.Cut(run.Error, ", continued by run "); continued && next != id {
		fmt.Fprintf(p.Err, "run %s was interrupted; following run %s, which continues it\n", id, next)
		return p.followRun(ctx, client, next, output)
	}
	return errors.Join(printEnded(p.Out, output, run), runVerdict(run))
}

// progress begins to show the progress of runs: moving lines on a terminal, else a line
// for each step.
func (p *process) progress() (tell func(control.Run), end func()) {
	show, end := p.watch()
	steps := &runSteps{to: p.Err, said: map[streamOfRun]control.Status{}, tenths: map[streamOfRun]int{}, moves: show != nil}
	return func(run control.Run) {
		steps.tell(run)
		if show != nil {
			show(run)
		}
	}, end
}

// runSteps prints a line when the status of a run or of one of its streams changes, and,
// unless progress moves on a terminal anyway, one for every tenth of a scan.
type runSteps struct {
	to     io.Writer
	status control.Status
	said   map[streamOfRun]control.Status
	tenths map[streamOfRun]int
	moves  bool
}

// A streamOfRun is one line of a run's table: one run may read a stream from its cursor
// and sweep it.
type streamOfRun struct {
	stream string
	kind   control.Kind
}

func (r *runSteps) tell(run control.Run) {
	if run.Status != r.status {
		r.status = run.Status
		fmt.Fprintf(r.to, "run %s: %s\n", run.ID, run.Status)
	}
	for _, s := range run.Streams {
		key := streamOfRun{s.Stream, s.Kind}
		if s.Status == r.said[key] {
			r.tellTenth(key, s)
			continue
		}
		r.said[key] = s.Status
		fmt.Fprintf(r.to, "stream %s: %s %s, %d read, %d published, %d deleted\n", named(s.Stream, s.Title), s.Kind, s.Status, s.Read, s.Published, s.Deleted)
	}
}

// tellTenth prints a line for every tenth of the expected rows that a scan has read.
func (r *runSteps) tellTenth(key streamOfRun, s control.StreamRun) {
	if r.moves || s.Status != control.Running || s.Expected == 0 {
		return
	}
	if tenth := 10 * s.Read / s.Expected; tenth > r.tenths[key] {
		r.tenths[key] = tenth
		fmt.Fprintf(r.to, "stream %s: %d of about %d read\n", named(s.Stream, s.Title), s.Read, s.Expected)
	}
}
