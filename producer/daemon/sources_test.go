package daemon

import (
	"encoding/json"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// opener is a daemon that knows no broker and opens sources as open does.
func opener(open func(name string, definition control.Definition) (*producer.Source, error)) *Daemon {
	d := New(Options{Logger: slog.New(slog.DiscardHandler), Open: open})
	d.opts.StateTopic.Partitions = 16
	return d
}

// Every request looks at all sources, so opening a large source must not delay the
// others.
func TestWhileASourceIsOpenedTheDaemonAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leave := make(chan struct{})
		opened := 0
		d := opener(func(name string, _ control.Definition) (*producer.Source, error) {
			opened++
			<-leave
			return &producer.Source{Name: name}, nil
		})
		definition := control.Definition{Spec: json.RawMessage(`{}`), Updated: time.Now()}
		sources := make(chan *producer.Source, 2)
		open := func() { sources <- d.open("acme", definition).source }
		go open()
		synctest.Wait()
		if !d.mu.TryLock() {
			close(leave)
			t.Fatal("nobody can ask the daemon for anything while a source is opened")
		}
		d.mu.Unlock()
		go open()
		synctest.Wait()
		close(leave)
		if one, other := <-sources, <-sources; one == nil || one != other || opened != 1 {
			t.Errorf("the same definition was opened %d times, as %p and %p", opened, one, other)
		}
	})
}

func TestASourceWhoseOpeningPanicsIsOpenedAgain(t *testing.T) {
	calls := 0
	d := opener(func(string, control.Definition) (*producer.Source, error) {
		if calls++; calls == 1 {
			panic("no")
		}
		return nil, errors.New("a problem of its own")
	})
	func() {
		defer func() { _ = recover() }()
		d.open("acme", control.Definition{})
	}()
	if got := d.open("acme", control.Definition{}).problem; got == nil || got.Error() != "a problem of its own" {
		t.Errorf("the problem is %v", got)
	}
}

// An opened source holds a token, so it is dropped once the source is removed.
func TestARemovedSourceIsForgotten(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(1)
		i := w.member("one")
		defer i.stop()
		i.started()
		isKept := func() bool {
			i.mu.Lock()
			defer i.mu.Unlock()
			return i.opened["beta"] != nil
		}
		i.mustPut(`{"name":"beta"}`)
		w.pass(time.Minute)
		if !isKept() {
			t.Fatal("a source that is defined is not opened")
		}
		if err := i.DeleteSource(t.Context(), "beta"); err != nil {
			t.Fatal(err)
		}
		w.pass(10 * time.Minute)
		if isKept() {
			t.Error("a source that was removed is kept with its token")
		}
	})
}
