package pages

import (
	"slices"
	"strconv"
	"strings"

	"notion-kafka/producer/control"
)

// A fault is what is wrong with a definition, as a sentence at a field of a step.
type fault struct {
	Step  string
	Field string // the id of the field; "": no field of the pages is at fault
	Text  string
}

// faultsOf returns what is wrong with a definition, in the order of the steps.
func faultsOf(review control.Review) (all []fault) {
	var found []fault
	for _, problem := range review.Problems {
		if one := faultOf(problem, review.Tables); !isSaidByTable(problem, review.Tables) {
			found = append(found, one)
		}
	}
	// A prefix that is wrong is wrong at every table.
	onePrefix := slices.ContainsFunc(found, func(one fault) bool { return one.Field == "prefix" })
	for _, table := range review.Tables {
		if table.Enabled && table.Problem != "" && !onePrefix {
			found = append(found, fault{StepTables, "n-" + table.Stream, ended(nameOf(table.Stream, table.Title) + ": " + table.Problem)})
		}
	}
	for _, step := range stepOrder {
		for _, one := range found {
			if one.Step == step {
				all = append(all, one)
			}
		}
	}
	return all
}

// isSaidByTable reports whether a problem is one of a topic whose table says why it
// cannot have it.
func isSaidByTable(problem control.SpecProblem, tables []control.ReviewedTable) bool {
	rule, key := ruleOf(problem.Path)
	table := tableOf(rule, tables)
	return key == "topic" && table != nil && table.Problem != ""
}

func faultOf(problem control.SpecProblem, tables []control.ReviewedTable) fault {
	if rule, key := ruleOf(problem.Path); rule >= 0 {
		if key != "topic" && key != "sync" {
			return elsewhere(problem)
		}
		one := fault{Step: StepTables, Text: sentence(problem.Path, problem)}
		if table := tableOf(rule, tables); table != nil {
			one.Field = map[string]string{"topic": "n-", "sync": "m-"}[key] + table.Stream
			one.Text = sentence(nameOf(table.Stream, table.Title), problem)
		}
		return one
	}
	place := placeOf(problem.Path)
	if place.step == "" {
		return elsewhere(problem)
	}
	if place.missing != "" && isMissing(problem.Message) {
		return fault{place.step, place.field, place.missing}
	}
	return fault{place.step, place.field, sentence(place.name, problem)}
}

// elsewhere is a problem of a key that the pages have no field for.
func elsewhere(problem control.SpecProblem) fault {
	problem.Message = problem.Path + ": " + problem.Message
	return fault{StepReview, "", sentence("", problem)}
}

func isMissing(message string) bool {
	return strings.HasPrefix(message, "is missing") || strings.HasPrefix(message, "is empty")
}

// A place is where a key of a definition is filled in.
type place struct {
	step, field string
	name        string // what people call it
	missing     string // what to say where it is missing or empty; "": what was said
}

// places are the keys that the pages have fields for; those of triggers follow.
var places = map[string]place{
	"name":               {StepConnect, "name", "The name", "Give the source a name."},
	"token":              {StepConnect, "token", "The token", "Connect with Notion, or give a token."},
	"oauth":              {StepConnect, "token", "The connection", ""},
	"streams":            {StepStreams, "streams", "The list of databases", "No database is chosen. Choose at least one."},
	"topic_prefix":       {StepTables, "prefix", "The prefix", ""},
	"sync":               {StepTables, "sync", "The mode", ""},
	"deletes":            {StepTables, "deletes", "What a deleted page leaves", ""},
	"properties":         {StepTables, "properties", "The form of the properties", ""},
	"exclude_properties": {StepTables, "exclude", "The list of excluded properties", ""},
	"description":        {StepSchedule, "description", "The description", ""},
}

// triggerPlaces are the keys of a trigger, of runs and of sweeps.
var triggerPlaces = map[string]place{
	"every":     {StepSchedule, "every_n", "The time between two reads", "Say how often."},
	"daily_at":  {StepSchedule, "daily_at", "The time of day", "Give a time of day."},
	"weekly_on": {StepSchedule, "weekly_on", "The day", "Choose a day."},
	"at":        {StepSchedule, "weekly_at", "The time of day", "Give a time of day."},
	"cron":      {StepSchedule, "cron", "The cron line", "Give a cron line."},
	"timezone":  {StepSchedule, "zone", "The time zone", ""},
	"":          {StepSchedule, "kind", "The schedule", "Choose when it reads."},
}

func placeOf(path string) place {
	key, rest, _ := strings.Cut(path, ".")
	key, _, _ = strings.Cut(key, "[")
	if key != "trigger" && key != "sweep" {
		return places[key]
	}
	place, known := triggerPlaces[rest]
	if !known {
		place = triggerPlaces[""]
	}
	if key == "sweep" {
		place.field = "sweep_" + place.field
	}
	return place
}

// ruleOf reads a path such as streams[2].topic; rule is -1 for any other.
func ruleOf(path string) (rule int, key string) {
	rest, is := strings.CutPrefix(path, "streams[")
	index, key, closed := strings.Cut(rest, "]")
	rule, err := strconv.Atoi(index)
	if !is || !closed || err != nil {
		return -1, ""
	}
	return rule, strings.TrimPrefix(key, ".")
}

// tableOf returns a table that a rule selects; nil if it selects none.
func tableOf(rule int, tables []control.ReviewedTable) *control.ReviewedTable {
	for i, table := range tables {
		if rule >= 0 && table.Enabled && table.Rule == rule {
			return &tables[i]
		}
	}
	return nil
}

// verbs begin those messages whose subject is the key.
var verbs = []string{"is ", "are ", "has ", "begins ", "needs ", "counts ", "cannot ", "must "}

// sentence is a problem of a key in a sentence, and its hint in another.
func sentence(subject string, problem control.SpecProblem) string {
	text := problem.Message
	for _, verb := range verbs {
		if strings.HasPrefix(text, verb) {
			text = subject + " " + text
			break
		}
	}
	text = ended(text)
	if problem.Hint != "" {
		text += " " + ended(problem.Hint)
	}
	return text
}

// ended is a text as a sentence, with a capital letter and a stop.
func ended(text string) string {
	text = titled(text)
	if strings.HasSuffix(text, ".") || strings.HasSuffix(text, "…") {
		return text
	}
	return text + "."
}
