package daemon

import (
	"strings"
	"testing"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// A prefix that turns a pinned name into that of the state or the control topic
// moves nothing there.
func TestPrefixThatLeadsToATopicOfOurOwn(t *testing.T) {
	for title, whose := range map[string]string{"State": "kafka.state_topic", "Control": "kafka.control_topic"} {
		inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
			db := w.notion.AddDatabase(title, notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
			db.AddPage("one", nil)
			topic := strings.ToLower(title)
			w.mustRun(byHand)
			w.checkTopic(db, "notion.acme."+topic)
			before := len(w.records(topic))
			if s := w.runWith(byHand, db, func(src *producer.Source) { src.TopicPrefix = "" }); s.Status != control.NeedsAttention || !strings.Contains(s.Error, whose) {
				t.Errorf("%+v", s)
			}
			for _, r := range w.records(topic)[before:] {
				if len(r.Headers) > 0 {
					t.Errorf("page %s was published to topic %s", r.Key, topic)
				}
			}
		})
	}
}
