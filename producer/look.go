package producer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"notion-kafka/notion"
	"notion-kafka/producer/control"
	"notion-kafka/producer/state"
)

// A Sight is what Notion says of a held page, and what a confirmation would do with it now.
type Sight struct {
	Fate  control.Fate
	Title string // as Notion has it now; "" where Notion shows none, or the title is excluded
	Err   error  // why the fate is unknown
}

const (
	// lookedTogether is the number of held pages that are judged together: whether their
	// data source can be read is asked once.
	lookedTogether = 5
	// looksBeside is how many times lookedTogether pages are looked at in parallel.
	looksBeside = 3
)

// Look asks Notion about held pages of a stream and returns a sight of each, in the order
// of ids. It judges as a confirmation does, and changes nothing. The pages that Notion did
// not answer for before ctx ended are unknown. The error is a panic.
func (t *Task) Look(ctx context.Context, stream string, ids []state.PageID) ([]Sight, error) {
	sights := make([]Sight, len(ids))
	j, err := t.lookingJob(ctx, stream)
	if err != nil {
		for i := range sights {
			sights[i] = Sight{Fate: control.Unknown, Err: interrupted(ctx, err)}
		}
		return sights, nil
	}
	looks := new(errgroup.Group)
	looks.SetLimit(looksBeside)
	for from := 0; from < len(ids); from += lookedTogether {
		to := min(from+lookedTogether, len(ids))
		guarded(looks, func() error {
			one := *j
			one.look(ctx, ids[from:to], sights[from:to])
			return nil
		})
	}
	return sights, looks.Wait()
}

// lookingJob is the job of a confirmation, without its run. Its database is retrieved, so
// that the pages of a data source that is listed no more are known.
func (t *Task) lookingJob(ctx context.Context, stream string) (*job, error) {
	id := DatabaseOf(stream)
	f := &found{databases: map[string]state.Database{}, schemas: map[string]notion.DataSource{}}
	if err := t.pin(ctx, f); err != nil {
		return nil, err
	}
	db, err := t.Notion.Database(ctx, id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading database %s, whose pages are held: %w", id, err)
	case db.Partial:
		return nil, fmt.Errorf("reading database %s, whose pages are held: %w", id, errOnlyID)
	case db.InTrash:
		return nil, fmt.Errorf("database %s is in Notion's trash, and its topic stays as it is: to have its pages looked at, restore it in Notion", id)
	}
	settings, selected := t.Select(stream, id, db.TitleText)
	if !selected {
		return nil, fmt.Errorf("stream %s is not selected, so no run looks at its held pages", stream)
	}
	f.keep(t.Name, db, nil, time.Time{})
	order := Order{Trigger: control.ByHand, Confirm: true, Streams: []string{stream}}
	j := job{task: t, name: stream, settings: settings, order: order, demand: order.wants(stream, settings, due{})}
	return j.planReads(f.databases[id], f.schemas)[0], nil
}

// look fills in the sights of some pages.
func (j *job) look(ctx context.Context, ids []state.PageID, sights []Sight) {
	answers, readErr := j.readByID(ctx, "looking at page", texts(ids))
	var judged []state.PageID
	var answered []answer
	for i, answer := range answers {
		sights[i] = Sight{Fate: control.Unknown, Err: answer.err}
		switch {
		case answer.page == nil && answer.err == nil:
			sights[i].Err = interrupted(ctx, readErr)
			continue
		case answer.page != nil:
			sights[i].Title = j.titleOf(answer.page)
		}
		judged, answered = append(judged, ids[i]), append(answered, answer)
	}
	b, err := j.judge(ctx, judged, answered)
	if err != nil {
		err = interrupted(ctx, err)
	}
	fates := b.fates()
	for i, id := range ids {
		fate, decided := fates[id.String()]
		switch {
		case !slices.Contains(judged, id), answers[i].err != nil && !answers[i].notFound():
		case !decided, fate == control.Gone && err != nil:
			sights[i].Err = cmp.Or(err, errNotJudged)
		default:
			sights[i].Fate, sights[i].Err = fate, nil
		}
	}
}

var errNotJudged = errors.New("it could not be found out where the page belongs")

// fates are the fates of the pages in a batch, by id.
func (b batch) fates() map[string]control.Fate {
	fates := map[string]control.Fate{}
	for _, r := range b.rows {
		fates[r.id()] = control.StillThere
	}
	for _, id := range b.sightings {
		fates[id] = control.StillThere
	}
	for _, d := range b.deletions {
		fates[d.row.id()] = map[string]control.Fate{ReasonTrashed: control.Trashed, ReasonMoved: control.Moved, ReasonGone: control.Gone}[d.reason]
	}
	return fates
}

// titleOf is the title of a page; "" where it has none, or exclude_properties names it.
func (j *job) titleOf(page *notion.Page) string {
	if page.Partial {
		return ""
	}
	shown := *page
	j.exclude(pageRow(&shown))
	if shown.Title == nil {
		return ""
	}
	return *shown.Title
}

// TitleOf is the title of a page as a stream would publish it; "" where the page has
// none, exclude_properties names it, or the stream is not selected.
func (t *Task) TitleOf(stream string, page *notion.Page) string {
	j := job{task: t, name: stream}
	var title string
	t.Shard.View(func(m *state.Memory) {
		memory := m.Source(t.Name)
		database := memory.Databases[DatabaseOf(stream)]
		title = database.Title
		for _, ds := range database.DataSources {
			j.sources = append(j.sources, ds.ID)
		}
		if topic := memory.Stream(stream).Topic; topic != nil {
			j.topic = *topic
		}
	})
	var selected bool
	if j.settings, selected = t.Select(stream, DatabaseOf(stream), title); !selected {
		return ""
	}
	return j.titleOf(page)
}
