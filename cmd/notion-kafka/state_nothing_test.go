package main

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"notion-kafka/config"
	"notion-kafka/producer/kafka"
)

// A topic counts as not created only if Kafka says so, and not because Kafka refuses to
// tell.
func TestTopicThatKafkaDoesNotTellOfIsNotCalledMissing(t *testing.T) {
	broker, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Close()
	cluster, err := kafka.Open(kafka.Options{Brokers: broker.ListenAddrs(), ClientID: "test", StateTopic: "state"})
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	app := &App{Cluster: cluster, Config: &config.Config{}}
	app.Config.Kafka.StateTopic = "state"
	if why := app.nothingRemembered(t.Context()); !strings.Contains(why, "not created yet") {
		t.Errorf("without the topic: %s", why)
	}
	broker.ControlKey(kmsg.Metadata.Int16(), func(req kmsg.Request) (kmsg.Response, error, bool) {
		broker.KeepControl()
		asked := req.(*kmsg.MetadataRequest)
		if len(asked.Topics) != 1 {
			return nil, nil, false
		}
		resp := asked.ResponseKind().(*kmsg.MetadataResponse)
		topic := kmsg.NewMetadataResponseTopic()
		topic.Topic, topic.ErrorCode = asked.Topics[0].Topic, kerr.LeaderNotAvailable.Code
		resp.Topics = append(resp.Topics, topic)
		return resp, nil, true
	})
	if why := app.nothingRemembered(t.Context()); strings.Contains(why, "not created yet") {
		t.Errorf("with a topic that Kafka does not tell of: %s", why)
	}
}
