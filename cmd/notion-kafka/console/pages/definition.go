package pages

import (
	"encoding/json"
	"fmt"
	"time"

	"notion-kafka/producer/control"
)

// A definition is what a page shows of a source's element of sources:.
type definition struct {
	Description string `json:"description"`
	OAuth       bool   `json:"oauth"`
}

// definitionOf reads a definition. Anybody who may write the control topic can write any,
// so one that cannot be read is empty.
func definitionOf(source control.Source) (d definition) {
	_ = json.Unmarshal(source.Definition, &d)
	return d
}

// pretty is a definition as indented JSON; as it is where it is none.
func pretty(raw json.RawMessage) string {
	text, err := json.MarshalIndent(raw, "", "  ")
	if err != nil {
		return string(raw)
	}
	return string(text)
}

// until is the time from now to a moment, in words.
func until(at, now time.Time) string {
	switch wait := at.Sub(now); {
	case wait < time.Second:
		return "now"
	case wait < time.Minute:
		return fmt.Sprintf("in %d s", int(wait.Seconds()))
	case wait < time.Hour:
		return fmt.Sprintf("in %d min", int(wait.Round(time.Minute).Minutes()))
	case wait < 48*time.Hour:
		return fmt.Sprintf("in %d h", int(wait.Round(time.Hour).Hours()))
	}
	return fmt.Sprintf("in %d days", int(at.Sub(now).Hours()/24))
}
