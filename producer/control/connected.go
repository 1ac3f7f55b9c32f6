package control

// Connecting is what a person connects: a source, or the draft of a new one. One of the two
// is "".
type Connecting struct {
	Source string
	Draft  string // its id
}

// String names it for the person.
func (c Connecting) String() string {
	if c.Draft != "" {
		return "the new source"
	}
	return "source " + c.Source
}

// Connected says what a source was connected with through Notion's consent page (Notion:
// authorization).
type Connected struct {
	Source string `json:"source"` // "" if a draft was connected
	// Draft is the id of the draft that was connected, and Version the version that says it.
	Draft   string `json:"draft,omitzero"`
	Version int    `json:"version,omitzero"`
	// Workspace is the workspace's name, or its id where it has no name.
	Workspace string `json:"workspace"`
	Person    string `json:"person,omitzero"` // who agreed; "" where Notion does not say it
	Before    bool   `json:"before,omitzero"` // the source was connected before
}
