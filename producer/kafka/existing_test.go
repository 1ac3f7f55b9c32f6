package kafka

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Topics that exist are told from those that do not, and none is created by the look.
func TestTopicsThatExist(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.createTopic("notion.acme.tasks", 3, map[string]string{"cleanup.policy": "delete,compact", "max.message.bytes": "1000"})
		b.createTopic("notion.acme.hidden", 1, nil)
		b.broker.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Metadata}, Topic: "notion.acme.hidden", Err: kerr.TopicAuthorizationFailed, Count: -1})
		names := []string{"notion.acme.none", "notion.acme.tasks", "notion.acme.hidden", "not a name", strings.Repeat("x", 300)}
		for range 2 {
			got, err := b.cluster().Existing(t.Context(), names)
			if err != nil {
				t.Fatal(err)
			}
			id := fmt.Sprintf("%x", b.broker.TopicInfo("notion.acme.tasks").TopicID)
			want := map[string]TopicInfo{"notion.acme.tasks": {Name: "notion.acme.tasks", ID: id, Partitions: 3, MaxBytes: 1000, Cleanup: []string{"compact", "delete"}}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		}
		if got, err := b.cluster().Existing(t.Context(), nil); err != nil || len(got) != 0 {
			t.Errorf("of no names %v exist, %v", got, err)
		}
	})
}

// Without the right to read a topic's settings it is known to exist all the same.
func TestTopicsWhoseSettingsAreHidden(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.createTopic("notion.acme.tasks", 3, nil)
		b.broker.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.DescribeConfigs}, Err: kerr.TopicAuthorizationFailed, Count: -1})
		got, err := b.cluster().Existing(t.Context(), []string{"notion.acme.tasks"})
		if info := got["notion.acme.tasks"]; err != nil || info.Partitions != 3 || info.Cleanup != nil {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}
