package control

import (
	"log/slog"
	"time"

	"notion-kafka/producer/kafka"
)

const (
	mostMuddled  = 20 // records that are named within muddledEvery
	muddledEvery = time.Hour
)

// muddled names the records that could not be read, each of which costs itself alone.
// The zero value is ready.
type muddled struct {
	since time.Time
	named int // since then
}

// name logs a record that was passed over, within bounds: anybody who may write the
// topic can write many.
func (m *muddled) name(log *slog.Logger, topic string, record kafka.Stored, err error) {
	if now := time.Now(); now.Sub(m.since) >= muddledEvery {
		m.since, m.named = now, 0
	}
	if m.named >= mostMuddled {
		return
	}
	m.named++
	hint := "what was written to its key before counts"
	if m.named == mostMuddled {
		hint = "more of them are not named within the hour"
	}
	log.Warn("a record of the control topic was passed over", "topic", topic, "partition", record.Partition, "offset", record.Offset, "error", err, "hint", hint)
}
