package kafka

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestCheckTransactionsSaysWhatToFix(t *testing.T) {
	tests := map[string]struct {
		answer *kerr.Error
		says   string
	}{
		"timeout too long":    {kerr.InvalidTransactionTimeout, "transaction.max.timeout.ms"},
		"no right to the ids": {kerr.TransactionalIDAuthorizationFailed, `begin with "state-"`},
		"all well":            {nil, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bubble) {
				b.broker.ControlKey(kmsg.InitProducerID.Int16(), func(req kmsg.Request) (kmsg.Response, error, bool) {
					if id := *req.(*kmsg.InitProducerIDRequest).TransactionalID; id != "state-check" {
						t.Errorf("requested under the id %s", id)
					}
					if test.answer == nil {
						return nil, nil, false
					}
					resp := req.ResponseKind().(*kmsg.InitProducerIDResponse)
					resp.ErrorCode = test.answer.Code
					return resp, nil, true
				})
				err := b.cluster().CheckTransactions(t.Context())
				if (err == nil) != (test.answer == nil) || err != nil && !strings.Contains(err.Error(), test.says) {
					t.Errorf("err %v, want one that says %q", err, test.says)
				}
			})
		})
	}
}
