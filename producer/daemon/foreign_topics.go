package daemon

import (
	"fmt"

	"notion-kafka/producer/control"
)

// taken are the topics that are not for a source, and whose they are: the state and the
// control topic, and those of the other sources' streams as far as the history goes.
func (d *Daemon) taken(source string) map[string]string {
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
