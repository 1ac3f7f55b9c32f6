package kafka

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
)

// CheckTransactions requests a transactional producer under an id that no shard
// has. Its error is one that would keep every shard from committing: a timeout
// that the brokers do not allow, or missing rights.
func (c *Cluster) CheckTransactions(ctx context.Context) error {
	err := c.initProducer(ctx, c.CheckID())
	switch {
	case err == nil:
		return nil
	case errors.Is(err, kerr.InvalidTransactionTimeout):
		return fmt.Errorf("the brokers refuse kafka.transaction_timeout %v: set it to at most their transaction.max.timeout.ms: %w",
			c.opts.TransactionTimeout, err)
	case errors.Is(err, kerr.TransactionalIDAuthorizationFailed):
		return fmt.Errorf("transactions are not allowed: grant WRITE on the transactional ids that begin with %q: %w",
			c.opts.StateTopic+"-", err)
	}
	return fmt.Errorf("requesting a transactional producer: %w", readable(err))
}

// CheckID is the transactional id for trying things out. No shard has it.
func (c *Cluster) CheckID() string { return c.opts.StateTopic + "-check" }

// initProducer requests a producer id under a transactional id, which ends any
// transaction that is open under this id.
func (c *Cluster) initProducer(ctx context.Context, transactionalID string) error {
	const ofNoShard = -1
	w, err := c.newWriter(transactionalID, ofNoShard)
	if err != nil {
		return fmt.Errorf("preparing a transactional producer: %w", err)
	}
	defer w.Close()
	ctx, cancel := bounded(ctx)
	defer cancel()
	return doWithin(ctx, func() error {
		_, _, err := w.client.ProducerID(ctx)
		return err
	})
}
