package producer

import (
	"fmt"
	"strings"
)

// An outcome is what is known of a job of a stream at its end, as far as it
// decides whether the topic is what Notion holds.
type outcome struct {
	err       error    // what ended it early, or could not be read or published
	cancelled bool     // the run was
	partial   int      // pages that Notion shows by their ids alone
	shown     []string // ids of some of them
	onlyIDs   []string // data sources that search shows by their ids alone
	stuck     []string // pages that could not be published, and why
	held      string   // why pages wait for a person; "" where none do
}

// verdict is how the job ended, and why it is not green. It is green, Succeeded,
// where nothing of an outcome is set: DESIGN section 7 has the list.
func (o outcome) verdict() (status Status, why string) {
	var reasons []string
	if o.partial > 0 {
		reasons = append(reasons, fmt.Sprintf("Notion shows only the ids of %d pages%s: the connection may not read them", o.partial, suchAs(o.shown)))
	}
	if len(o.onlyIDs) > 0 {
		reasons = append(reasons, tellOnlyIDs(o.onlyIDs))
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
		return NeedsAttention, strings.Join(reasons, "; ")
	}
	return Succeeded, ""
}

// runVerdict is how a run ended: as what ended it early says, or as the worst of
// its streams.
func runVerdict(streams []StreamReport, err error, cancelled bool) Status {
	if err != nil {
		return statusOf(err, cancelled)
	}
	worst := Succeeded
	for _, s := range streams {
		if severity[s.Status] > severity[worst] {
			worst = s.Status
		}
	}
	return worst
}

// tellOnlyIDs says that search shows no more of some data sources than their ids.
func tellOnlyIDs(ids []string) string {
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
