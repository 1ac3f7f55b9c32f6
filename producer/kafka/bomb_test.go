package kafka

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Whoever may write to a topic can send a batch of a few kilobytes that fills the memory
// of whoever reads it.
func TestABatchThatBecomesHugeIsRefused(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.createTopic("bombed", 1, nil)
		cluster := b.cluster()
		const huge = 256 << 20
		gzip := kgo.GzipCompression() // a decoder of zstd has a finalizer, which no bubble bears
		client, err := kgo.NewClient(cluster.clientOptions(kgo.DefaultProduceTopic("bombed"), kgo.ProducerBatchCompression(gzip),
			kgo.ProducerBatchMaxBytes(huge), kgo.BrokerMaxWriteBytes(huge), kgo.BrokerMaxReadBytes(huge))...)
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		if err := client.ProduceSync(t.Context(), kgo.StringRecord("small"), &kgo.Record{Value: make([]byte, mostDecompressed)}).FirstErr(); err != nil {
			t.Fatal(err)
		}
		_, err = cluster.LastRecords(t.Context(), "bombed", 1)
		wantError(t, err, kgo.ErrMaxDecompress, "bombed", "offset", "128 MiB", "not written by notion-kafka")
	})
}
