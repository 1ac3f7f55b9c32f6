package kafka

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/plugin/kprom"
)

// measure returns hooks that add up what all clients of a cluster exchange with its
// brokers: notion_kafka_client_…, by broker at most. Topics are no label, because
// there are as many as databases. Without a registerer there are no hooks.
//
// kprom registers its series with every new client and removes them with every
// client that closes, and shards come and go. So only the cluster's own client
// registers and removes the series; the others add to them.
func measure(to prometheus.Registerer) (forAll, forOwn []kgo.Hook) {
	if to == nil {
		return nil, nil
	}
	m := kprom.NewMetrics("notion_kafka", kprom.Subsystem("client"), kprom.Registerer(vectors{to}),
		kprom.FetchAndProduceDetail(kprom.Batches, kprom.Records, kprom.CompressedBytes, kprom.UncompressedBytes, kprom.ConsistentNaming),
		kprom.Histograms(kprom.RequestDurationE2E, kprom.RequestThrottled),
	)
	return []kgo.Hook{exchangeHooks{m, m, m, m, m, m}}, []kgo.Hook{lifetimeHooks{m, m}}
}

// exchangeHooks count what a client exchanges with brokers.
type exchangeHooks struct {
	kgo.HookBrokerConnect
	kgo.HookBrokerDisconnect
	kgo.HookBrokerE2E
	kgo.HookBrokerThrottle
	kgo.HookProduceBatchWritten
	kgo.HookFetchBatchRead
}

// lifetimeHooks register the series when a client begins and remove them at its end.
type lifetimeHooks struct {
	kgo.HookNewClient
	kgo.HookClientClosed
}

// vectors registers only metrics that have labels, or could have. kprom's gauges of
// buffered records read one client and miss the others.
type vectors struct{ prometheus.Registerer }

// MustRegister implements prometheus.Registerer.
func (v vectors) MustRegister(all ...prometheus.Collector) {
	for _, c := range all {
		if _, single := c.(prometheus.Metric); !single {
			v.Registerer.MustRegister(c)
		}
	}
}
