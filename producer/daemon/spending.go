package daemon

import (
	"context"
	"time"

	"notion-kafka/producer/control"
)

// Spending is what the connection of a source sent to Notion in the last hour, as its owner
// counted. A new owner begins with nothing: the minutes before it are zero. Other
// processes with the same token are not counted.
func (d *Daemon) Spending(ctx context.Context, source string) (spent control.Spending, err error) {
	err = d.request(ctx, source, verbBudget, nil, &spent)
	return spent, err
}

// spending is what this process sent with the source's connection.
func (r *runner) spending() control.Spending {
	budget := r.task.Notion.Budget()
	spent := control.Spending{Limit: budget.RequestsPerMinute()}
	for _, one := range budget.LastHour(time.Now()) {
		spent.Minutes = append(spent.Minutes, control.Minute{At: one.At, Requests: one.Requests, Refused: one.Refused, Waited: one.Waited.Seconds()})
	}
	return spent
}
