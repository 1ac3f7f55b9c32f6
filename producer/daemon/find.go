package daemon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"notion-kafka/notion"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
	"notion-kafka/producer/state"
)

// Find returns what a source knows of the page, database or block with an id, which is
// dashed and lower-case. The owner looks into its state and asks Notion by at most five
// requests, unless Notion refuses its token; nothing is changed by that. If Notion does
// not answer within 12 seconds, Unasked says so.
func (d *Daemon) Find(ctx context.Context, source, id string) (found control.SourceFinding, err error) {
	err = d.request(ctx, source, verbFind, id, &found)
	return found, err
}

// answerFind answers what the source knows of a page. Notion is asked beside whatever else
// the runner does.
func (r *runner) answerFind(ctx context.Context, req request) {
	id, err := withBody(req.command.Body, state.ParsePageID)
	if err != nil {
		req.reply(refused(control.Invalid, "looking for a page: "+err.Error()))
		return
	}
	s := &seeker{runner: r, id: id}
	if why := r.refusedNow(); why != "" {
		s.unasked = "Notion was not asked: " + why
		req.reply(answerOf(s.finding(), nil))
		return
	}
	asks := r.beside(ctx, req, "page "+id.String(), func(ctx context.Context) (any, error) {
		s.ask(ctx)
		return s.finding(), nil
	})
	if !asks {
		s.unasked = fmt.Sprintf("Notion was not asked: %d looks at pages of source %s are under way, try again in a moment", mostLooks, r.task.Name)
		req.reply(answerOf(s.finding(), nil))
	}
}

// refusedNow is why the source asks Notion nothing; "" where it may.
func (r *runner) refusedNow() string {
	if refused := r.backoffNow().refused; refused != "" {
		return refused
	}
	return r.notConnected()
}

// A seeker looks for one page in one source.
type seeker struct {
	*runner
	id state.PageID

	unasked string // why Notion was not asked, or did not answer; "": it did
	found   notion.Object
	home    *notion.Database // the page's database, if the source does not know it; nil: Notion does not show it either
}

// ask asks Notion. What it says, or why it says nothing, is in the seeker then.
func (s *seeker) ask(ctx context.Context) {
	if database, _ := s.knownDatabase(); database != "" {
		return
	}
	var err error
	if s.found, err = s.identify(ctx); err == nil {
		err = s.askForHome(ctx)
	}
	switch {
	case ctx.Err() != nil && errors.Is(context.Cause(ctx), errLookOver):
		s.unasked = fmt.Sprintf("Notion did not answer within %v", lookWithin)
	case err != nil:
		s.unasked = "Notion could not be asked: " + err.Error()
	}
	if s.unasked != "" {
		s.found = notion.Object{}
	}
}

// askForHome asks for the database of a page, if the source does not know it.
func (s *seeker) askForHome(ctx context.Context) error {
	page := s.found.Page
	if page == nil || page.DatabaseID == "" || s.knowsDatabase(page.DatabaseID) {
		return nil
	}
	home, err := s.task.Notion.Container(ctx, page.DatabaseID)
	if errors.Is(err, notion.ErrNotFound) {
		return nil
	}
	if err == nil && !home.Partial {
		s.home = home
	}
	return err
}

// identify asks Notion what the id is. Of a page that a stream has it asks only for that.
// What Notion does not show is empty.
func (s *seeker) identify(ctx context.Context) (found notion.Object, err error) {
	if len(s.traces()) > 0 {
		if found.Page, err = s.task.Notion.Page(ctx, s.id.String()); errors.Is(err, notion.ErrNotFound) {
			err = nil
		}
		return found, err
	}
	found, err = s.task.Notion.Identify(ctx, s.id.String())
	if errors.Is(err, notion.ErrNotFound) || errors.Is(err, notion.ErrInvalidRequest) {
		err = nil // refused as an id of each kind
	}
	return found, err
}

// A trace is what the state has of a page in one stream.
type trace struct {
	stream   string
	page     state.NotedPage
	outdated bool // what was published counts no longer: the stream begins anew
	readUpTo time.Time
}

// traces are what the state has of the page, in the order of the streams.
func (s *seeker) traces() (traces []trace) {
	s.task.Shard.View(func(m *state.Memory) {
		memory := m.Source(s.task.Name)
		for _, name := range memory.Streams() {
			stream := memory.Stream(name)
			page, known := stream.Pages[s.id]
			if !known || !page.Expected() || name == producer.DatabasesStream || stream.Topic == nil {
				continue
			}
			traces = append(traces, trace{
				stream: name, page: state.NotedPage{Page: page, PageNote: stream.Notes[s.id]},
				outdated: int(page.Generation) != stream.Topic.Generation,
				readUpTo: stream.Cursors[stream.Topic.SourceID(page.Source)].Watermark,
			})
		}
	})
	slices.SortFunc(traces, func(a, b trace) int { return producer.DatabasesFirst(a.stream, b.stream) })
	return traces
}

// mostSearched is how many topics of a source are named, in which records of a page may be
// that the state does not know.
const mostSearched = 50

// addTopics adds the topics in which records of the page may be.
func (s *seeker) addTopics(found *control.SourceFinding) {
	inState := slices.ContainsFunc(found.Places, func(one control.Place) bool { return !one.Published.IsZero() })
	placed := func(stream string) bool {
		return slices.ContainsFunc(found.Places, func(one control.Place) bool { return one.Stream == stream })
	}
	found.Topics = []control.SearchedTopic{}
	partitionOf := kafka.Placed(s.id.String())
	s.task.Shard.View(func(m *state.Memory) {
		memory := m.Source(s.task.Name)
		for _, name := range memory.Streams() {
			topic := memory.Stream(name).Topic
			if topic == nil || name == producer.DatabasesStream || inState && !placed(name) {
				continue
			}
			one := control.SearchedTopic{
				Stream: name, Title: control.Shortened(memory.Databases[producer.DatabaseOf(name)].Title, longestName),
				Topic: topic.Topic, Partition: control.EveryPartition,
			}
			if topic.Partitions > 0 {
				one.Partition = partitionOf(topic.Partitions)
			}
			found.Topics = append(found.Topics, one)
		}
	})
	slices.SortFunc(found.Topics, func(a, b control.SearchedTopic) int {
		if a, b := placed(a.Stream), placed(b.Stream); a != b {
			return map[bool]int{true: -1, false: 1}[a]
		}
		return producer.DatabasesFirst(a.Stream, b.Stream)
	})
	if more := len(found.Topics) - mostSearched; more > 0 {
		found.Topics, found.Unlisted = found.Topics[:mostSearched], more
	}
}

// knownDatabase returns the database that has the id itself, or a data source with the id
// and its name.
func (s *seeker) knownDatabase() (database, dataSource string) {
	id := s.id.String()
	s.task.Shard.View(func(m *state.Memory) {
		for known, one := range m.Source(s.task.Name).Databases {
			if known == id {
				database, dataSource = known, ""
				return
			}
			for _, ds := range one.DataSources {
				if ds.ID == id {
					database, dataSource = known, ds.Name
				}
			}
		}
	})
	return database, dataSource
}

func (s *seeker) knowsDatabase(id string) (known bool) {
	s.task.Shard.View(func(m *state.Memory) { _, known = m.Source(s.task.Name).Databases[id] })
	return known
}

func (s *seeker) database(id string) (database state.Database) {
	s.task.Shard.View(func(m *state.Memory) { database = m.Source(s.task.Name).Databases[id] })
	return database
}

// watermark is up to when a data source of a stream was read; zero if it was not.
func (s *seeker) watermark(stream, dataSource string) (at time.Time) {
	s.task.Shard.View(func(m *state.Memory) {
		memory := m.Source(s.task.Name)
		if slices.Contains(memory.Streams(), stream) {
			at = memory.Stream(stream).Cursors[dataSource].Watermark
		}
	})
	return at
}
