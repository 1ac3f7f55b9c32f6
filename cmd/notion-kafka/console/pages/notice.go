package pages

// A Notice is what a page says after something was done. It comes from the address of the
// page, so it is one of a closed list: a link must not be able to put words into a page.
type Notice string

// The notices.
const (
	Started   Notice = "started"
	Cancelled Notice = "cancelled"
	Paused    Notice = "paused"
	Resumed   Notice = "resumed"
	Reset     Notice = "reset"
	Confirmed Notice = "confirmed"
	Dismissed Notice = "dismissed"
	Deleted   Notice = "deleted"
	Level     Notice = "level"
	SignedOut Notice = "out"
	// Of sources that are made and changed in the console.
	Connected      Notice = "connected"
	DraftDiscarded Notice = "discarded"
	SourceAdded    Notice = "added"
	SourcePaused   Notice = "added-paused"
	SourceChanged  Notice = "changed"
)

var notices = map[Notice]string{
	Started:   "The run was started.",
	Cancelled: "The run was cancelled. What it had published stays.",
	Paused:    "Paused: nothing is read until it is resumed.",
	Resumed:   "Resumed.",
	Reset:     "The next run of this stream reads everything again.",
	Confirmed: "This run looks at the held pages again and deletes those that are gone.",
	Dismissed: "The pages are kept. The next full read looks again.",
	Deleted:   "The source was deleted. Its topics and its position stay.",
	Level:     "The log level of this instance was changed.",
	SignedOut: "You are signed out in this browser.",

	Connected:      "Connected with Notion.",
	DraftDiscarded: "Discarded. Nothing of it is kept.",
	SourceAdded:    "The source was created, and this is its first run.",
	SourcePaused:   "The source was created. Nothing is read until it is resumed.",
	SourceChanged:  "The changes were saved.",
}

// Text is the notice in words; "" for one that is not in the list.
func (n Notice) Text() string { return notices[n] }
