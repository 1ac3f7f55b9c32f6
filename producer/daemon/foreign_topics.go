package daemon

import (
	"fmt"

	"notion-kafka/producer/control"
)

// foreignTopics are the topics that a source must not use, with what uses them: the
// state and the control topic, and the topics of other sources in their last runs.
func (d *Daemon) foreignTopics(source string) map[string]string {
	topics := map[string]string{}
	for _, name := range d.names() {
		if name == source || d.opts.Control == nil {
			continue
		}
		d.opts.Control.View(func(m *control.Memory) {
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
