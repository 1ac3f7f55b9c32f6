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

// notionFails makes some requests to Notion fail.
func (sr *scenarioRun) notionFails(s step) string {
	faults := []struct {
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
	chosen, times := faults[s.dice[1]%uint64(len(faults))], int(1+s.dice[2]%9)
	if chosen.name == "401" { // a token that is still refused a minute later stops the source, as it must
		if times = min(times, 3); sr.notion.PendingFaults() > 0 {
			return ""
		}
	}
	sr.notion.FailNext(where, slices.Repeat([]notiontest.Fault{chosen.fault}, times)...)
	return fmt.Sprintf("Notion fails: %s %d times at %q", chosen.name, times, where)
}

var errBroken = errors.New("connection reset by peer")

// kafkaFails breaks the connection at a future request, which is not carried out, or
// refuses records.
func (sr *scenarioRun) kafkaFails(s step) string {
	if s.dice[1]%3 == 0 {
		refusal := []*kerr.Error{kerr.TopicAuthorizationFailed, kerr.NotLeaderForPartition, kerr.InvalidProducerIDMapping, kerr.MessageTooLarge}[s.dice[0]%4]
		first := s.dice[2] % 3 // requests before the refused one: it may hold the records or the state
		sr.broker.ControlKey(kmsg.Produce.Int16(), func(req kmsg.Request) (kmsg.Response, error, bool) {
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
	sr.broker.ControlKey(key.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) { return nil, errBroken, true })
	return "Kafka breaks the connection over a request of " + key.Name()
}
