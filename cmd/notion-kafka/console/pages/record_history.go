package pages

import (
	"notion-kafka/cmd/notion-kafka/console/rows"
	"notion-kafka/producer/control"
)

// A versionRow is a record of a page's history.
type versionRow struct {
	toldRecord
	This    bool // it is the record that the page is of
	Changes []rows.Difference
	More    int    // changes that have no room
	Says    string // where there are no changes to show: why
}

// newerThan is the newest record of a page, where this one is older; nil: it is not.
func newerThan(this control.TopicRecord, past []versionRow) *versionRow {
	if len(past) == 0 || past[0].This || past[0].Partition == this.Partition && past[0].Offset < this.Offset {
		return nil
	}
	return &past[0]
}

const (
	mostVersions = 30
	mostChanges  = 12
)

// pastOf returns the versions of a page that are shown, the newest first, and how many
// others there are.
func pastOf(history control.History, this control.TopicRecord) (past []versionRow, earlier int) {
	all := history.Versions
	for i, version := range all[:min(len(all), mostVersions)] {
		row := versionRow{toldRecord: toldRecord{version.TopicRecord, rows.Of(version.Value)}}
		row.This = version.Partition == this.Partition && version.Offset == this.Offset
		for _, change := range version.Changes[:min(len(version.Changes), mostChanges)] {
			row.Changes = append(row.Changes, rows.Told(change))
		}
		row.More = len(version.Changes) - len(row.Changes)
		if len(row.Changes) == 0 {
			row.Says = saysOf(version, all[i+1:], history.Bound)
		}
		past = append(past, row)
	}
	return past, len(all) - len(past)
}

// saysOf is what is said of a version whose changes are not shown. older are those before
// it.
func saysOf(version control.Version, older []control.Version, bound string) string {
	switch {
	case version.Error != "":
		return "It cannot be decoded."
	case version.Tombstone():
		return ""
	case version.Changes != nil:
		return "Published again; nothing differs."
	case len(older) == 0 && bound == "":
		return "The first record of this page that the topic has."
	case len(older) == 0:
		return "The oldest record that was looked at."
	case older[0].Tombstone():
		return "The page came back."
	}
	return "What changed is not known: the record before it cannot be decoded."
}
