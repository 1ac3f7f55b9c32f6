package control

import (
	"log/slog"
	"time"

	"notion-kafka/producer/kafka"
)

const (
	mostUnreadable  = 20 // records that are logged within unreadableEvery
	unreadableEvery = time.Hour
)

// unreadable logs the records that cannot be read and are ignored. The zero value is
// ready.
type unreadable struct {
	since  time.Time
	logged int // since then
}

// log logs an ignored record, at most twenty an hour: whoever may write to the topic
// can write many.
func (u *unreadable) log(log *slog.Logger, topic string, record kafka.Stored, err error) {
	if now := time.Now(); now.Sub(u.since) >= unreadableEvery {
		u.since, u.logged = now, 0
	}
	if u.logged >= mostUnreadable {
		return
	}
	u.logged++
	hint := "the record that its key had before counts"
	if u.logged == mostUnreadable {
		hint = "more of them are not logged within the hour"
	}
	log.Warn("a record of the control topic was passed over", "topic", topic, "partition", record.Partition, "offset", record.Offset, "error", err, "hint", hint)
}
