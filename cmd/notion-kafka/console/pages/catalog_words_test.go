package pages

import (
	"strings"
	"testing"

	"notion-kafka/producer/control"
)

// An older record says so, and leads to the newest one of its page.
func TestAnOlderRecordSaysSo(t *testing.T) {
	past := historyOfProject()
	for at, older := range map[int]bool{0: false, 1: true, len(past.Versions) - 1: true} {
		page := draw(t, piece{"record", NewRecord(onDesk, projectsTopic(), past.Versions[at].TopicRecord, past)})
		if said := strings.Contains(page, "This is an older record"); said != older {
			t.Errorf("record %d of the history is said to be older: %t", at, said)
		}
	}
	later := control.TopicRecord{Offset: past.Versions[0].Offset + 1, Value: past.Versions[0].Value}
	if NewRecord(onDesk, projectsTopic(), later, past).Newer != nil {
		t.Error("a record that the history does not have yet is said to be older")
	}
}

// Who looks for deletes in Now is led to the log.
func TestNowHasNoDeletes(t *testing.T) {
	page := draw(t, piece{"topic", NewTopic(onDesk, projectsTopic(), TopicQuery{View: ViewNow, Op: "delete"}, control.RecordPage{})})
	if !strings.Contains(page, "What was deleted is in the log.") || !strings.Contains(page, "op=delete&amp;view=log") {
		t.Errorf("it is not said where deletes are: %s", page)
	}
}

// What one source says of a page is said once.
func TestFindSaysEachThingOnce(t *testing.T) {
	place := control.Place{Source: "acme", Answer: control.PageCurrent, Text: "It is there."}
	other := control.Place{Source: "sales", Answer: control.PageNotSelected, Text: "It is not selected."}
	finding := control.Finding{ID: "x", Answer: control.PageCurrent, Text: place.Text, Places: []control.Place{place, other}}
	page := draw(t, piece{"find", NewFind(onDesk, "x", nil, nil, &finding)})
	for _, text := range []string{place.Text, other.Text} {
		if n := strings.Count(page, text); n != 1 {
			t.Errorf("%q is said %d times", text, n)
		}
	}
}

// A program keeps its tabs.
func TestProgramsKeepTheirTabs(t *testing.T) {
	const program = "func main() {\n\t\tfor {\n\t}\n}\n"
	if got := plainLines(program); got != program {
		t.Errorf("%q", got)
	}
	page := draw(t, piece{"use", NewUse(onDesk, projectsTopic(), []control.Snippet{{Name: "go", Text: program}})})
	if !strings.Contains(page, "\t\tfor {") {
		t.Errorf("the program has lost its tabs: %s", page)
	}
}
