package daemon

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/grants"
	"notion-kafka/producer/kafka"
	"notion-kafka/producer/shard"
	"notion-kafka/producer/state"
)

// Options are everything a [Daemon] works with.
type Options struct {
	Cluster        *kafka.Cluster
	Group          string          // instances of one group share the sources
	Instance       string          // this instance's name in the group and in owner records
	StateTopic     kafka.TopicSpec // its Partitions are the shards
	ControlTopic   kafka.TopicSpec
	DataTopic      kafka.TopicSpec // how a stream's topic is made; Name is set for each
	Sources        []*producer.Source
	Schemas        producer.Schemas
	Embedded       bool          // the broker is the embedded one, which may cut a commit in two when it is killed
	DiscoveryEvery time.Duration // how often known databases are retrieved again
	Logger         *slog.Logger
	Report         func(producer.Report) // called with every finished run; may be nil
	Progress       func(control.Run)     // called with every run under way, twice a second, and with its end; may be nil
	Observer       producer.Observer     // may be nil
	// Nearest returns a hint which of the names was meant by name, such as
	// `did you mean "E-mail"?`, or ""; nil gives no hints.
	Nearest func(name string, names []string) string

	// Control reads and writes the control topic; the caller runs it. Without it there
	// is no history, no source but Sources, and no request from other instances.
	Control *control.Client
	// Open makes a source from its definition in the control topic; nil where
	// there are no definitions.
	Open func(name string, definition control.Definition) (*producer.Source, error)
	// MostSources is how many sources may be made through the API; 0: any number.
	MostSources int
	// Reseal seals the secrets of a definition that are not sealed with the current
	// key, and says whether there were any; nil: never.
	Reseal func(name string, definition control.Definition) (control.Definition, bool)
	// Grants has the OAuth connections of sources; nil where no source has one. The daemon
	// becomes its owner, and lets it read the control topic.
	Grants *grants.Store
	// About is this instance's record in the control topic; its Shards and Stalled are
	// filled in.
	About control.Instance
}

// A Daemon is one instance: a member of the group that runs the sources of the
// shards it is given.
type Daemon struct {
	opts  Options
	form  producer.Form
	pulse *pulse
	life  *life
	slots *slots // for the runs of all shards

	mu          sync.Mutex               // guards the next four
	claimed     map[int32]*shard.Shard   // the shards that this instance owns
	supervisors map[int32]*supervisor    // of the shards that are served
	stalled     map[int32]string         // why this instance cannot serve other shards that the group gave to it
	opened      map[string]*openedSource // the sources of the control topic, by name

	refusing kafka.Trouble // with writing to the control topic
	deaf     kafka.Trouble // with reading the control topic up to now

	byShard      func() map[int32][]*producer.Source // the sources of the file
	awake        chan struct{}                       // closed once the control topic has been read for the first time
	ownedChanged chan struct{}                       // holds an element when supervisors or stalled have changed
}

// New makes a daemon. It starts nothing and sends no request.
func New(opts Options) *Daemon {
	if opts.Nearest == nil {
		opts.Nearest = func(string, []string) string { return "" }
	}
	if opts.Report == nil {
		opts.Report = func(producer.Report) {}
	}
	if opts.Observer == nil {
		opts.Observer = producer.Nobody{}
	}
	d := &Daemon{opts: opts, form: producer.CurrentForm, pulse: newPulse(), life: newLife(), slots: newSlots(mostRuns), claimed: map[int32]*shard.Shard{}, supervisors: map[int32]*supervisor{}, stalled: map[int32]string{}, opened: map[string]*openedSource{}, awake: make(chan struct{}), ownedChanged: make(chan struct{}, 1)}
	d.byShard = sync.OnceValue(d.sourcesByShard)
	return d
}

// env is the environment of this process's tasks.
func (d *Daemon) env() *producer.Env {
	return &producer.Env{
		Cluster: d.opts.Cluster, DataTopic: d.opts.DataTopic, Schemas: d.opts.Schemas, DiscoveryEvery: d.opts.DiscoveryEvery,
		Reserved: []string{d.opts.StateTopic.Name, d.opts.ControlTopic.Name}, Observer: d.opts.Observer, Nearest: d.opts.Nearest,
		Sources: d.names, Taken: d.foreignTopics, FromFile: d.fromFile, Form: d.form,
	}
}

// shards is the state topic, whose partitions this instance claims.
func (d *Daemon) shards() *shard.StateTopic {
	return &shard.StateTopic{
		Cluster: d.opts.Cluster, Name: d.opts.StateTopic.Name, Shards: d.opts.StateTopic.Partitions, Group: d.opts.Group, Instance: d.opts.Instance,
		Embedded: d.opts.Embedded, Log: d.opts.Logger, Observe: d.opts.Observer.Transaction,
	}
}

// Offers asks Notion which streams a source offers; see [producer.Offers].
func (d *Daemon) Offers(ctx context.Context, src *producer.Source, remembered *state.Memory) ([]producer.Offer, error) {
	return producer.Offers(ctx, d.env(), src, remembered, d.opts.Logger)
}

// ReadState reads the whole state topic without claiming a shard; see
// [shard.StateTopic.ReadAll].
func (d *Daemon) ReadState(ctx context.Context) (map[int32]*state.Memory, error) {
	return d.shards().ReadAll(ctx)
}

// Run joins the group and serves the sources of every shard that the group gives to
// this instance, each on its trigger, until ctx ends. An open transaction is finished
// after that; nothing is lost.
//
// While no broker answers, Run waits and logs that. A state topic that must not be
// used is an error.
func (d *Daemon) Run(ctx context.Context) error {
	d.ownGrants()
	if ready, err := d.awaitKafka(ctx); !ready {
		return err
	}
	var names []string
	for _, src := range d.opts.Sources {
		names = append(names, src.Name)
	}
	d.opts.Logger.Info("joining the group", "group", d.opts.Group, "instance", d.opts.Instance, "sources", strings.Join(names, ","))
	present, leave := context.WithCancel(ctx)
	announcing := d.announceItself(present)
	announcing.Go(func() { d.showLife(present) })
	err := d.takePart(ctx, func(ctx context.Context, partition int32) {
		d.own(ctx, partition, d.serving(partition))
	})
	leave() // also where the group could not be joined
	announcing.Wait()
	d.opts.Logger.Info("stopped")
	return err
}

// awaitKafka returns true once Kafka answers and our topics are prepared; false when
// ctx ends first, and an error where waiting would not help.
func (d *Daemon) awaitKafka(ctx context.Context) (ready bool, err error) {
	for ctx.Err() == nil {
		err := d.opts.Cluster.Ping(ctx)
		if err == nil {
			if err = d.Prepare(ctx); err == nil {
				return true, nil
			}
			if ctx.Err() == nil && !kafka.Transient(err) {
				return false, err
			}
		}
		if ctx.Err() == nil {
			d.opts.Logger.Warn("waiting for Kafka", "error", err)
			shard.Wait(ctx, retryKafka)
		}
	}
	return false, nil
}

// retryKafka is the wait before a broker that did not answer is tried again.
const retryKafka = 5 * time.Second

// takePart joins the group and calls work for every assigned shard, each in a goroutine
// of its own, until the shard is revoked or ctx ends.
func (d *Daemon) takePart(ctx context.Context, work func(ctx context.Context, partition int32)) error {
	var (
		workers sync.WaitGroup
		trouble kafka.Trouble        // with the group
		stops   = map[int32]func(){} // by shard; only the group's callbacks touch it
	)
	return d.opts.Cluster.Join(ctx, d.opts.Group, d.opts.Instance, kafka.Membership{
		Assigned: func(shards []int32) {
			d.pulse.joined()
			for _, partition := range shards {
				ctx, cancel := context.WithCancelCause(ctx)
				done := make(chan struct{})
				stops[partition] = func() { cancel(errRevoked); <-done }
				workers.Go(func() {
					defer close(done)
					defer cancel(nil)
					work(ctx, partition)
				})
			}
		},
		Revoked: func(shards []int32) {
			for _, partition := range shards {
				if stop, ok := stops[partition]; ok {
					stop()
					delete(stops, partition)
				}
				d.setStalled(partition, "")
			}
		},
		Ended: workers.Wait,
		Heartbeat: func() {
			d.pulse.beat()
			if lasted, was := trouble.Over(); was {
				d.opts.Logger.Info("in touch with the group again", "group", d.opts.Group, "after", lasted.Round(time.Second).String())
			}
		},
		Failed: func(err error) {
			if lasts, now := trouble.Tell(); now {
				d.opts.Logger.Warn("out of touch with the group", "group", d.opts.Group, "for", lasts.Round(time.Second).String(), "error", err)
			}
		},
	})
}

var errRevoked = errors.New("another instance, or a Kafka outage, took this source away; it continues")
