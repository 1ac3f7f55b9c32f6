package producer

import (
	"fmt"
	"strings"

	"notion-kafka/producer/control"
)

// An outcome is everything about a job that ended that decides whether the topic is what
// Notion holds.
type outcome struct {
	err       error    // why it ended early, or why something could not be read or published
	cancelled bool     // the run was cancelled
	partial   int      // pages of which Notion shows only the ids
	shown     []string // ids of some of them
	onlyIDs   []string // data sources of which search shows only the ids
	stuck     []string // pages that could not be published, and why
	held      string   // why pages wait for a person; "" when none do
}

// verdict is the job's status, and the reason when it is not green. It is green,
// control.Succeeded, when no field of the outcome is set: DESIGN section 7 has the list.
func (o outcome) verdict() (status control.Status, why string) {
	var reasons []string
	if o.partial > 0 {
		reasons = append(reasons, fmt.Sprintf("Notion shows only the ids of %d pages%s: the connection may not read them", o.partial, suchAs(o.shown)))
	}
	if len(o.onlyIDs) > 0 {
		reasons = append(reasons, OnlyIDs(o.onlyIDs))
	}
	if len(o.stuck) > 0 {
		reasons = append(reasons, fmt.Sprintf("%d pages are stuck, such as %s", len(o.stuck), o.stuck[0]))
	}
	if o.held != "" {
		reasons = append(reasons, o.held)
	}
	switch {
	case o.err != nil:
		return statusOf(o.err, o.cancelled), o.err.Error()
	case len(reasons) > 0:
		return control.NeedsAttention, strings.Join(reasons, "; ")
	}
	return control.Succeeded, ""
}

// runVerdict is a run's status: that of the error that ended it early, or the worst of its
// streams.
func runVerdict(streams []control.StreamRun, err error, cancelled bool) control.Status {
	if err != nil {
		return statusOf(err, cancelled)
	}
	worst := control.Succeeded
	for _, s := range streams {
		if severity[s.Status] > severity[worst] {
			worst = s.Status
		}
	}
	return worst
}

// OnlyIDs reports data sources of which search shows only the ids, and what to do.
func OnlyIDs(ids []string) string {
	return fmt.Sprintf("Notion shows only the ids of %d data sources%s: share their databases with the connection", len(ids), suchAs(ids))
}

// namedAtMost is how many ids a message names.
const namedAtMost = 3

func suchAs(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return ", such as " + strings.Join(ids[:min(len(ids), namedAtMost)], ", ")
}
