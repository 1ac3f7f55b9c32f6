package kafka

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// rightsWeNeed are one of every kind that can be tried, with topics that exist
// and one that does not.
func rightsWeNeed() []Right {
	rights := []Right{{Read, GroupResource, "group"}, {Write, TransactionalIDResource, stateTopic + "-check"}}
	for _, topic := range []string{stateTopic, dataTopic, "absent"} {
		for _, operation := range []Operation{Read, Write, DescribeConfigs, Create} {
			rights = append(rights, Right{operation, TopicResource, topic})
		}
	}
	return rights
}

// granted is a right as a broker's ACL.
func granted(r Right) kfake.ACL {
	types := map[ResourceType]kmsg.ACLResourceType{
		TopicResource: kmsg.ACLResourceTypeTopic, GroupResource: kmsg.ACLResourceTypeGroup,
		TransactionalIDResource: kmsg.ACLResourceTypeTransactionalId,
	}
	operations := map[Operation]kmsg.ACLOperation{
		Read: kmsg.ACLOperationRead, Write: kmsg.ACLOperationWrite, Create: kmsg.ACLOperationCreate,
		DescribeConfigs: kmsg.ACLOperationDescribeConfigs,
	}
	return kfake.ACL{Resource: types[r.Type], Name: r.Name, Pattern: kmsg.ACLResourcePatternTypeLiteral, Operation: operations[r.Operation], Allow: true}
}

// denied tries the rights on a broker where a user has only some of them.
func denied(t *testing.T, rights, have []Right) []Right {
	t.Helper()
	var acls []kfake.ACL
	for _, r := range have {
		acls = append(acls, granted(r))
	}
	var got []Right
	inBubble(t, func(t *testing.T, b *bubble) {
		cluster := b.cluster(func(o *Options) { o.Security = Security{Mechanism: "plain", Username: "ada", Password: secret} })
		var err error
		if got, err = cluster.Denied(t.Context(), rights); err != nil {
			t.Fatal(err)
		}
	}, kfake.EnableSASL(), kfake.EnableACLs(), kfake.User("PLAIN", "ada", secret, acls...))
	return got
}

func TestDeniedNamesEachRightThatIsMissing(t *testing.T) {
	all := rightsWeNeed()
	if got := denied(t, all, all); len(got) > 0 {
		t.Errorf("with all rights %v are denied", got)
	}
	if diff := cmp.Diff(all, denied(t, all, nil)); diff != "" {
		t.Errorf("without any right (-want +got):\n%s", diff)
	}
	for i, missing := range all {
		t.Run(string(missing.Operation)+" "+missing.Name, func(t *testing.T) {
			have := slices.Delete(slices.Clone(all), i, i+1)
			if diff := cmp.Diff([]Right{missing}, denied(t, all, have)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A right that includes DESCRIBE keeps a topic visible. Without one, the other rights
// are still told apart.
func TestDeniedOfATopicThatIsNotVisible(t *testing.T) {
	write, configs, create := Right{Write, TopicResource, dataTopic}, Right{DescribeConfigs, TopicResource, dataTopic}, Right{Create, TopicResource, dataTopic}
	all := []Right{write, configs, create}
	for _, missing := range all {
		have := slices.DeleteFunc(slices.Clone(all), func(r Right) bool { return r == missing })
		if diff := cmp.Diff([]Right{missing}, denied(t, all, have)); diff != "" {
			t.Errorf("without %s (-want +got):\n%s", missing.Operation, diff)
		}
	}
}

func TestTryingRightsChangesNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		cluster := b.cluster()
		if _, err := cluster.Denied(t.Context(), rightsWeNeed()); err != nil {
			t.Fatal(err)
		}
		if _, err := cluster.Topic(t.Context(), "absent"); err == nil {
			t.Error("the absent topic was created")
		}
		groups, err := cluster.admin.ListGroups(t.Context())
		if err != nil || len(groups) > 0 {
			t.Errorf("groups %v, %v: want none", groups, err)
		}
		for _, topic := range []string{stateTopic, dataTopic} {
			ends, err := cluster.EndOffsets(t.Context(), topic)
			for p, end := range ends {
				if end != 0 || err != nil {
					t.Errorf("topic %s, partition %d, ends at %d, %v", topic, p, end, err)
				}
			}
		}
	})
}
