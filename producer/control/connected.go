package control

// Connected says what a source was connected with through Notion's consent page (Notion:
// authorization).
type Connected struct {
	Source string
	// Workspace is the workspace's name, Person that of whoever agreed; "" where Notion
	// does not say it.
	Workspace, Person string
	Before            bool // the source was connected before
}
