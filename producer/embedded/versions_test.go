package embedded

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Java's admin client describes topics by their metadata: it fails at what kfake answers to
// the newer request (KIP-966), so the broker must not offer that.
func TestTopicsAreDescribedByTheirMetadata(t *testing.T) {
	e := open(t, t.TempDir())
	request := kmsg.NewPtrApiVersionsRequest()
	request.ClientSoftwareName, request.ClientSoftwareVersion = "test", "1"
	answer, err := request.RequestWith(t.Context(), client(t, e))
	if err != nil {
		t.Fatal(err)
	}
	offered := map[kmsg.Key]bool{}
	for _, key := range answer.ApiKeys {
		offered[kmsg.Key(key.ApiKey)] = true
	}
	if offered[kmsg.DescribeTopicPartitions] || !offered[kmsg.Metadata] || !offered[kmsg.EndTxn] {
		t.Errorf("the broker offers %v", offered)
	}
}
