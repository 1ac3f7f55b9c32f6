package daemon

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"notion-kafka/notion"
	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
)

// A run that a person ends while it is planning reports who ended it.
func TestRunThatIsEndedInDiscovery(t *testing.T) {
	ends := map[string]func(i *member, id string) error{
		string(errCancelled): func(i *member, id string) error {
			_, err := i.Cancel(i.world.t.Context(), id)
			return err
		},
		string(errPaused): func(i *member, _ string) error { return i.Pause(i.world.t.Context(), "acme") },
	}
	for why, end := range ends {
		for _, asked := range []string{"/v1/users/me", "/v1/search", "/v1/databases/"} {
			t.Run(why+" at "+asked, func(t *testing.T) {
				var reached chan struct{}
				options := notiontest.Options{Latency: func(r *http.Request) time.Duration {
					if !strings.HasPrefix(r.URL.Path, asked) {
						return 0
					}
					reached <- struct{}{}
					return 10 * time.Second
				}}
				inWorld(t, options, func(t *testing.T, w *world) {
					reached = make(chan struct{}, 100) // of the bubble
					w.addTasks(1)
					i := w.member("one", byHandOnly)
					defer i.stop()
					i.started()
					run := i.mustStart(producer.Order{})
					<-reached
					if err := end(i, run.ID); err != nil {
						t.Fatal(err)
					}
					if ended := i.finished(run.ID); ended.Status != control.Cancelled || ended.Error != why {
						t.Errorf("%s: %q", ended.Status, ended.Error)
					}
				})
			})
		}
	}
}

// meetingSchemas returns the schema of the databases stream once another stream waits
// for its own. That one waits until its context ends.
type meetingSchemas struct {
	fixedSchemas
	waiting chan struct{}
	met     func()
}

func (s meetingSchemas) Databases(ctx context.Context, topic string) (func([]byte, *notion.Database) ([]byte, error), error) {
	<-s.waiting
	s.met()
	return s.fixedSchemas.Databases(ctx, topic)
}

func (s meetingSchemas) Pages(ctx context.Context, _ string) (func([]byte, *notion.Page) ([]byte, error), error) {
	close(s.waiting)
	<-ctx.Done()
	return nil, fmt.Errorf("the registry was asked: %w", context.Cause(ctx))
}

// A stream that ends because another one lost the shard reports that, and not the call
// that it was waiting in.
func TestStreamThatALostShardEnds(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(1)
		p := w.start()
		defer p.cluster.Close()
		p.opts.Schemas = meetingSchemas{waiting: make(chan struct{}), met: func() { _ = p.cable.cut() }}
		report, err := p.run(t.Context(), byHand)
		if !errors.Is(err, kafka.ErrUnknown) {
			t.Fatalf("the run ended with %v", err)
		}
		for _, told := range []string{report.Error, streamOf(report, producer.DatabasesStream).Error, streamOf(report, producer.DatabaseStream(db.ID())).Error} {
			if told != err.Error() || strings.Contains(told, "registry") {
				t.Errorf("told %q, the run ended with %q", told, err)
			}
		}
	})
}

// A request during a change of owner fails and says whether it may have been carried
// out. A question cannot have changed anything.
func TestAskedWhileTheOwnerChanges(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		p := w.start()
		defer p.cluster.Close()
		gone := &supervisor{d: p.Daemon, requests: make(chan request), done: make(chan struct{})}
		close(gone.done)
		p.register(p.shardOf("acme"), gone)
		_, ofStreams := p.Streams(t.Context(), "acme")
		_, ofPosition := p.Position(t.Context(), "acme", producer.DatabasesStream)
		for _, err := range []error{ofStreams, ofPosition} {
			mustBeKind(t, err, control.Unavailable, "is changing: try again")
		}
		mustBeKind(t, p.Pause(t.Context(), "acme"), control.Unavailable, "may have been carried out or not")
	})
}
