package producer

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"notion-kafka/notion"
)

// An answer is what Notion said of one page that was read by its id. Neither is set
// where it was not asked, because another answer ended that.
type answer struct {
	page *notion.Page
	err  error // of this page alone
}

// notFound says that Notion does not find the page, or does not show it to us.
func (a answer) notFound() bool { return errors.Is(a.err, notion.ErrNotFound) }

// readByID reads pages by their ids, several beside each other. doing names the work in
// errors, as `looking at page`. The error is of the first answer for which no page is to
// blame; the answers before it are there all the same.
func (j *job) readByID(ctx context.Context, doing string, ids []string) ([]answer, error) {
	answers := make([]answer, len(ids))
	group, asking := errgroup.WithContext(ctx)
	group.SetLimit(completions)
	for i, id := range ids {
		guarded(group, func() error {
			page, err := j.task.Notion.Page(asking, id)
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
