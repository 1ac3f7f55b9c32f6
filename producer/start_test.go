package producer

import (
	"fmt"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
)

// Instances that are started together on a new cluster all want to initialise
// the state topic. None of them gives up over it.
func TestInstancesStartTogether(t *testing.T) {
	for seed := range uint64(5) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			inWorld(t, notiontest.Options{Seed: seed}, func(t *testing.T, w *world) {
				db := w.addTasks(10)
				var stops []func()
				for n := range 6 {
					instance := w.start()
					instance.opts.Instance = fmt.Sprint("instance-", n)
					_, stop := w.daemon(instance) // fails the test where it ends by itself
					stops = append(stops, stop)
				}
				w.pass(2 * time.Minute)
				for _, stop := range stops {
					stop()
				}
				w.checkTopic(db, tasksTopic)
			})
		})
	}
}

// A daemon starts well wherever Kafka goes away for ten seconds meanwhile,
// between any two of its requests.
func TestKafkaGoesAwayWhileTheDaemonStarts(t *testing.T) {
	for n := int64(1); n <= 40 && !t.Failed(); n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
				db := w.addTasks(10)
				p := w.start()
				p.cable.cutWrite = n
				p.cable.onCut = func() { time.AfterFunc(10*time.Second, p.cable.repair) }
				_, stop := w.daemon(p) // fails the test where it ends by itself
				w.pass(10 * time.Minute)
				stop()
				w.checkTopic(db, tasksTopic)
			})
		})
	}
}
