package kafka

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// The newest record of a topic is that of all its partitions.
func TestWhenTopicsWereLastWritten(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		cluster := b.cluster()
		w := b.claim(cluster, "me")
		b.createTopic("empty", 2, nil)
		for i := range 9 {
			<-time.After(time.Minute)
			mustCommit(t, w, []Record{record(fmt.Sprint(i), "v")})
		}
		last := time.Now().UTC()
		<-time.After(time.Hour)
		written, err := cluster.LastWritten(t.Context(), []string{dataTopic, "empty", "missing"})
		if diff := cmp.Diff(map[string]time.Time{dataTopic: last.Truncate(time.Millisecond)}, written); diff != "" || err != nil {
			t.Errorf("%v, (-want +got):\n%s", err, diff)
		}
		if none, err := cluster.LastWritten(t.Context(), nil); err != nil || len(none) != 0 {
			t.Errorf("of no topics: %v, %v", none, err)
		}
	})
}

// A broker that does not know the request leaves all topics out.
func TestLastWrittenOfABrokerThatCannotSay(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		cluster := b.cluster()
		mustCommit(t, b.claim(cluster, "me"), []Record{record("a", "v")})
		b.broker.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.ListOffsets}, Topic: dataTopic, Err: kerr.UnsupportedVersion, Count: -1})
		if written, _ := cluster.LastWritten(t.Context(), []string{dataTopic}); len(written) != 0 {
			t.Errorf("got %v", written)
		}
	})
}
