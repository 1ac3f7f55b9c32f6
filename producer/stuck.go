package producer

import (
	"context"
	"errors"
	"slices"
	"time"

	"notion-kafka/notion"
	"notion-kafka/producer/state"
)

// readStuck reads stuck pages by their ids: polls would not find them, because they may
// not have been edited since.
func (j *job) readStuck(ctx context.Context, yield func(batch, error) bool) (goOn bool, err error) {
	for ids := range slices.Chunk(j.retried(), stuckAtOnce) {
		b, some := batch{sent: time.Now()}, false
		answers, failed := j.readByID(ctx, "reading stuck page", ids)
		for i, id := range ids {
			took, err := j.takeStuck(ctx, id, answers[i], &b)
			if err != nil {
				return true, err
			}
			some = some || took
		}
		if some && !yield(b, nil) {
			return false, nil
		}
		if failed != nil {
			return true, failed
		}
	}
	return true, nil
}

// stuckAtOnce is how many stuck pages are read for one commit.
const stuckAtOnce = 4 * completions

// takeStuck puts what Notion answered for a stuck page into a batch; took is false if
// there is nothing to commit.
func (j *job) takeStuck(ctx context.Context, id string, answer answer, b *batch) (took bool, err error) {
	switch page, err := answer.page, answer.err; {
	case answer.notFound():
		return true, j.missStuck(ctx, id, err, b)
	case errors.Is(err, notion.ErrMalformed):
		return false, nil // it stays stuck, and the run reports that
	case err != nil:
		j.unread = append(j.unread, err)
		return false, nil
	case page == nil:
		return false, nil
	default:
		return true, j.sortByPlace(ctx, b, page)
	}
}

// retried are the stuck pages that a poll reads by id: those that Notion may still
// complete, or all of them in a run by hand. A scan reads every page anyway.
func (j *job) retried() (ids []string) {
	j.view(func(memory *state.StreamMemory) {
		for id, note := range memory.Notes {
			if note.Stuck != "" && (j.retriesStuck() || note.Tries > 0 && note.Tries < lastTry) {
				ids = append(ids, id.String())
			}
		}
	})
	slices.Sort(ids)
	return ids
}
