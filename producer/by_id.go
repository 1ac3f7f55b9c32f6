package producer

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"notion-kafka/notion"
)

// An answer is Notion's answer for one page that is read by its id. Both fields are
// empty when the page was not requested, because an earlier answer ended the work.
type answer struct {
	page *notion.Page
	err  error // about this page alone
}

// notFound reports that the page does not exist, or that Notion does not show it to us.
func (a answer) notFound() bool { return errors.Is(a.err, notion.ErrNotFound) }

// readByID reads pages by their ids, several at a time. doing names the work in errors,
// such as `looking at page`. The error is the first one that is not about a single page;
// the answers received before it are returned as well.
func (j *job) readByID(ctx context.Context, doing string, ids []string) ([]answer, error) {
	answers := make([]answer, len(ids))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(completions)
	for i, id := range ids {
		guarded(group, func() error {
			page, err := j.task.Notion.Page(groupCtx, id)
			if err != nil && !errors.Is(err, notion.ErrNotFound) {
				err = fmt.Errorf("%s %s: %w", doing, id, err)
			}
			if err == nil || pageAlone(err) {
				answers[i] = answer{page, err}
				return nil
			}
			return err
		})
	}
	return answers, group.Wait()
}
