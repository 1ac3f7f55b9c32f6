package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"notion-kafka/config"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// before returns a source of the API as it is defined now; false if it is none, or its
// definition cannot be read.
func (b *backend) before(source string) (config.Source, bool) {
	kept, made := b.Daemon.Definition(source)
	if source == "" || !made {
		return config.Source{}, false
	}
	if src, err := b.definitions.parse(source, kept); err == nil {
		return src, true
	}
	read, err := config.ReadSource(kept.Spec, b.app.Config, nil) // its secrets cannot be opened
	return read.Source, err == nil
}

// effects returns what storing the definition in place of the one before does, a
// sentence each. It leaves out what is only for people, such as the description.
func (r *review) effects(before config.Source, listed []listedStream, tables []control.ReviewedTable) []string {
	after := r.spec
	told := slices.Concat(r.selectionEffects(before, listed, tables), settingEffects(before, after), streamEffects(before, after, listed, tables))
	if before.TopicPrefix != after.TopicPrefix {
		told = append(told, fmt.Sprintf("Tables that are read for the first time get topics that begin with %q.", after.TopicPrefix))
	}
	switch {
	case before.OAuth && !after.OAuth && after.Token != "":
		told = append(told, "Notion is asked with the token from then on instead of what was granted in the browser. "+sameWorkspace)
	case !before.OAuth && after.OAuth:
		told = append(told, "Nothing is read until the source is connected in the browser: its token is not used any more. "+sameWorkspace)
	case after.Token != "" && before.Token != after.Token && before.Token != "":
		told = append(told, "Notion is asked with the new token from then on. "+sameWorkspace)
	}
	return told
}

const sameWorkspace = "It has to belong to the same workspace."

// selectionEffects tells of tables that are read now and were not before, of those that
// are read no more, and of those that get another topic.
func (r *review) selectionEffects(before config.Source, listed []listedStream, tables []control.ReviewedTable) []string {
	var begun, ended, moved, refused []string
	streams := map[string]control.Stream{}
	for _, s := range r.known {
		streams[s.Stream] = s
	}
	for i, table := range tables {
		was, known := streams[table.Stream]
		_, selected := before.StreamFor(table.Stream, listed[i].DatabaseID, listed[i].Title)
		name := tableName(table)
		moves := known && was.Topic != "" && was.Topic != table.Topic
		switch {
		case selected && !table.Enabled:
			ended = append(ended, name+" is not read any more."+stays(was.Topic)+kept(was))
		case !table.Enabled:
		case moves && slices.Contains(was.Left, table.Topic):
			refused = append(refused, fmt.Sprintf("%s cannot go back to %s, its topic before %s, by itself: nothing of it is published until `notion-kafka state reset` was run for it.", name, table.Topic, was.Topic))
		case moves:
			moved = append(moved, fmt.Sprintf("%s begins again with a snapshot of all its rows in %s.%s", name, table.Topic, stays(was.Topic)))
		case !selected && known && was.Scanned:
			begun = append(begun, fmt.Sprintf("%s is read again from where it was left, into %s.", name, table.Topic))
		case !selected:
			begun = append(begun, fmt.Sprintf("%s is read from its beginning, into %s.", name, table.Topic))
		}
	}
	return slices.Concat(atMost(begun), atMost(ended), atMost(moved), atMost(refused))
}

// stays says that a topic is left alone, with a space before; "" if there is none.
func stays(topic string) string {
	if topic == "" {
		return ""
	}
	return " The topic " + topic + " stays as it is."
}

func kept(was control.Stream) string {
	if was.Topic == "" {
		return ""
	}
	return " How far it was read is kept."
}

// mostSentences is how many tables of one kind of effect are told one by one.
const mostSentences = 5

func atMost(sentences []string) []string {
	if len(sentences) <= mostSentences+1 {
		return sentences
	}
	return append(sentences[:mostSentences:mostSentences], fmt.Sprintf("The same goes for %d more tables.", len(sentences)-mostSentences))
}

// settingEffects tells of the settings that the source has for all its tables.
func settingEffects(before, after config.Source) (told []string) {
	was, is := before.Settings, after.Settings
	if was.Trigger != is.Trigger {
		told = append(told, fmt.Sprintf("Runs start %s instead of %s.", triggerSentence(is.Trigger), triggerSentence(was.Trigger)))
	}
	if was.Sweep != is.Sweep {
		told = append(told, sweepEffect("", was.Sweep, is.Sweep))
	}
	if was.Deletes != is.Deletes {
		told = append(told, fmt.Sprintf("From then on a page that is gone is published as %s instead of %s.", deleteWords(is.Deletes), deleteWords(was.Deletes)))
	}
	changed := func(key string, was, is any) {
		if was != is {
			told = append(told, fmt.Sprintf("%s is %v instead of %v.", key, is, was))
		}
	}
	changed("max_delete_ratio", was.MaxDeleteRatio, is.MaxDeleteRatio)
	changed("max_streams", was.MaxStreams, is.MaxStreams)
	changed("overlap", was.Overlap, is.Overlap)
	return told
}

func sweepEffect(of string, was, is config.Trigger) string {
	switch {
	case is.Off:
		return "No sweep looks" + of + " for what is gone any more: of a table that is read incrementally deletes are not captured."
	case was.Off:
		return "A sweep" + of + " looks " + triggerSentence(is) + " for what is gone."
	}
	return fmt.Sprintf("Sweeps%s start %s instead of %s.", of, triggerSentence(is), triggerSentence(was))
}

func deleteWords(d config.Deletes) string {
	return map[config.Deletes]string{
		config.Tombstone: "a null value", config.SoftDelete: "the page with in_trash true", config.BothDeletes: "the page with in_trash true and then a null value", config.NoDeletes: "nothing at all",
	}[d]
}

// A streamEffect is what happens to some tables alike.
type streamEffect struct {
	says   string
	tables []string
}

// streamEffects tells of the settings of tables that are read before and after.
func streamEffects(before, after config.Source, listed []listedStream, tables []control.ReviewedTable) []string {
	var effects []streamEffect
	note := func(table control.ReviewedTable, says string) {
		at := slices.IndexFunc(effects, func(e streamEffect) bool { return e.says == says })
		if at < 0 {
			at, effects = len(effects), append(effects, streamEffect{says: says})
		}
		effects[at].tables = append(effects[at].tables, tableName(table))
	}
	for i, table := range tables {
		was, selected := before.StreamFor(table.Stream, listed[i].DatabaseID, listed[i].Title)
		is, stays := after.StreamFor(table.Stream, listed[i].DatabaseID, listed[i].Title)
		if !selected || !stays {
			continue
		}
		if was.Trigger != is.Trigger && (was.Trigger != before.Settings.Trigger || is.Trigger != after.Settings.Trigger) {
			note(table, fmt.Sprintf("runs start %s instead of %s.", triggerSentence(is.Trigger), triggerSentence(was.Trigger)))
		}
		if table.Stream == producer.DatabasesStream {
			continue
		}
		rowEffects(before, after, was, is, func(says string) { note(table, says) })
	}
	var told []string
	for _, e := range effects {
		told = append(told, tablesInWords(e.tables)+": "+e.says)
	}
	return told
}

// rowEffects tells of the settings of a table with rows of its own.
func rowEffects(before, after config.Source, was, is config.StreamSettings, note func(says string)) {
	switch {
	case was.Sync == is.Sync:
	case is.Sync == config.FullTable:
		note("every run reads all rows, and finds what is gone.")
	default:
		note("a run reads only what changed since the last one; sweeps find what is gone.")
	}
	if was.Sweep != is.Sweep && (was.Sweep != before.Settings.Sweep || is.Sweep != after.Settings.Sweep) {
		note("" + lowerFirst(sweepEffect("", was.Sweep, is.Sweep)))
	}
	if was.Deletes != is.Deletes && (was.Deletes != before.Settings.Deletes || is.Deletes != after.Settings.Deletes) {
		note(fmt.Sprintf("from then on a page that is gone is published as %s instead of %s.", deleteWords(is.Deletes), deleteWords(was.Deletes)))
	}
	if was.Properties != is.Properties {
		note(map[config.Properties]string{
			config.PropertiesTyped: "its topic has a column for each property beside the JSON text.", config.PropertiesJSON: "its topic has the properties as JSON text only.",
		}[is.Properties])
	}
	if was.Publish != is.Publish {
		note(fmt.Sprintf("a full read publishes %s.", map[config.Publish]string{config.PublishAll: "the unchanged pages too", config.PublishChanges: "only what changed"}[is.Publish]))
	}
	if says := excludeEffect(was.ExcludeProperties, is.ExcludeProperties); says != "" {
		note(says)
	}
}

// excludeEffect tells of properties that are left out now, or published again.
func excludeEffect(was, is []string) string {
	var changes []string
	if more := without(is, was); len(more) > 0 {
		changes = append(changes, "without "+list(more))
	}
	if fewer := without(was, is); len(fewer) > 0 {
		changes = append(changes, "with "+list(fewer))
	}
	if len(changes) == 0 {
		return ""
	}
	says := "the next run reads all rows, and publishes them " + strings.Join(changes, " and ") + " where that makes another record."
	if len(without(is, was)) > 0 {
		says += " Records from before stay in Kafka until the topic is compacted."
	}
	return says
}

func without(names, others []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(others, name) })
}

// tablesInWords names at most three tables, and how many more there are.
func tablesInWords(names []string) string {
	const most = 3
	if len(names) > most+1 {
		names = append(names[:most:most], fmt.Sprintf("%d more tables", len(names)-most))
	}
	return list(names)
}

// tableName names a table at the beginning of a sentence.
func tableName(t control.ReviewedTable) string {
	if t.Stream == producer.DatabasesStream {
		return "The list of databases"
	}
	return cmp.Or(cut(oneLine(t.Title), 60), t.Stream)
}

func lowerFirst(text string) string { return strings.ToLower(text[:1]) + text[1:] }
