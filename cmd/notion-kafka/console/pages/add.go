package pages

import (
	"fmt"
	"slices"
	"strconv"

	"notion-kafka/cmd/notion-kafka/console/draft"
	"notion-kafka/producer/control"
)

// The steps of Add source, in their order, as their addresses have them.
const (
	StepConnect  = "connect"
	StepStreams  = "streams"
	StepTables   = "tables"
	StepSchedule = "schedule"
	StepReview   = "review"
)

var stepOrder = []string{StepConnect, StepStreams, StepTables, StepSchedule, StepReview}

// stepTitles name the steps for people.
var stepTitles = map[string]string{
	StepConnect: "Connect", StepStreams: "Streams", StepTables: "Tables", StepSchedule: "Schedule", StepReview: "Review",
}

// Steps returns the steps in their order.
func Steps() []string { return slices.Clone(stepOrder) }

// StepNumber is the number of a step, from 1; 0 for what is no step.
func StepNumber(step string) int { return slices.Index(stepOrder, step) + 1 }

// IsFaulty reports whether something is left wrong at a step.
func IsFaulty(review control.Review, step string) bool {
	return slices.ContainsFunc(faultsOf(review), func(one fault) bool { return one.Step == step })
}

// StepAfter is the step that a draft goes on at: the first that was not filled in.
func StepAfter(d control.Draft) string {
	return stepOrder[min(max(d.Reached, 0), len(stepOrder)-1)]
}

// An addStep is what the five steps of Add source share.
type addStep struct {
	Shell
	Draft  control.Draft
	Spec   draft.Spec
	Review control.Review
	Step   string
	Steps  []stepLink
	// Faults are what was left wrong at this step; none while it was not filled in.
	Faults []fault
}

// A stepLink is a step in the list at the top.
type stepLink struct {
	Name, Title string
	Now         bool
	Done        bool // it was filled in
	Open        bool // it can be gone to
}

// stepOf makes what the steps share.
func stepOf(shell Shell, d control.Draft, spec draft.Spec, review control.Review, step string) addStep {
	shell.Section = "sources"
	shell.Heading = "Add source: " + step
	if d.Source != "" {
		shell.Heading = "Change " + d.Source + ": " + step
	}
	page := addStep{Shell: shell, Draft: d, Spec: spec, Review: review, Step: step}
	for i, name := range stepOrder {
		page.Steps = append(page.Steps, stepLink{
			Name: name, Title: stepTitles[name], Now: name == step, Done: i < d.Reached, Open: i <= d.Reached,
		})
	}
	if step == StepReview || d.Reached > slices.Index(stepOrder, step) {
		for _, one := range faultsOf(review) {
			if step == StepReview || one.Step == step {
				page.Faults = append(page.Faults, one)
			}
		}
	}
	page.Wrong = len(page.Faults) > 0
	return page
}

// Edits reports whether the draft changes a source that exists.
func (p addStep) Edits() bool { return p.Draft.Source != "" }

// At returns the address of a step of the draft.
func (p addStep) At(step string) string { return p.To("add", p.Draft.ID, step) }

// Link returns the address of a step of this version of the draft: another instance may
// not have read it yet.
func (p addStep) Link(step string) string { return p.At(step) + "?v=" + strconv.Itoa(p.Draft.Version) }

// mostFaults is how many faults a step lists at its top.
const mostFaults = 10

// Listed are the faults that the step lists at its top.
func (p addStep) Listed() []fault { return p.Faults[:min(len(p.Faults), mostFaults)] }

// Unlisted is how many more there are.
func (p addStep) Unlisted() int { return len(p.Faults) - len(p.Listed()) }

// FaultOf is what is wrong with a field of the step; "" where nothing is.
func (p addStep) FaultOf(field string) string {
	for _, one := range p.Faults {
		if one.Field == field {
			return one.Text
		}
	}
	return ""
}

// Number is the step's, from 1.
func (p addStep) Number() int { return StepNumber(p.Step) }

// Prefix is what the topics' names begin with.
func (p addStep) Prefix() string { return p.Spec.Prefix() }

// AddStart tells what Add source does, before a draft is made.
type AddStart struct {
	Shell
	Can ConnectWays
}

func (AddStart) template() string { return "add_start" }

// NewAddStart makes the page.
func NewAddStart(shell Shell, can ConnectWays) *AddStart {
	shell.Heading, shell.Section = "Add source", "sources"
	return &AddStart{shell, can}
}

// An unfinished is a draft in the list of sources.
type unfinished struct {
	control.Draft
	Title  string
	Named  bool // Title is the name of a source
	Number int  // of its step, from 1
	Step   string
}

// unfinishedOf returns the drafts that can be gone on with.
func unfinishedOf(drafts []control.Draft) (all []unfinished) {
	for _, d := range drafts {
		one := unfinished{Draft: d, Title: "A source without a name", Step: StepAfter(d)}
		one.Number = StepNumber(one.Step)
		spec, err := draft.Parse(d.Spec)
		switch {
		case d.Source != "":
			one.Title, one.Named = d.Source, true
		case err == nil && spec.Name != "":
			one.Title, one.Named = spec.Name, true
		}
		all = append(all, one)
	}
	return all
}

// Where is the draft's step in words.
func (u unfinished) Where() string {
	return fmt.Sprintf("step %d of %d: %s", u.Number, len(stepOrder), stepTitles[u.Step])
}
