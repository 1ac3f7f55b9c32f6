package daemon

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"notion-kafka/notion/notiontest"
)

// notionAils is an illness of Notion, for some requests.
func (tl *tale) notionAils(s step) string {
	ills := []struct {
		name  string
		fault notiontest.Fault
	}{
		{"429", notiontest.RateLimited(notiontest.ReasonRequest, 0)},
		{"529", notiontest.Overloaded(0)},
		{"500", notiontest.InternalError()},
		{"502", notiontest.BadGateway()},
		{"503", notiontest.Unavailable()},
		{"504", notiontest.GatewayTimeout()},
		{"409", notiontest.Conflict()},
		{"403", notiontest.Restricted()},
		{"cut connection", notiontest.Reset()},
		{"cut answer", notiontest.Cut()},
		{"truncated answer", notiontest.Truncated()},
		{"empty page with a cursor", notiontest.ShortPage(0)},
		{"page of one", notiontest.ShortPage(1)},
		{"cursor in a circle", notiontest.Circle()},
		{"empty page with the same cursor", notiontest.Stalled()},
		{"order that shifts", notiontest.Shuffled()},
		{"401", notiontest.Unauthorized()},
		{"garbled entry of a property", notiontest.GarbledItem()},
		{"answer of 65 MiB", notiontest.Huge()},
		{"slow answer", notiontest.Slow(50 * time.Second)},
	}
	where := []notiontest.Endpoint{"", notiontest.EndpointQuery, notiontest.EndpointQuery, notiontest.EndpointRetrievePage, notiontest.EndpointRetrieveProperty}[s.dice[0]%5]
	ill, times := ills[s.dice[1]%uint64(len(ills))], int(1+s.dice[2]%9)
	if ill.name == "401" { // a token that is refused a minute later too stops the source, as it must
		if times = min(times, 3); tl.notion.PendingFaults() > 0 {
			return ""
		}
	}
	tl.notion.FailNext(where, slices.Repeat([]notiontest.Fault{ill.fault}, times)...)
	return fmt.Sprintf("Notion ails: %s %d times at %q", ill.name, times, where)
}

var errBroken = errors.New("connection reset by peer")

// kafkaAils breaks the connection over one of the requests to come, which is not
// carried out.
func (tl *tale) kafkaAils(s step) string {
	if s.dice[1]%3 == 0 {
		refusal := []*kerr.Error{kerr.TopicAuthorizationFailed, kerr.NotLeaderForPartition, kerr.InvalidProducerIDMapping, kerr.MessageTooLarge}[s.dice[0]%4]
		first := s.dice[2] % 3 // what is refused may be the records, or the state
		tl.broker.ControlKey(kmsg.Produce.Int16(), func(req kmsg.Request) (kmsg.Response, error, bool) {
			if first > 0 {
				first--
				return nil, nil, false
			}
			return refuseProduce(req.(*kmsg.ProduceRequest), refusal), nil, true
		})
		return fmt.Sprintf("Kafka refuses to write, in %d requests from now: %s", first, refusal.Message)
	}
	keys := []kmsg.Key{kmsg.Produce, kmsg.EndTxn, kmsg.AddPartitionsToTxn, kmsg.InitProducerID, kmsg.Fetch, kmsg.ListOffsets, kmsg.Heartbeat, kmsg.JoinGroup, kmsg.FindCoordinator}
	key := keys[s.dice[0]%uint64(len(keys))]
	tl.broker.ControlKey(key.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) { return nil, errBroken, true })
	return "Kafka breaks the connection over a request of " + key.Name()
}
