package pages

import (
	"strconv"

	"notion-kafka/producer/control"
)

// Use is the page that says how a topic is read.
type Use struct {
	topicHead
	Snippets []snippet
}

// A snippet is a program or statement that reads the topic.
type snippet struct {
	control.Snippet
	ID string // on the page
}

func (Use) template() string { return "use" }

// NewUse makes the page.
func NewUse(shell Shell, table control.TableDetail, snippets []control.Snippet) Use {
	page := Use{topicHead: topicHeadOf(shell, table, "use")}
	taken := map[string]bool{}
	for i, one := range snippets {
		id := "use-" + one.Name
		if !named.MatchString(one.Name) || taken[id] {
			id = "use-" + strconv.Itoa(i+1)
		}
		taken[id] = true
		page.Snippets = append(page.Snippets, snippet{one, id})
	}
	return page
}
