package producer

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"notion-kafka/notion"
	"notion-kafka/producer/state"
)

// A page belongs to the data source that lists it, whatever its parent is: the
// parents of a wiki's rows are pages, blocks or databases (Notion: parent-object).

// ParentOf is a page's parent as kind:id; "" if the parent is a data source, and for
// nil.
func ParentOf(page *notion.Page) string {
	if page == nil || page.DataSourceID != "" || page.Parent == nil {
		return ""
	}
	var parent struct {
		Type     string `json:"type"`
		Page     string `json:"page_id"`
		Block    string `json:"block_id"`
		Database string `json:"database_id"`
	}
	if err := json.Unmarshal(page.Parent, &parent); err != nil { // a kind that Notion added since
		return string(page.Parent)
	}
	return parent.Type + ":" + parent.Page + parent.Block + parent.Database
}

// sortByPlace puts a page that was read by id into the batch, as a row, a deletion or a sighting.
func (j *job) sortByPlace(ctx context.Context, b *batch, page *notion.Page) error {
	switch {
	case page.Partial:
		b.partial = append(b.partial, page.ID)
		b.sightings = append(b.sightings, page.ID)
		return nil
	case page.InTrash:
		b.deletions = append(b.deletions, deletion{pageRow(page), ReasonTrashed})
		return nil
	case page.DataSourceID != "" && page.DatabaseID == DatabaseOf(j.name) && !j.hasDataSourceOf(page):
		b.sightings = append(b.sightings, page.ID) // in a new data source: a run that knows it will read the page
		return nil
	}
	dataSource, is, err := j.placeOf(ctx, page)
	switch {
	case err != nil:
		return err
	case is:
		b.rows = append(b.rows, row{item: pageItem{page}, source: dataSource})
	case page.DataSourceID == "" && !j.parentKnown(page):
		b.sightings = append(b.sightings, page.ID) // its earlier parent is not known, so a move cannot be proven
	default:
		b.deletions = append(b.deletions, deletion{pageRow(page), ReasonMoved})
	}
	return nil
}

// placeOf finds the data source of the stream that a page, read by id, is a row of.
// The page is a row if its parent is one of the data sources, or the same parent as when
// it was a row last. Otherwise placeOf reads whether a data source lists the page.
func (j *job) placeOf(ctx context.Context, page *notion.Page) (dataSource string, is bool, err error) {
	if j.hasDataSourceOf(page) {
		return page.DataSourceID, true, nil
	}
	id, err := state.ParsePageID(page.ID)
	if err != nil {
		return "", false, err
	}
	candidates := slices.DeleteFunc(j.mayBeIn(id), func(id string) bool { return !slices.Contains(j.sources, id) })
	if parent := ParentOf(page); parent != "" && parent == j.noted(id).Parent && len(candidates) == 1 {
		return candidates[0], true, nil
	}
	if len(candidates) == 0 {
		candidates = j.sources // it may have moved between them
	}
	for _, one := range candidates {
		if listed, err := j.lists(ctx, one, page); listed || err != nil {
			return one, listed, err
		}
	}
	return "", false, nil
}

// lists reports whether a data source lists a page. It reads only the rows that were
// created in the same minute as the page.
func (j *job) lists(ctx context.Context, dataSource string, page *notion.Page) (bool, error) {
	minute := page.CreatedTime.UTC().Truncate(time.Minute)
	q := notion.Query{DataSourceID: dataSource, Archived: page.IsArchived, Properties: j.properties[dataSource]}
	for portion, err := range j.task.Notion.ReadAll(ctx, q, notion.Window{From: minute, To: minute.Add(time.Minute)}) {
		if err != nil {
			return false, fmt.Errorf("reading whether data source %s lists page %s: %w", dataSource, page.ID, err)
		}
		if slices.ContainsFunc(portion.Pages, func(p notion.Page) bool { return p.ID == page.ID }) ||
			slices.ContainsFunc(portion.Unreadable, func(bad *notion.Unreadable) bool { return bad.ID == page.ID }) {
			return true, nil
		}
	}
	return false, nil
}

// missStuck handles a stuck page that Notion answers "not found" for. If no data source
// lists the page any more, it is freed. If one still does, a page that Notion refused to
// complete counts as refused once more, and others stay as they are. A page whose
// creation time is not known is left to a scan.
func (j *job) missStuck(ctx context.Context, id string, notFound error, b *batch) error {
	key, err := state.ParsePageID(id)
	if err != nil {
		return err
	}
	noted := j.noted(key)
	if noted.Created == 0 {
		return nil
	}
	page := &notion.Page{ID: id, CreatedTime: time.Unix(int64(noted.Created)*60, 0), IsArchived: noted.Marks.Has(state.Archived)}
	for _, one := range j.mayBeIn(key) {
		switch listed, err := j.lists(ctx, one, page); {
		case err != nil:
			return err
		case listed && (noted.Tries == 0 || noted.Tries >= lastTry):
			return nil
		case listed:
			b.refusals = append(b.refusals, refusal{row{item: pageItem{page}, listed: noted.Listed}, fmt.Errorf("its data source lists it, but it is not found: %w", notFound)})
			return nil
		}
	}
	b.freed = append(b.freed, key)
	return nil
}

// free returns the records for stuck pages that no data source lists any more: they lose
// the mark Stuck. A page that was never published is forgotten.
func (j *job) free(ids []state.PageID) (entries []state.Entry) {
	for _, id := range ids {
		noted := j.noted(id)
		if noted.Marks.Has(state.Unpublished) {
			entries = append(entries, state.Entry{Key: state.PageKey(j.task.Name, j.name, id.String())})
			continue
		}
		noted.Marks &^= state.Stuck
		noted.PageNote = state.PageNote{Parent: noted.Parent}
		entries = append(entries, j.pageEntry(id, noted))
	}
	return entries
}

// addDelisted puts a page into the batch that was in a data source which its database
// no longer lists. A page that is still in that data source, or that Notion does not
// show, is held for a person to decide. page is nil if it was not found.
func (j *job) addDelisted(ctx context.Context, b *batch, id state.PageID, page *notion.Page) error {
	shown := page != nil && !page.Partial
	stays := shown && !j.hasDataSourceOf(page) && j.isWhereItWas(id, page)
	switch {
	case (stays || !shown) && !j.order.Confirm:
		b.held = append(b.held, id)
	case stays && !page.InTrash:
		b.deletions = append(b.deletions, deletion{pageRow(page), ReasonMoved})
	case page == nil:
		b.deletions = append(b.deletions, deletion{pageRow(&notion.Page{ID: id.String()}), ReasonGone})
	default:
		return j.sortByPlace(ctx, b, page)
	}
	return nil
}

// isWhereItWas reports whether a page is still in a data source that the database
// listed once, or has the same parent as before.
func (j *job) isWhereItWas(id state.PageID, page *notion.Page) bool {
	parent := ParentOf(page)
	return j.inNoOtherDatabase(page) && slices.Contains(j.topic.Sources, page.DataSourceID) || parent != "" && parent == j.noted(id).Parent
}

// parentKnown reports whether the memory has a page's earlier parent, if only that it
// was a data source. Earlier versions did not remember any other parent.
func (j *job) parentKnown(page *notion.Page) bool {
	id, err := state.ParsePageID(page.ID)
	noted := j.noted(id)
	return err == nil && (noted.Parent != "" || noted.Source != state.NoSource)
}

// hasDataSourceOf reports whether a page's parent is a data source of the stream's database.
func (j *job) hasDataSourceOf(page *notion.Page) bool {
	return slices.Contains(j.sources, page.DataSourceID) && j.inNoOtherDatabase(page)
}

// inNoOtherDatabase reports whether Notion shows a page under no database other than the stream's.
func (j *job) inNoOtherDatabase(page *notion.Page) bool {
	return page.DatabaseID == "" || page.DatabaseID == DatabaseOf(j.name)
}

// mayBeIn are the data sources that a page may be a row of: the one that listed it
// last, or all of the database if that one is not known.
func (j *job) mayBeIn(id state.PageID) []string {
	if one := j.topic.SourceID(j.noted(id).Source); one != "" {
		return []string{one}
	}
	return slices.Clone(j.sources)
}

// noted is what is remembered of a page. For an unknown page it is empty, with
// [state.NoSource].
func (j *job) noted(id state.PageID) (noted state.NotedPage) {
	j.view(func(memory *state.StreamMemory) {
		page, known := memory.Pages[id]
		if !known {
			page.Source = state.NoSource
		}
		noted = state.NotedPage{Page: page, PageNote: memory.Notes[id]}
	})
	return noted
}

// holdCursor notes that a page was refused: the cursor of its data source does not move.
// If dataSource is "" or not of this stream, none of the stream's cursors does.
func (j *job) holdCursor(dataSource string, err error) {
	if !slices.Contains(j.sources, dataSource) {
		dataSource = ""
	}
	if j.refused == nil {
		j.refused = map[string][]error{}
	}
	j.refused[dataSource] = append(j.refused[dataSource], err)
}

// allRefused are the refusals of all data sources.
func (j *job) allRefused() (all []error) {
	for _, dataSource := range slices.Concat(j.sources, []string{""}) {
		all = append(all, j.refused[dataSource]...)
	}
	return all
}
