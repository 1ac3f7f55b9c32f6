package main

import (
	"fmt"
	"strings"

	"notion-kafka/producer/control"
)

// conclude sets the answer of a finding and says it in its text. The places are sorted.
func conclude(found *control.Finding, sources, unsearched int) {
	if len(found.Places) > 0 {
		best := found.Places[0]
		found.Answer, found.Text = best.Answer, best.Text
		if weak := best.Answer.Compare(control.PageCurrent) > 0; weak && best.Answer != control.PageNoRow && best.Answer != control.PageDatabase {
			found.Text += silentText(found.Silent)
		}
		return
	}
	found.Answer = control.PageNotShared
	switch {
	case sources == 0:
		found.Text = "There is no source yet, so nothing is read from Notion: add one."
	case len(found.Silent) > 0:
		found.Answer = control.PageUnknown
		found.Text = "No source that answered knows the page." + silentText(found.Silent)
	default:
		found.Text = "No connection sees the page: it is not shared with one, was deleted for good, or is in a workspace that no source reads. " +
			"If it is there in Notion, share its database with the connection: in Notion, the database's ••• menu, Connections."
	}
	if unsearched > 0 {
		found.Text += fmt.Sprintf(" Not all records were searched for its delete: %d topics have more.", unsearched)
	}
}

// silentText says which sources may have a page that the others do not have; it begins
// with a space.
func silentText(silent []control.SilentSource) string {
	if len(silent) == 0 {
		return ""
	}
	const most = 3
	var text strings.Builder
	for i, one := range silent {
		if i == most {
			fmt.Fprintf(&text, " Neither could %d more.", len(silent)-most)
			break
		}
		fmt.Fprintf(&text, " Source %s could not say whether it has the page: %s.", one.Source, strings.TrimSuffix(one.Error, "."))
	}
	return text.String()
}
