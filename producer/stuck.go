package producer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"notion-kafka/notion"
	"notion-kafka/producer/state"
)

// readStuck reads pages that could not be published by their ids: they may not
// have been edited since.
func (j *job) readStuck(ctx context.Context, yield func(batch, error) bool) (goOn bool, err error) {
	for ids := range slices.Chunk(j.retried(), stuckAtOnce) {
		sent := time.Now()
		answers, failed := j.retrieve(ctx, ids)
		for i, id := range ids {
			b := batch{sent: sent}
			took, err := j.takeStuck(ctx, id, answers[i], &b)
			if err != nil {
				return true, err
			}
			if took && !yield(b, nil) {
				return false, nil
			}
		}
		if failed != nil {
			return true, failed
		}
	}
	return true, nil
}

// stuckAtOnce is how many stuck pages are held in memory at a time.
const stuckAtOnce = 4 * completions

// answered is what Notion said when it was asked for one; neither where it was
// not asked, because another answer ended that.
type answered struct {
	page *notion.Page
	err  error // of this page alone
}

// retrieve asks for pages by id, beside each other. The error is of the first answer
// that no page is to blame for; what came before it is there all the same.
func (j *job) retrieve(ctx context.Context, ids []string) ([]answered, error) {
	answers := make([]answered, len(ids))
	group, asking := errgroup.WithContext(ctx)
	group.SetLimit(completions)
	for i, id := range ids {
		guarded(group, func() error {
			page, err := j.task.Notion.Page(asking, id)
			if err == nil || errors.Is(err, notion.ErrNotFound) || errors.Is(err, notion.ErrMalformed) || pageAlone(err) {
				answers[i] = answered{page, err}
				return nil
			}
			return fmt.Errorf("reading stuck page %s: %w", id, err)
		})
	}
	return answers, group.Wait()
}

// takeStuck puts into a batch what Notion answered for a stuck page; false where that
// is nothing to commit.
func (j *job) takeStuck(ctx context.Context, id string, answer answered, b *batch) (took bool, err error) {
	switch page, err := answer.page, answer.err; {
	case errors.Is(err, notion.ErrNotFound):
		return true, j.missStuck(ctx, id, err, b)
	case errors.Is(err, notion.ErrMalformed):
		return false, nil // it stays stuck, which the run tells
	case err != nil:
		j.unread = append(j.unread, fmt.Errorf("reading stuck page %s: %w", id, err))
		return false, nil
	case page == nil:
		return false, nil
	default:
		return true, j.add(ctx, b, page)
	}
}

// retried are the stuck pages to be read by id: those that Notion may yet
// complete, and all of them when a person asks for a run. A scan comes by them
// anyway.
func (j *job) retried() (ids []string) {
	j.task.Shard.View(func(m *state.Memory) {
		for id, note := range m.Source(j.task.Name).Stream(j.name).Notes {
			if note.Stuck != "" && (j.retriesStuck() || note.Tries > 0 && note.Tries < lastTry) {
				ids = append(ids, id.String())
			}
		}
	})
	slices.Sort(ids)
	return ids
}
