package producer

import (
	"strings"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
)

// logged counts the lines of the log that hold all of the texts.
func (w *world) logged(texts ...string) int {
	lines := 0
	for line := range strings.Lines(w.logs.String()) {
		all := true
		for _, text := range texts {
			all = all && strings.Contains(line, text)
		}
		if all {
			lines++
		}
	}
	return lines
}

// Two installations on one state topic: the one that came later keeps the
// shard, and the earlier one stops and names it, for good.
func TestTwoGroupsOnOneStateTopicDoNotFenceEachOtherInACircle(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(10)
		first := w.start()
		first.opts.Instance = "first-instance"
		firstRan, stopFirst := w.daemon(first)
		<-firstRan

		second := w.start()
		second.opts.Group, second.opts.Instance = "other-group", "second-instance"
		secondRan, stopSecond := w.daemon(second)
		<-secondRan
		for range 20 {
			db.AddPage("more", nil)
			w.pass(5 * time.Minute)
		}
		stopSecond()
		stopFirst()
		if n := w.logged("written by another group", "group=other-group", "instance=second-instance"); n != 1 {
			t.Errorf("the fenced instance said by whom %d times, want once\n%s", n, w.logs)
		}
		if n := len(secondRan); n < 15 {
			t.Errorf("the later group ran %d times in 100 minutes, want some 20", n)
		}
		w.mustRun(bySchedule)
		w.checkTopic(db, tasksTopic)
	})
}

// An instance that was stopped for longer than the session wakes up as a
// zombie: its shard has gone to another one, and nothing it writes is seen.
func TestZombieOfTheSameGroupGivesWay(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(10)
		zombie := w.start()
		zombie.opts.Instance = "zombie"
		zombieRan, stopZombie := w.daemon(zombie)
		<-zombieRan
		wake := zombie.cable.hold()

		heir := w.start()
		heir.opts.Instance = "heir"
		heirRan, stopHeir := w.daemon(heir)
		if first := <-heirRan; first.Status != Succeeded {
			t.Fatalf("%+v", first)
		}
		db.AddPage("while the zombie slept", nil)
		w.pass(7 * time.Minute)
		wake()
		for range 6 {
			db.AddPage("after it woke", nil)
			w.pass(5 * time.Minute)
		}
		stopHeir()
		stopZombie()
		if n := w.logged("written by another group"); n != 0 {
			t.Errorf("an instance of the same group was taken for another group's\n%s", w.logs)
		}
		w.mustRun(bySchedule)
		w.checkTopic(db, tasksTopic)
	})
}

// When an instance leaves, its shards go on elsewhere at once.
func TestShardsMoveWhenAnInstanceLeaves(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(10)
		first := w.start()
		firstRan, stopFirst := w.daemon(first)
		<-firstRan
		second := w.start()
		secondRan, stopSecond := w.daemon(second)
		w.pass(time.Minute)
		stopFirst()
		db.AddPage("under the second", nil)
		w.pass(11 * time.Minute)
		stopSecond()
		if len(firstRan)+len(secondRan) < 2 {
			t.Errorf("runs after the first one left: %d and %d", len(firstRan), len(secondRan))
		}
		w.checkTopic(db, tasksTopic)
	})
}
