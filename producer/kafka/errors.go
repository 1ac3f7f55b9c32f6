package kafka

import (
	"errors"
	"fmt"
	"net"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// IsForbidden reports whether Kafka refused a topic because a right is missing.
func IsForbidden(err error) bool { return errors.Is(err, kerr.TopicAuthorizationFailed) }

// ErrUnknown means that it is unknown whether a transaction took effect. The writer
// is finished: close it, claim the shard again and restore. The restored state
// shows the outcome.
var ErrUnknown = errors.New("outcome of the transaction unknown")

// ErrFenced is the [ErrUnknown] of a writer that Kafka refuses because the
// shard was claimed again, or because its transaction outlived its timeout.
var ErrFenced = fmt.Errorf("fenced by a newer claim of the shard: %w", ErrUnknown)

// An AbortedError means that a transaction certainly did not take effect: the
// broker acknowledged its end, no commit of it was sent, and nothing cast doubt
// on the producer. Memory is still true, and the writer can go on.
type AbortedError struct {
	Topic string // the topic whose record was refused; "" if no single record was at fault
	Index int    // of the record in the data given to Commit; -1 if none was at fault
	Err   error
}

// Error names the topic and gives Kafka's error.
func (e *AbortedError) Error() string {
	where := ""
	if e.Topic != "" {
		where = " to topic " + e.Topic
	}
	return fmt.Sprintf("publishing%s: %v%s (nothing of this transaction was published)", where, e.Err, produceHint(e.Err))
}

// Unwrap returns Kafka's error.
func (e *AbortedError) Unwrap() error { return e.Err }

// TooLarge reports whether the record at fault is larger than its topic takes.
func (e *AbortedError) TooLarge() bool { return errors.Is(e.Err, kerr.MessageTooLarge) }

func produceHint(err error) string {
	switch {
	case errors.Is(err, kerr.MessageTooLarge):
		return ": raise max.message.bytes of the topic"
	case errors.Is(err, kerr.TopicAuthorizationFailed):
		return ": grant WRITE on the topic"
	case errors.Is(err, kerr.UnknownTopicOrPartition), errors.Is(err, kerr.UnknownTopicID):
		return ": the topic was deleted or recreated"
	}
	return ""
}

// doubtsProducer reports whether an error of a produce request, or of a
// transaction's end, means that another claim or the broker has invalidated this
// producer. No later answer of the client then shows what happened.
func doubtsProducer(err error) bool {
	for _, kind := range []error{
		kerr.InvalidProducerEpoch, kerr.ProducerFenced, kerr.InvalidProducerIDMapping, kerr.UnknownProducerID,
		kerr.OperationNotAttempted, kerr.InvalidTxnState, kerr.OutOfOrderSequenceNumber, kerr.TransactionalIDAuthorizationFailed,
	} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// Transient reports whether an error of this package may pass by itself: no broker
// could be reached or answered in time, the cluster was busy with itself, or
// another process got in the way. The caller may then repeat the call.
func Transient(err error) bool {
	if refused, ok := errors.AsType[*kerr.Error](err); ok && !fenced(err) {
		return refused.Retriable
	}
	_, network := errors.AsType[*net.OpError](err)
	return network || errors.Is(err, ErrUnknown) || errors.Is(err, errNoAnswer) || errors.Is(err, errLeader) || errors.Is(err, ErrNotWritable) || kgo.IsRetryableBrokerErr(err)
}

func fenced(err error) bool {
	return errors.Is(err, kerr.InvalidProducerEpoch) || errors.Is(err, kerr.ProducerFenced)
}
