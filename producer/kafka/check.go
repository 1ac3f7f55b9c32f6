package kafka

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
)

// CheckTransactions asks the cluster for a transactional producer, under an id
// of its own that no shard has, and answers with what would keep every shard
// from committing: a timeout that the brokers do not allow, or missing rights.
func (c *Cluster) CheckTransactions(ctx context.Context) error {
	id := c.opts.StateTopic + "-check"
	const ofNoShard = -1
	w, err := c.newWriter(id, ofNoShard)
	if err != nil {
		return fmt.Errorf("preparing a transactional producer: %w", err)
	}
	defer w.Close()
	_, _, err = w.client.ProducerID(ctx)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, kerr.InvalidTransactionTimeout):
		return fmt.Errorf("the brokers refuse kafka.transaction_timeout %v: set it to at most their transaction.max.timeout.ms: %w",
			c.opts.TransactionTimeout, err)
	case errors.Is(err, kerr.TransactionalIDAuthorizationFailed):
		return fmt.Errorf("transactions are not allowed: grant WRITE and DESCRIBE on the transactional ids that begin with %q: %w",
			c.opts.StateTopic+"-", err)
	}
	return fmt.Errorf("asking Kafka for a transactional producer: %w", readable(err))
}
