package pages

import (
	"time"

	"notion-kafka/cmd/notion-kafka/console/draft"
	"notion-kafka/producer/control"
)

// AddReview is the last step: everything that was chosen, and what it will do.
type AddReview struct {
	addStep
	Tables  []tableRow
	Unknown []string // excluded properties that no chosen database has
	// Left is how many of the databases found are not chosen, Made how many topics do not
	// exist yet.
	Left, Made int
	// Typed is how many tables get typed columns, of so many Pages: those that are not the
	// list of databases.
	Typed, Pages int
	Later        bool
	When, Sweep  whenDue
	Minutes      string // that the first read takes at least; "": not known
	PerRows      string // that 10,000 rows take
	Workspace    string
}

func (AddReview) template() string { return "add_review" }

// NewAddReview makes the page.
func NewAddReview(shell Shell, d control.Draft, spec draft.Spec, review control.Review) *AddReview {
	tables := NewAddTables(shell, d, spec, review)
	page := &AddReview{
		addStep: stepOf(shell, d, spec, review, StepReview), Tables: tables.Rows, Unknown: tables.Unknown, Later: spec.Later(),
		When: whenOf("when", review.Trigger), Sweep: whenOf("sweep-when", review.Sweep),
	}
	for _, table := range tables.Rows {
		if !table.IsList() {
			page.Pages++
		}
		if table.Typed {
			page.Typed++
		}
	}
	for _, table := range review.Tables {
		switch {
		case !table.Enabled:
			page.Left++
		case table.Existing == nil:
			page.Made++
		}
	}
	if review.PerMinute > 0 {
		page.PerRows = about(100 * time.Minute / time.Duration(review.PerMinute))
		page.Minutes = about(time.Duration(review.Requests) * time.Minute / time.Duration(review.PerMinute))
	}
	if d.Found != nil {
		page.Workspace = d.Found.Workspace
	}
	if page.Workspace == "" && d.Granted != nil {
		page.Workspace = d.Granted.Workspace
	}
	return page
}
