package pages

import (
	"notion-kafka/cmd/notion-kafka/console/draft"
	"notion-kafka/producer/control"
)

// ConnectWays are the ways in which this console can connect a source with Notion.
type ConnectWays = control.ConnectWays

// AddConnect is the first step: the connection and the name.
type AddConnect struct {
	addStep
	Can      ConnectWays
	HasToken bool // one is stored
	// Empty says that the connection works and shows no database.
	Empty  bool
	Failed bool // a check failed
}

func (AddConnect) template() string { return "add_connect" }

// NewAddConnect makes the page.
func NewAddConnect(shell Shell, d control.Draft, spec draft.Spec, review control.Review, can ConnectWays) *AddConnect {
	page := &AddConnect{addStep: stepOf(shell, d, spec, review, StepConnect), Can: can, HasToken: spec.Token != ""}
	if d.Found != nil {
		page.Empty = len(d.Found.Databases) == 0
		for _, check := range d.Found.Checks {
			if check.Result == control.CheckFailed {
				page.Failed = true
				page.Faults = append(page.Faults, fault{StepConnect, "checks", ended(check.Text)})
			}
		}
		page.Wrong = len(page.Faults) > 0
	}
	return page
}

// Goes reports whether the connection is as it has to be for the next step.
func (p AddConnect) Goes() bool { return p.Draft.Found != nil && !p.Empty && !p.Failed }

// CheckLabel is what the button that checks the connection says.
func (p AddConnect) CheckLabel() string {
	switch {
	case p.Draft.Found == nil:
		return "Check the connection"
	case p.Empty && !p.Failed:
		return "Look again"
	}
	return "Check again"
}

// ByToken reports whether the source has a token, or may still get one.
func (p AddConnect) ByToken() bool { return !p.Spec.OAuth }
