package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"slices"
	"time"

	"notion-kafka/producer/control"
)

// A fakeBackend has one source, acme, with one stream and one run, and records its
// calls.
type fakeBackend struct {
	asleep  error  // the error of Awake
	behind  error  // the error of CatchUp
	news    func() // what catching up brings
	sources []control.Source
	run     control.Run
	log     *control.Log
	err     error // the error of every call
	panics  bool
	wrong   map[string]error
	done    []string
	// changes are yielded by Follow until the channel is closed; left is closed when
	// Follow ends.
	changes chan change
	left    chan struct{}
	// connected is what FinishOAuth returns, refused its error.
	connected control.Connected
	refused   error
	drafts    []control.Draft // the last updated first
}

const (
	stream = "database_248104cd-477e-80fd-b757-e945d38000bd"
	topic  = "notion.acme.engineering_tasks"

	consentPage = "https://api.notion.com/v1/oauth/authorize"
)

func noon() time.Time { return time.Date(2026, time.November, 20, 12, 0, 0, 0, time.UTC) }

func newFake() *fakeBackend {
	run := control.Run{
		ID: "run-1", Source: "acme", Trigger: control.BySchedule, Status: control.Succeeded, StartedAt: noon(), FinishedAt: noon().Add(time.Second),
		Requests: 3, ThrottledSeconds: 0.5,
		Streams: []control.StreamRun{{
			Stream: stream, Title: "Engineering Tasks", Topic: topic, Sync: "incremental", Kind: control.Incremental,
			Status: control.Succeeded, Read: 2, Published: 1, Unchanged: 1, Cursor: noon(),
		}},
	}
	return &fakeBackend{
		sources: []control.Source{{
			Totals: control.Totals{Streams: 2, Rows: 7, Stuck: 1},
			Days:   []control.Day{{Day: "2026-11-20", Snapshot: 1, Created: 2, Updated: 3, Deleted: 4, Failed: 5}},
			Name:   "acme", Definition: json.RawMessage(`{"name":"acme","trigger":{"every":"15m"},"streams":[{"match":"database_*"}]}`),
			Status: control.SourceReady, Origin: control.FromConsole, Workspace: "Acme Inc.", LastRun: &run, NextRun: noon().Add(time.Hour), Owner: "host-a",
		}},
		run:     run,
		log:     &control.Log{Run: "run-1", Lines: []string{`{"level":"INFO","msg":"run started"}`, "no JSON <&>"}, Cut: true},
		changes: make(chan change), left: make(chan struct{}),
	}
}

// ask begins every method: the source has to exist, and no error to be set.
func (b *fakeBackend) ask(source, format string, args ...any) error {
	if b.panics {
		panic("the backend lost its head")
	}
	if b.err != nil {
		return b.err
	}
	if !slices.ContainsFunc(b.sources, func(s control.Source) bool { return s.Name == source }) {
		return &control.Error{Kind: control.NotFound, Message: fmt.Sprintf("there is no source %q", source)}
	}
	b.done = append(b.done, fmt.Sprintf(format, args...))
	return nil
}

func (b *fakeBackend) askStream(source, name, format string, args ...any) error {
	if name != stream {
		return &control.Error{Kind: control.NotFound, Message: fmt.Sprintf("source %s has no stream %q", source, name)}
	}
	return b.ask(source, format, args...)
}

func (b *fakeBackend) askRun(id, format string, args ...any) error {
	if id != b.run.ID {
		return &control.Error{Kind: control.NotFound, Message: fmt.Sprintf("there is no run %q", id)}
	}
	return b.ask("acme", format, args...)
}

func (b *fakeBackend) Awake(context.Context) error { return b.asleep }

func (b *fakeBackend) CatchUp(context.Context) error {
	if b.news != nil {
		b.news()
	}
	return b.behind
}

func (b *fakeBackend) Sources() []control.Source {
	if b.panics {
		panic("the backend lost its head")
	}
	return b.sources
}

func (b *fakeBackend) Streams(_ context.Context, source string) ([]control.Stream, error) {
	return []control.Stream{{
		Stream: stream, Title: "Engineering Tasks", Topic: topic, Sync: "incremental", Enabled: true, Status: control.Succeeded,
		Cursor: noon(), Rows: 12, Scanned: true, LastRun: noon(), Left: []string{"notion.old"},
	}}, b.ask(source, "streams %s", source)
}

func (b *fakeBackend) PutSource(_ context.Context, name string, spec json.RawMessage, create bool) (bool, error) {
	if b.err != nil {
		return false, b.err
	}
	b.done = append(b.done, fmt.Sprintf("put %s create=%t %s", name, create, spec))
	at := slices.IndexFunc(b.sources, func(s control.Source) bool { return s.Name == name })
	if at >= 0 && create {
		return false, &control.Error{Kind: control.Conflict, Message: fmt.Sprintf("there is a source %q already", name)}
	}
	var definition map[string]any
	if err := json.Unmarshal(spec, &definition); err != nil {
		return false, err
	}
	delete(definition, "token")
	public, err := json.Marshal(definition)
	source := control.Source{Name: name, Definition: public, Status: control.SourceReady, Origin: control.FromConsole}
	if at >= 0 {
		b.sources[at] = source
		return false, err
	}
	b.sources = append(b.sources, source)
	return true, err
}

func (b *fakeBackend) DeleteSource(_ context.Context, name string) error {
	return b.ask(name, "delete %s", name)
}

func (b *fakeBackend) Spending(_ context.Context, source string) (control.Spending, error) {
	spent := control.Spending{Limit: 180}
	for n := range 60 {
		spent.Minutes = append(spent.Minutes, control.Minute{At: noon().Add(time.Duration(n) * time.Minute)})
	}
	spent.Minutes[59].Requests, spent.Minutes[59].Refused, spent.Minutes[59].Waited = 181, 1, 2.5
	return spent, b.ask(source, "spending %s", source)
}

func (b *fakeBackend) Pause(_ context.Context, source string) error {
	b.sources[0].Status = control.SourcePaused
	return b.ask(source, "pause %s", source)
}

func (b *fakeBackend) Resume(_ context.Context, source string) error {
	b.sources[0].Status = control.SourceReady
	return b.ask(source, "resume %s", source)
}

func (b *fakeBackend) Runs(source string) ([]control.Run, error) {
	return []control.Run{b.run}, b.ask(source, "runs %s", source)
}

func (b *fakeBackend) Instances() control.Group {
	b.done = append(b.done, "instances")
	began := time.Date(2026, 11, 20, 5, 0, 0, 0, time.UTC)
	return control.Group{
		Instances: []control.InstanceView{
			{ID: "host-a/4711", Version: "v1", StartedAt: began, HeardAt: began.Add(time.Hour), Console: "http://host-a:8080", Shards: []int32{0, 3}, Sources: []string{"acme"}, This: true},
			{ID: "host-b/42", Version: "v2", StartedAt: began, HeardAt: began, Shards: []int32{}, Stalled: map[int32]string{1: "why"}, Sources: []string{}},
		},
		Disagreements: []string{"acme"},
	}
}

func (b *fakeBackend) AllRuns(filter control.RunFilter) []control.Run {
	b.done = append(b.done, fmt.Sprintf("all runs %s %s %s %d", filter.Source, filter.Status, filter.Trigger, filter.Limit))
	if filter.Limit == 1 || filter.Source != "" && filter.Source != b.run.Source {
		return nil
	}
	return []control.Run{b.run}
}

func (b *fakeBackend) Run(id string) (control.Run, *control.Log, error) {
	return b.run, b.log, b.askRun(id, "run %s", id)
}

func (b *fakeBackend) Follow(ctx context.Context, id string) iter.Seq2[control.Run, error] {
	return func(yield func(control.Run, error) bool) {
		defer close(b.left)
		if err := b.askRun(id, "follow %s", id); err != nil {
			yield(control.Run{}, err)
			return
		}
		for {
			select {
			case <-ctx.Done():
				return
			case c, more := <-b.changes:
				if !more || !yield(c.run, c.err) {
					return
				}
			}
		}
	}
}

func (b *fakeBackend) Start(_ context.Context, source string, order control.Order) (control.Run, error) {
	queued := control.Run{ID: "run-2", Source: source, Trigger: control.ByHand, Status: control.Queued, StartedAt: noon()}
	return queued, b.ask(source, "start %s %+v", source, order)
}

func (b *fakeBackend) Cancel(_ context.Context, id string) (control.Run, error) {
	return b.run, b.askRun(id, "cancel %s", id)
}

func (b *fakeBackend) Position(_ context.Context, source, name string) (control.Position, error) {
	return control.Position{
		Source: source, Stream: name, Topic: topic, Cursors: map[string]time.Time{"d1": noon()}, Offsets: map[int32]int64{0: 4711}, Scanned: true,
	}, b.askStream(source, name, "position %s", name)
}

func (b *fakeBackend) Reset(_ context.Context, source, name string, forget bool) error {
	return b.askStream(source, name, "reset %s forget=%t", name, forget)
}

func (b *fakeBackend) Held(_ context.Context, source, name string, look int) (control.HeldDeletes, error) {
	held := control.HeldDeletes{Source: source, Stream: name, Title: "Engineering Tasks", Topic: topic, Rows: 60, Held: 2, Pages: []control.HeldPage{
		{Page: "p", URL: "https://www.notion.so/p", Edited: noon()}, {Page: "q", URL: "https://www.notion.so/q"},
	}}
	if look > 0 {
		held.Pages[0].Fate, held.Pages[0].Title = control.Trashed, "Old"
		held.Pages[1].Fate, held.Pages[1].Error = control.Unknown, "no answer"
	}
	return held, b.askStream(source, name, "held %s look=%d", name, look)
}

func (b *fakeBackend) ConfirmDeletes(_ context.Context, source, name string) (control.Run, error) {
	return b.run, b.askStream(source, name, "confirm %s", name)
}

func (b *fakeBackend) DismissDeletes(_ context.Context, source, name string) (int, error) {
	return 42, b.askStream(source, name, "dismiss %s", name)
}

func (b *fakeBackend) BeginOAuth(_ context.Context, what control.Connecting, browser string) (string, error) {
	if what.Draft != "" {
		_, err := b.draftAt(what.Draft)
		return consentPage + "?client_id=abc&state=" + what.Draft + "+" + browser, err
	}
	source := what.Source
	return consentPage + "?client_id=abc&state=" + source + "+" + browser, b.ask(source, "begin %s %s", source, browser)
}

func (b *fakeBackend) FinishOAuth(ctx context.Context, browser string, query url.Values) (control.Connected, error) {
	if b.panics {
		panic("the backend lost its head")
	}
	if ctx.Err() != nil {
		return control.Connected{}, ctx.Err()
	}
	b.done = append(b.done, fmt.Sprintf("finish %s %s", browser, query.Encode()))
	return b.connected, b.refused
}

func (b *fakeBackend) Ready(context.Context) map[string]error { return b.wrong }

// errSecret may appear in the log only.
var errSecret = errors.New("dial tcp 10.1.2.3:9092: the wire said s3cr3t")

func (b *fakeBackend) Review(_ context.Context, d control.Draft) (control.Review, error) {
	b.done = append(b.done, fmt.Sprintf("review %s", d.Spec))
	return control.Review{
		Tables: []control.ReviewedTable{
			{Stream: "databases", Enabled: true, Rule: -1, Topic: "notion.acme.databases", Sync: "full_table"},
			{Stream: stream, Title: "Engineering Tasks", Enabled: true, Rule: -1, Topic: topic, Sync: "incremental"},
		},
		Problems: []control.SpecProblem{},
		Trigger:  control.TriggerReview{Sentence: "every 5 minutes", Zone: "UTC", Next: []time.Time{noon()}},
		Sweep:    control.TriggerReview{Sentence: "every day", Zone: "UTC", Next: []time.Time{noon()}},
		Requests: 5, PerMinute: 180, YAML: "- name: acme\n",
	}, b.err
}

func (b *fakeBackend) Definition(name string) (json.RawMessage, string, error) {
	return b.sources[0].Definition, "- name: acme\n  trigger: {every: 15m}\n", b.ask(name, "definition %s", name)
}
