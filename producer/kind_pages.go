package producer

import (
	"context"
	"time"

	"notion-kafka/notion"
	"notion-kafka/producer/state"
)

// pages is the kind of the `database_{id}` streams. Their rows are the pages that the data
// sources of a database list.
type pages struct{}

// A pageItem is a page as a row carries it.
type pageItem struct{ *notion.Page }

// ItemID implements item.
func (p pageItem) ItemID() string { return p.ID }

// Times implements item.
func (p pageItem) Times() (created, edited time.Time) { return p.CreatedTime, p.LastEditedTime }

func (pages) whole() bool { return false }

func (pages) reads(ctx context.Context, j *job, yield func(batch, error) bool) (reads []func() (goOn bool, err error)) {
	if j.scan == nil {
		reads = append(reads, func() (bool, error) { return j.readStuck(ctx, yield) })
		for _, id := range j.readable {
			reads = append(reads, func() (bool, error) { return j.readEdited(ctx, id, yield) })
		}
		return reads
	}
	if j.begins {
		// Remember the scan first: if it fails at once, the next run goes on with it.
		reads = append(reads, func() (bool, error) {
			return yield(batch{advance: []state.Entry{j.scanEntry()}}, nil), nil
		})
	}
	for _, id := range j.sources {
		if _, planned := j.scan.Parts[state.PartName(id, false)]; planned && !partsDone(j.scan, id) {
			reads = append(reads, func() (bool, error) { return j.readScan(ctx, id, yield) })
		}
	}
	return reads
}

func (pages) republishes(j *job) bool { return j.scan != nil && j.scan.Republish }

func (pages) encoder(ctx context.Context, j *job) (func(item) ([]byte, error), error) {
	if j.columns != nil {
		return j.columns.encoder(ctx, j)
	}
	encode, err := j.task.env.Schemas.Pages(ctx, j.topic.Topic)
	return func(one item) ([]byte, error) { return encode(nil, one.(pageItem).Page) }, err
}

func (pages) remember(j *job, r row, p *state.Page) {
	p.Source = j.topic.SourceIndex(r.listedIn())
	if r.page().IsArchived {
		p.Marks |= state.Archived
	}
	if r.open {
		p.Marks |= state.Open
	}
}

// page is the page of a row; nil when the row has another item.
func (r row) page() *notion.Page {
	one, _ := r.item.(pageItem)
	return one.Page
}

// pageRow is the row of a page.
func pageRow(page *notion.Page) row { return row{item: pageItem{page}} }

// listedIn is the data source that lists a page or, when that is unknown, the page's
// parent data source.
func (r row) listedIn() string {
	if r.source != "" {
		return r.source
	}
	return r.page().DataSourceID
}
