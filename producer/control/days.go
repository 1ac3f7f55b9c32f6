package control

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// mostDays is how many days of a source are kept.
const mostDays = 35

// Days are what a source's runs published, by day: at most 35 days, the oldest first. A day
// on which nothing was published and nothing failed is left out.
type Days struct {
	Days []Day `json:"days"`
	// Topics are what was published to each topic on the last of the days; Failed counts the
	// runs that failed for its stream. Versions before this one did not count them.
	Topics map[string]Day `json:"topics,omitempty"`
}

// With are the days with a run that ended. It counts on the day of its end, in UTC. The
// given days are not changed.
func (d Days) With(run Run) Days {
	end := run.FinishedAt.UTC()
	added := Day{Day: end.Format(time.DateOnly)}
	if run.Status == Failed {
		added.Failed = 1
	}
	for _, s := range run.Streams {
		added.Snapshot, added.Created, added.Updated, added.Deleted = added.Snapshot+s.Snapshot, added.Created+s.Created, added.Updated+s.Updated, added.Deleted+s.Deleted
	}
	topics := d.topicsWith(added.Day, run.Streams)
	days := slices.Clone(d.Days)
	at, known := slices.BinarySearchFunc(days, added.Day, func(one Day, day string) int { return cmp.Compare(one.Day, day) })
	if known {
		days[at] = days[at].plus(added)
	} else {
		days = slices.Insert(days, at, added)
	}
	oldest := end.AddDate(0, 0, 1-mostDays).Format(time.DateOnly)
	days = slices.DeleteFunc(days, func(one Day) bool { return one.Day < oldest })
	return Days{days[max(0, len(days)-mostDays):], topics}
}

// topicsWith are the topics of the last day with the streams of a run that ended on a day.
func (d Days) topicsWith(day string, streams []StreamRun) map[string]Day {
	topics := map[string]Day{}
	if n := len(d.Days); n > 0 && d.Days[n-1].Day >= day {
		topics = maps.Clone(d.Topics)
		if d.Days[n-1].Day > day {
			return topics
		}
	}
	for _, s := range streams {
		added := Day{Day: day, Snapshot: s.Snapshot, Created: s.Created, Updated: s.Updated, Deleted: s.Deleted}
		if s.Status == Failed {
			added.Failed = 1
		}
		if s.Topic == "" || added == (Day{Day: day}) {
			continue
		}
		if topics == nil {
			topics = map[string]Day{}
		}
		topics[s.Topic] = added.plus(topics[s.Topic])
	}
	return topics
}

// Topic is what was published to a topic on a day.
func (d Days) Topic(topic, day string) Day {
	if n := len(d.Days); n > 0 && d.Days[n-1].Day == day && d.Topics[topic].Day == day {
		return d.Topics[topic]
	}
	return Day{Day: day}
}

func (d Day) plus(more Day) Day {
	d.Snapshot += more.Snapshot
	d.Created += more.Created
	d.Updated += more.Updated
	d.Deleted += more.Deleted
	d.Failed += more.Failed
	return d
}

// Counts reports whether days count anything of a run that ended: it published or deleted
// something, or failed.
func Counts(run Run) bool {
	return run.Status == Failed || slices.ContainsFunc(run.Streams, func(s StreamRun) bool { return s.Published+s.Deleted > 0 })
}

func (m *Memory) putDays(key string, value []byte) error {
	names, err := split(key, 1)
	if err != nil {
		return err
	}
	if value == nil {
		delete(m.days, names[0])
		return nil
	}
	days, err := decode[Days](value)
	if err != nil {
		return err
	}
	for i, one := range days.Days {
		if _, err := time.Parse(time.DateOnly, one.Day); err != nil {
			return fmt.Errorf("%.20q is not a day", one.Day)
		}
		if i > 0 && one.Day <= days.Days[i-1].Day {
			return fmt.Errorf("its days are not in order at %s", one.Day)
		}
	}
	days.Days = slices.Clone(days.Days[max(0, len(days.Days)-mostDays):])
	m.days[names[0]] = days
	return nil
}

// Days are what the runs of a source published, by day.
func (m *Memory) Days(source string) Days { return m.days[source] }
