package pages

import (
	"regexp"
	"strings"

	"notion-kafka/cmd/notion-kafka/console/rows"
	"notion-kafka/producer/control"
)

// Find is what the find box of the header leads to: sources and streams by name, topic,
// workspace or Notion's id.
type Find struct {
	Shell
	Sources []foundSource
	Streams []foundStream
	Run     *control.Run // with this id; nil: there is none
	More    bool         // there are more than are shown
	// Finding says where a page of Notion is; nil: the text has no id.
	Finding *control.Finding
}

// A foundSource is a source that fits.
type foundSource struct {
	control.Source
	definition
}

// A foundStream is a stream that fits.
type foundStream struct{ Source, Stream, Name, Topic string }

func (Find) template() string { return "find" }

// AtNotion is the address of the page that was looked for; "": not known.
func (f Find) AtNotion() string { return rows.SecureLink(f.Finding.URL) }

// mostFound is how many sources and how many streams are shown.
const mostFound = 50

// notionID is an id as Notion writes it in addresses and in the API.
var notionID = regexp.MustCompile(`(?i)[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}`)

// NewFind looks for a text. runs returns the last runs of a source: their streams are known,
// and nobody has to be asked. finding is of the page that the text has an id of; nil: it has
// none.
func NewFind(shell Shell, text string, sources []control.Source, runs func(source string) []control.Run, finding *control.Finding) Find {
	shell.Heading, shell.Sought = "Find", strings.TrimSpace(text)
	page := Find{Shell: shell, Finding: finding}
	if shell.Sought == "" {
		return page
	}
	wanted := strings.ToLower(shell.Sought)
	fits := func(texts ...string) bool {
		return strings.Contains(strings.ToLower(strings.Join(texts, "\n")), wanted)
	}
	id := bare(notionID.FindString(shell.Sought))
	for _, source := range sources {
		found := foundSource{source, definitionOf(source)}
		if fits(source.Name, found.Description, source.Workspace) {
			page.Sources = append(page.Sources, found)
		}
		if source.Shadowed {
			continue
		}
		for _, s := range streamsIn(runs(source.Name)) {
			if fits(s.Title, s.Topic, s.Stream) || id != "" && bare(strings.TrimPrefix(s.Stream, "database_")) == id {
				page.Streams = append(page.Streams, foundStream{source.Name, s.Stream, nameOf(s.Stream, s.Title), s.Topic})
			}
		}
	}
	page.More = len(page.Sources) > mostFound || len(page.Streams) > mostFound
	page.Sources, page.Streams = page.Sources[:min(len(page.Sources), mostFound)], page.Streams[:min(len(page.Streams), mostFound)]
	return page
}

// streamsIn returns the streams of runs, each as the newest of them has it.
func streamsIn(runs []control.Run) (streams []control.StreamRun) {
	seen := map[string]bool{}
	for _, run := range runs {
		for _, s := range run.Streams {
			if !seen[s.Stream] {
				seen[s.Stream] = true
				streams = append(streams, s)
			}
		}
	}
	return streams
}

// bare is an id without dashes, in lower case.
func bare(id string) string { return strings.ToLower(strings.ReplaceAll(id, "-", "")) }
