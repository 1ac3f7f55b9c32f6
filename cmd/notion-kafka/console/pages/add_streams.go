package pages

import (
	"notion-kafka/cmd/notion-kafka/console/draft"
	"notion-kafka/producer/control"
)

// AddStreams is the second step: which databases are read.
type AddStreams struct {
	addStep
	Rows   []foundRow
	Chosen int
	// List says that the list of databases itself is published, Later that databases are
	// read that are shared later.
	List, Later bool
	Sample      *control.Sample
	Topic       string // of the list of databases
}

// A foundRow is a database that can be chosen.
type foundRow struct {
	control.FoundDatabase
	Name   string
	Count  int // of properties
	Chosen bool
}

func (AddStreams) template() string { return "add_streams" }

// NewAddStreams makes the page. sample is of the database that the person asked for; nil:
// of none.
func NewAddStreams(shell Shell, d control.Draft, spec draft.Spec, review control.Review, sample *control.Sample) *AddStreams {
	page := &AddStreams{addStep: stepOf(shell, d, spec, review, StepStreams), Sample: sample, Later: spec.Later()}
	page.Topic = page.Prefix() + "databases"
	chosen := map[string]bool{}
	for _, table := range review.Tables {
		chosen[table.Stream] = table.Enabled
		if table.Stream == "databases" {
			page.List = table.Enabled
		}
	}
	if d.Found == nil {
		return page
	}
	for _, found := range d.Found.Databases {
		row := foundRow{FoundDatabase: found, Name: nameOf(found.Stream, found.Title), Count: len(found.Properties), Chosen: chosen[found.Stream]}
		if row.Chosen {
			page.Chosen++
		}
		page.Rows = append(page.Rows, row)
	}
	return page
}

// Sampled is the sample of a database; nil if it was not asked for.
func (p AddStreams) Sampled(stream string) *control.Sample {
	if p.Sample == nil || p.Sample.Stream != stream {
		return nil
	}
	return p.Sample
}
