package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"notion-kafka/producer"
	"notion-kafka/producer/daemon"
	"notion-kafka/producer/kafka"
	"notion-kafka/producer/shard"
	"notion-kafka/producer/state"
)

func stateCommand(p *process) *cobra.Command {
	cmd := &cobra.Command{
		Use: "state", Short: "Show and change what is remembered of every stream", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(stateShowCommand(p), stateResetCommand(p), confirmDeletesCommand(p), dismissDeletesCommand(p))
	return cmd
}

func stateShowCommand(p *process) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Show cursors, scans, held deletes and stuck pages of every stream",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(output, tableOrJSON...); err != nil {
				return err
			}
			return p.withApp(cmd.Context(), func(app *App) error {
				if err := app.Cluster.Ping(cmd.Context()); err != nil {
					return err
				}
				shards, err := app.Daemon(nil, nil).ReadState(cmd.Context())
				if err != nil && !errors.Is(err, shard.ErrUnreadableState) {
					return err
				}
				streams := streamStates(shards)
				if len(streams) == 0 {
					fmt.Fprintln(p.Err, p.advice(app.nothingRemembered(cmd.Context())))
				}
				return errors.Join(err, printState(p.Out, output, streams))
			})
		},
	}
	outputFlag(cmd, &output, tableOrJSON...)
	return cmd
}

// nothingRemembered says why there is no state to show, and what changes that.
func (a *App) nothingRemembered(ctx context.Context) string {
	topic := a.Config.Kafka.StateTopic
	if _, err := a.Cluster.Topic(ctx, topic); errors.Is(err, kafka.ErrTopicMissing) {
		return fmt.Sprintf("topic %s of %s is not created yet; %s", topic, a.brokers(), a.createdBy(topic))
	}
	return fmt.Sprintf("nothing is remembered in topic %s of %s: is it the configuration of the daemon?", topic, a.brokers())
}

// createdBy names what creates a topic that does not exist.
func (a *App) createdBy(topic string) string {
	switch {
	case !a.Config.Kafka.Topics.Create:
		return "kafka.topics.create is false, so create it yourself: `notion-kafka check` says with which settings"
	case topic == a.Config.Kafka.StateTopic, topic == a.Config.Kafka.ControlTopic:
		return "`notion-kafka run` or `notion-kafka once` creates it"
	}
	return "the first run of its stream creates it, in `notion-kafka run` or `notion-kafka once`"
}

// streamState is one stream as `state show` prints it.
type streamState struct {
	Source   string               `json:"source"`
	Stream   string               `json:"stream"`
	Title    string               `json:"title"`
	Topic    string               `json:"topic"`
	Form     string               `json:"properties"` // json or typed; "" before the first record
	Shard    int32                `json:"shard"`
	Pages    int                  `json:"pages"`
	Scanned  bool                 `json:"scanned"`            // the first scan is complete
	Scan     *state.Scan          `json:"scan"`               // under way, or null
	Cursors  map[string]time.Time `json:"cursors"`            // by data source, Notion's time
	Offsets  map[int32]int64      `json:"offsets"`            // last written, by partition of the topic
	Stuck    map[string]string    `json:"stuck"`              // the reason, by id of a page that could not be published
	Held     []string             `json:"held"`               // ids of missing pages that wait for a person
	LastRun  time.Time            `json:"last_run,omitzero"`  // last start, sweeps aside
	LastScan time.Time            `json:"last_scan,omitzero"` // last start of a scan, sweeps among them

	oldest time.Time // of Cursors
}

func streamStates(shards map[int32]*state.Memory) []streamState {
	out := []streamState{}
	for partition, memory := range shards {
		for _, source := range memory.Sources() {
			for _, stream := range memory.Source(source).Streams() {
				out = append(out, stateOf(partition, source, stream, memory.Source(source)))
			}
		}
	}
	slices.SortFunc(out, func(a, b streamState) int {
		return strings.Compare(a.Source+"/"+a.Stream, b.Source+"/"+b.Stream)
	})
	return out
}

func stateOf(partition int32, source, stream string, memory *state.SourceMemory) streamState {
	m := memory.Stream(stream)
	is := producer.Describe(m)
	s := streamState{
		Source: source, Stream: stream, Title: memory.Databases[producer.DatabaseOf(stream)].Title, Topic: is.Topic, Form: is.Form, Shard: partition,
		Pages: len(m.Pages), Scanned: is.Scanned, Scan: is.Scan, Cursors: is.Cursors, Offsets: is.Offsets,
		Stuck: producer.StuckPages(m), Held: []string{}, LastRun: is.LastRun, LastScan: is.LastScan, oldest: is.Oldest,
	}
	for _, id := range state.HeldDeletes(m) {
		s.Held = append(s.Held, id.String())
	}
	return s
}

func printState(to io.Writer, output string, streams []streamState) error {
	if output == asJSON {
		return printJSON(to, streams)
	}
	table := newRows(to, "SOURCE", "STREAM", "TITLE", "TOPIC", "PAGES", "HELD", "STUCK", "CURSOR", "SCAN", "LAST SCAN", "LAST RUN")
	for _, s := range streams {
		table.add(s.Source, s.Stream, s.Title, s.Topic,
			s.Pages, len(s.Held), len(s.Stuck), moment(s.oldest), scanText(s), moment(s.LastScan), moment(s.LastRun))
	}
	return table.Flush()
}

func scanText(s streamState) string {
	switch {
	case s.Scan != nil:
		return s.Scan.Remaining()
	case s.Scanned:
		return "complete"
	}
	return "none yet"
}

func moment(at time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return at.UTC().Format(time.RFC3339)
}

// readState reads the state topic, by shard.
func (a *App) readState(ctx context.Context, daemon *daemon.Daemon) (map[int32]*state.Memory, error) {
	ctx, cancel := context.WithTimeout(ctx, kafkaPatience)
	defer cancel()
	if err := a.Cluster.Ping(ctx); err != nil {
		return nil, err
	}
	return daemon.ReadState(ctx)
}

// remembered reads the state topic and returns a lookup of a source's shard, nil if
// nothing is remembered. After an error the lookup finds nothing.
func (a *App) remembered(ctx context.Context, daemon *daemon.Daemon) (func(source string) *state.Memory, error) {
	shards, err := a.readState(ctx, daemon)
	if err != nil {
		return noState, err
	}
	return func(source string) *state.Memory {
		return shards[state.ShardOf(source, a.stateTopic().Partitions)]
	}, nil
}

// ping checks that a broker responds.
func (a *App) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, kafkaPatience)
	defer cancel()
	return a.Cluster.Ping(ctx)
}

func noState(string) *state.Memory { return nil }

// kafkaPatience is how long interactive commands wait for Kafka.
const kafkaPatience = 15 * time.Second
