package pages

import "notion-kafka/producer/control"

// Schema is the page of a topic's value schema.
type Schema struct {
	topicHead
	Choice SchemaChoice
}

// A SchemaChoice is what a person chose on the page of a schema, as its address has it.
type SchemaChoice struct {
	Version int // version: 0 is the newest
	With    int // with: the version that it is compared with; 0: none
}

func (Schema) template() string { return "schema" }

// NewSchema makes the page.
func NewSchema(shell Shell, table control.TableDetail, choice SchemaChoice) Schema {
	return Schema{topicHead: topicHeadOf(shell, table, "schema"), Choice: choice}
}
