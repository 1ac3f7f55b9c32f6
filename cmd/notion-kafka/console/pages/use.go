package pages

import "notion-kafka/producer/control"

// Use is the page that says how a topic is read.
type Use struct {
	topicHead
	Snippets []control.Snippet
}

func (Use) template() string { return "use" }

// NewUse makes the page.
func NewUse(shell Shell, table control.TableDetail, snippets []control.Snippet) Use {
	return Use{topicHead: topicHeadOf(shell, table, "use"), Snippets: snippets}
}
