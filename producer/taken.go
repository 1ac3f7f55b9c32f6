package producer

import (
	"fmt"

	"notion-kafka/producer/state"
)

// taken are the topics that are not for this source, and whose they are, as far as the
// process and the shard know. The file's own sources are kept apart when it is loaded,
// but not from sources that were made through the API, and a title may make the topic
// that another source names.
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
