package kafka

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/plugin/kprom"
)

// measure counts what the clients of a cluster exchange with its brokers, all
// added up: notion_kafka_client_…, by broker at most. Topics are no label, they
// are as many as there are databases. With no registerer there is nothing to hook.
//
// kprom registers with every new client and takes its series away with every one
// that closes, and shards come and go. So only the cluster's own client begins and
// ends them; the others add to them.
func measure(to prometheus.Registerer) (ofAll, ofOwn []kgo.Hook) {
	if to == nil {
		return nil, nil
	}
	m := kprom.NewMetrics("notion_kafka", kprom.Subsystem("client"), kprom.Registerer(vectors{to}),
		kprom.FetchAndProduceDetail(kprom.Batches, kprom.Records, kprom.CompressedBytes, kprom.UncompressedBytes, kprom.ConsistentNaming),
		kprom.Histograms(kprom.RequestDurationE2E, kprom.RequestThrottled),
	)
	return []kgo.Hook{traffic{m, m, m, m, m, m}}, []kgo.Hook{lifetime{m, m}}
}

// traffic is what a client exchanges with brokers.
type traffic struct {
	kgo.HookBrokerConnect
	kgo.HookBrokerDisconnect
	kgo.HookBrokerE2E
	kgo.HookBrokerThrottle
	kgo.HookProduceBatchWritten
	kgo.HookFetchBatchRead
}

// lifetime is a client's beginning and end.
type lifetime struct {
	kgo.HookNewClient
	kgo.HookClientClosed
}

// vectors takes only what has labels, or could have: kprom's gauges of what is
// buffered ask one client, and would tell nothing of the others.
type vectors struct{ prometheus.Registerer }

// MustRegister implements prometheus.Registerer.
func (v vectors) MustRegister(all ...prometheus.Collector) {
	for _, c := range all {
		if _, single := c.(prometheus.Metric); !single {
			v.Registerer.MustRegister(c)
		}
	}
}
