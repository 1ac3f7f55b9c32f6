package kafka

import (
	"strings"
	"testing"
	"time"
)

// A restore that another program's open transaction blocks ends, and names that
// transaction.
func TestRestoreNamesTheTransactionThatBlocksIt(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		stranger, err := b.cluster(func(o *Options) { o.TransactionTimeout = 10 * time.Minute }).newWriter("a-stranger", 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(stranger.Close)
		b.leaveOpen(stranger, kv("page/x", "open"))

		w := b.claim(b.cluster(), "me")
		began := time.Now()
		var failed error
		for _, err := range w.Restore(t.Context()) {
			failed = err
		}
		if failed == nil || !strings.Contains(failed.Error(), "a-stranger") || !strings.Contains(failed.Error(), "kafka-transactions.sh") {
			t.Errorf("err %v, want one that names the transactional id and what to do", failed)
		}
		if took := time.Since(began); took > restoreTimeout+describeTimeout {
			t.Errorf("it took %v", took)
		}
	})
}
