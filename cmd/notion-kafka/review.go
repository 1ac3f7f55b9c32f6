package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"notion-kafka/config"
	"notion-kafka/producer/control"
)

// Review implements console.Backend.
func (b *backend) Review(ctx context.Context, d control.Draft) (control.Review, error) {
	sources := b.Daemon.Sources()
	read, err := config.ReadSource(d.Spec, b.app.Config, b.others(d.Source))
	if err != nil {
		return control.Review{}, err
	}
	r := &review{draft: d, config: b.app.Config, spec: read.Source, hasRules: read.HasRules, sources: sources, known: b.streamsOf(ctx, sources, d.Source)}
	r.addProblems(read.Problems)
	if outside, is := errors.AsType[*config.Error](b.app.Config.Reach(r.spec)); is {
		r.addProblems(outside.Problems)
	}
	r.checkName()
	listed := r.listed()
	result := control.Review{
		Tables: r.tables(listed), Typed: r.spec.Settings.Properties == config.PropertiesTyped, Problems: r.problems, YAML: config.SourceYAML(d.Spec),
		Trigger: r.trigger("trigger", r.spec.Settings.Trigger, time.Now()), Sweep: r.trigger("sweep", r.spec.Settings.Sweep, time.Now()),
		PerMinute: cmp.Or(b.app.Config.Notion.RequestsPerMinute, freeBudget),
	}
	result.Requests = r.requests(listed, result.Tables)
	if before, made := b.before(d.Source); made {
		result.Effects = r.effects(before, listed, result.Tables)
	}
	b.lookForTopics(ctx, r, result.Tables)
	return result, nil
}

// freeBudget is how many requests Notion takes in a minute on the plans with the smaller
// budget (Notion: request-limits).
const freeBudget = 180

// A review finds out what a definition would do.
type review struct {
	draft    control.Draft
	config   *config.Config
	spec     config.Source // as far as it can be read
	hasRules bool          // the rules are the definition's own
	sources  []control.Source
	known    []control.Stream // of the source that the draft changes
	problems []control.SpecProblem
}

// addProblems adds problems of paths that have none yet.
func (r *review) addProblems(more []config.Problem) {
	for _, p := range more {
		if r.problemAt(p.Path) == "" {
			r.problems = append(r.problems, control.SpecProblem{Path: p.Path, Message: p.Message, Hint: p.Hint})
		}
	}
}

// problemAt returns what is wrong at a path, or below it; "" if nothing is.
func (r *review) problemAt(path string) string {
	for _, p := range r.problems {
		if p.Path == path || strings.HasPrefix(p.Path, path+".") {
			return p.Message
		}
	}
	return ""
}

// checkName refuses a name that another source has, and a new name of a source.
func (r *review) checkName() {
	name, of := r.spec.Name, r.draft.Source
	switch {
	case name == "" || name == of:
	case of != "":
		r.addProblems([]config.Problem{{Path: "name", Message: "a source cannot be renamed: its topics and its state are kept under its name", Hint: "keep the name " + of + ", or add another source"}})
	case slices.ContainsFunc(r.sources, func(src control.Source) bool { return src.Name == name }):
		r.addProblems([]config.Problem{{Path: "name", Message: fmt.Sprintf("there is a source %s already", name), Hint: "choose another name, or change that source"}})
	}
}

// streamsOf returns the streams of a source that a draft changes, none for "". If its
// owner does not respond, they are those of the last run.
func (b *backend) streamsOf(ctx context.Context, sources []control.Source, name string) []control.Stream {
	if name == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	streams, err := b.Streams(ctx, name)
	if err == nil {
		return streams
	}
	for _, src := range sources {
		if src.Name == name && !src.Shadowed && src.LastRun != nil {
			return streamsIn(src.LastRun)
		}
	}
	return nil
}

// streamsIn returns the streams that a run read.
func streamsIn(run *control.Run) (streams []control.Stream) {
	for _, s := range run.Streams {
		streams = append(streams, control.Stream{Stream: s.Stream, Title: s.Title, Topic: s.Topic, Sync: s.Sync, Enabled: true, Rows: -1})
	}
	return streams
}

// lookPatience is how long a review waits for an owner, and for Kafka: a person looks at
// a form meanwhile.
const lookPatience = 5 * time.Second
