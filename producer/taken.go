package producer

import (
	"fmt"

	"notion-kafka/producer/state"
)

// taken are the topics that this source may not use, with their owners, as far as the
// process and the shard know. Loading the configuration file keeps its sources apart, but
// not from sources that were made through the API. A title may also make the topic that
// another source names.
func (t *Task) taken() map[string]string {
	topics := t.env.Taken(t.Name)
	t.Shard.View(func(m *state.Memory) {
		for _, name := range t.env.Sources() {
			if name == t.Name {
				continue
			}
			for _, stream := range m.Source(name).Streams() {
				if topic := m.Source(name).Stream(stream).Topic; topic != nil && topic.Topic != "" {
					topics[topic.Topic] = fmt.Sprintf("stream %s of source %s", stream, name)
				}
			}
		}
	})
	return topics
}
