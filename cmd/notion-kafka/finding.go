package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"notion-kafka/notion"
	"notion-kafka/producer/control"
)

const (
	// ownersWithin is how long the owners may take together. Notion has 12 seconds of it.
	ownersWithin = 14 * time.Second
	// recordsWithin is how long the search for records may take after that.
	recordsWithin = 4 * time.Second
)

// Find implements console.Backend.
func (b *backend) Find(ctx context.Context, page string) (control.Finding, error) {
	var sources []string
	for _, src := range b.Daemon.Sources() {
		if !src.Shadowed {
			sources = append(sources, src.Name)
		}
	}
	f := &finder{sources: sources, ask: b.Daemon.Find, seek: b.topics.Seek}
	return f.find(ctx, page)
}

// A finder looks for a page in all sources and their topics.
type finder struct {
	sources []string
	// ask asks the owner of a source.
	ask func(ctx context.Context, source, id string) (control.SourceFinding, error)
	// seek returns the last record of a key among the newest most records of a partition, and
	// whether it looked at all of them.
	seek func(ctx context.Context, in control.SearchedTopic, key string, most int) (*control.FoundRecord, bool, error)
}

// A sourced finding is what the owner of a source said.
type sourced struct {
	source string
	control.SourceFinding
}

func (f *finder) find(ctx context.Context, page string) (control.Finding, error) {
	id, ok := notion.LinkedID(page)
	if !ok {
		return control.Finding{}, &control.Error{Kind: control.Invalid, Message: "this is neither a link to a page of Notion nor an id: " +
			"paste the link (in Notion: the page's ••• menu, Copy link), or the id of 32 hexadecimal digits at its end"}
	}
	found := control.Finding{
		ID: id, Places: []control.Place{},
		// Notion's own address may have the title in it, which exclude_properties may name.
		URL: "https://www.notion.so/" + strings.ReplaceAll(id, "-", ""),
	}
	answers, silent := f.askOwners(ctx, id)
	for _, one := range answers {
		found.Places = append(found.Places, one.Places...)
		found.Title = cmp.Or(found.Title, one.Title)
		if one.Unasked != "" && len(one.Places) == 0 {
			silent = append(silent, control.SilentSource{Source: one.source, Error: one.Unasked})
		}
	}
	slices.SortFunc(silent, func(a, b control.SilentSource) int { return cmp.Compare(a.Source, b.Source) })
	found.Silent = silent
	unsearched := f.addRecords(ctx, &found, answers)
	slices.SortStableFunc(found.Places, func(a, b control.Place) int {
		return cmp.Or(a.Answer.Compare(b.Answer), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Stream, b.Stream))
	})
	for _, place := range found.Places {
		if place.Record != nil {
			found.Title = cmp.Or(found.Title, place.Record.Title)
		}
	}
	conclude(&found, len(f.sources), unsearched)
	return found, nil
}

// askOwners asks the owners of all sources beside each other. One that does not answer in
// time is silent.
func (f *finder) askOwners(ctx context.Context, id string) (answers []sourced, silent []control.SilentSource) {
	ctx, cancel := context.WithTimeoutCause(ctx, ownersWithin, fmt.Errorf("no instance that owns the source answered within %v: look with `notion-kafka instances`", ownersWithin))
	defer cancel()
	var asking sync.WaitGroup
	var mu sync.Mutex
	for _, source := range f.sources {
		asking.Go(func() {
			var answer control.SourceFinding
			err := notion.Guard(func() (err error) {
				answer, err = f.ask(ctx, source, id)
				return err
			})
			if err != nil && ctx.Err() != nil {
				err = context.Cause(ctx)
			}
			told, is := errors.AsType[*control.Error](err)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case is && told.Kind == control.NotFound: // it was removed meanwhile
			case err != nil:
				silent = append(silent, control.SilentSource{Source: source, Error: err.Error()})
			default:
				answers = append(answers, sourced{source, answer})
			}
		})
	}
	asking.Wait()
	slices.SortFunc(answers, func(a, b sourced) int { return cmp.Compare(a.source, b.source) })
	return answers, silent
}
