package kafka

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// The first request about a group makes a new cluster create the topic that its
// coordinators need. It is answered only after that.
func TestMembersWaitsForACoordinator(t *testing.T) {
	for name, comes := range map[string]bool{"that is coming": true, "that never comes": false} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bubble) {
				requests := 0
				b.broker.ControlKey(int16(kmsg.FindCoordinator), func(request kmsg.Request) (kmsg.Response, error, bool) {
					b.broker.KeepControl()
					if requests++; comes && requests > 3 {
						return nil, nil, false
					}
					return noCoordinator(request.(*kmsg.FindCoordinatorRequest)), nil, true
				})
				members, err := b.cluster().Members(t.Context(), "group")
				if !comes {
					wantError(t, err, kerr.CoordinatorNotAvailable, "listing the members of group group", "offsets.topic.replication.factor")
				} else if err != nil || len(members) != 0 {
					t.Errorf("members %v, error %v; want no members", members, err)
				}
			})
		})
	}
}

func noCoordinator(request *kmsg.FindCoordinatorRequest) kmsg.Response {
	answer := request.ResponseKind().(*kmsg.FindCoordinatorResponse)
	for _, key := range request.CoordinatorKeys {
		one := kmsg.NewFindCoordinatorResponseCoordinator()
		one.Key, one.ErrorCode = key, kerr.CoordinatorNotAvailable.Code
		answer.Coordinators = append(answer.Coordinators, one)
	}
	return answer
}
