package producer

import (
	"fmt"

	"notion-kafka/producer/control"
	"notion-kafka/producer/state"
)

// neighbours are the topics that are not for a source, and whose they are: the
// state and the control topic, and those that the streams of other sources are
// published to, as far as this shard and the history know. The file's own sources
// are kept apart when it is loaded, but not from sources that were made through
// the API, and a title may make the topic that another source names.
func (t *Task) neighbours() map[string]string {
	topics := map[string]string{}
	for _, name := range t.shard.daemon.names() {
		if name == t.Name {
			continue
		}
		if board := t.shard.daemon.opts.Board; board != nil {
			board.See(func(m *control.Memory) {
				last, _ := m.LastRun(name)
				for _, stream := range last.Run.Streams {
					topics[stream.Topic] = fmt.Sprintf("stream %s of source %s", stream.Stream, name)
				}
			})
		}
		t.shard.see(func(m *state.Memory) {
			for _, stream := range m.Source(name).Streams() {
				if topic := m.Source(name).Stream(stream).Topic; topic != nil {
					topics[topic.Topic] = fmt.Sprintf("stream %s of source %s", stream, name)
				}
			}
		})
	}
	delete(topics, "")
	opts := t.shard.daemon.opts
	topics[opts.StateTopic.Name], topics[opts.ControlTopic.Name] = "kafka.state_topic", "kafka.control_topic"
	return topics
}
