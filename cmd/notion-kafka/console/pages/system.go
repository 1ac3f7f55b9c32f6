package pages

import (
	"cmp"
	"slices"

	"notion-kafka/producer/control"
)

// System is the page of the group and of this instance.
type System struct {
	Shell
	Group   control.Group
	Checks  []check
	Ready   bool
	Level   string
	Levels  []string
	Urgent  []urgent // sources that wait for a person
	Sources int
}

// A check is what this instance needs, and what is wrong with it.
type check struct{ Name, Wrong string }

func (System) template() string { return "system" }

// NewSystem makes the page. wrong is what is missing, by the name of what is needed.
func NewSystem(shell Shell, group control.Group, wrong map[string]error, level string, sources []control.Source, runs func(source string) []control.Run) System {
	shell.Heading, shell.Section, shell.Live = "System", "system", true
	page := System{Shell: shell, Group: group, Ready: len(wrong) == 0, Level: level, Levels: []string{"debug", "info", "warn", "error"}, Sources: len(sources)}
	for _, name := range []string{"kafka", "registry", "group", "shards"} {
		one := check{Name: name}
		if err := wrong[name]; err != nil {
			one.Wrong = err.Error()
		}
		page.Checks = append(page.Checks, one)
	}
	for name, err := range wrong {
		if !slices.ContainsFunc(page.Checks, func(c check) bool { return c.Name == name }) {
			page.Checks = append(page.Checks, check{name, err.Error()})
		}
	}
	for _, source := range sources {
		if NeedsPerson(source) {
			page.Urgent = append(page.Urgent, urgentOf(source, runs(source.Name)))
		}
	}
	slices.SortStableFunc(page.Urgent, func(a, b urgent) int { return cmp.Compare(a.Name, b.Name) })
	return page
}

// Text is what this instance needs, in words.
func (c check) Text() string {
	switch c.Name {
	case "kafka":
		return "Kafka answers"
	case "registry":
		return "The schema registry answers"
	case "group":
		return "This instance is a member of its group"
	case "shards":
		return "It can work on what the group gave to it"
	}
	return c.Name
}
