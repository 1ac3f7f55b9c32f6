package control

// Connected says what a source was connected with through Notion's consent page (Notion:
// authorization).
type Connected struct {
	Source string `json:"source"`
	// Workspace is the workspace's name, or its id where it has no name.
	Workspace string `json:"workspace"`
	Person    string `json:"person,omitzero"` // who agreed; "" where Notion does not say it
	Before    bool   `json:"before,omitzero"` // the source was connected before
}
