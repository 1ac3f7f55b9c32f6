package producer

import (
	"fmt"

	"notion-kafka/producer/control"
	"notion-kafka/producer/state"
)

// taken are the topics that are not for this source, and whose they are, as far as the
// process and the shard know. The file's own sources are kept apart when it is loaded,
// but not from sources that were made through the API, and a title may make the topic
// that another source names.
func (t *Task) taken() map[string]string {
	topics := t.env.Taken(t.Name)
	t.shard.see(func(m *state.Memory) {
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

// taken are the topics that are not for a source, and whose they are: the state and the
// control topic, and those of the other sources' streams as far as the history goes.
func (d *Daemon) taken(source string) map[string]string {
	topics := map[string]string{}
	for _, name := range d.names() {
		if name == source || d.opts.Board == nil {
			continue
		}
		d.opts.Board.See(func(m *control.Memory) {
			last, _ := m.LastRun(name)
			for _, stream := range last.Run.Streams {
				topics[stream.Topic] = fmt.Sprintf("stream %s of source %s", stream.Stream, name)
			}
		})
	}
	delete(topics, "")
	topics[d.opts.StateTopic.Name], topics[d.opts.ControlTopic.Name] = "kafka.state_topic", "kafka.control_topic"
	return topics
}
