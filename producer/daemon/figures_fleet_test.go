//go:build figures

package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"notion-kafka/notion"
	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
	"notion-kafka/producer/schedule"
)

// A fleet is one daemon with a control topic and many sources, each of two small
// databases, on the defaults of the configuration. Sources of one token share a
// workspace and its budget.
type fleet struct {
	*process
	world      *world
	workspaces []*notiontest.Workspace
	commits    *commits

	mu      sync.Mutex // guards what follows
	reports []producer.Report
	waiting map[string]bool // sources that have not ended a run

	everyoneRan chan struct{} // closed when there are none
}

// fleet makes the daemon and the workspaces, and lets the pages grow old.
func (w *world) fleet(sources, tokens int, change ...func(*notiontest.Options)) *fleet {
	w.shards = 16
	f := &fleet{process: w.start(), world: w, commits: &commits{}, waiting: map[string]bool{}, everyoneRan: make(chan struct{})}
	var budgets []*notion.Budget
	for i := range tokens {
		options := notiontest.Options{
			Seed: uint64(i), Token: fmt.Sprintf("ntn_%d", i), Latency: slowly,
			Violation: func(what string) { w.t.Error("Notion's contract broken:", what) },
		}
		for _, c := range change {
			c(&options)
		}
		workspace := notiontest.New(options)
		for _, title := range []string{"Tasks", "Projects"} {
			db := workspace.AddDatabase(title, notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
			for range 5 {
				db.AddPage("page", nil)
			}
		}
		f.workspaces = append(f.workspaces, workspace)
		budgets = append(budgets, notion.NewBudget(0, 0))
	}
	about := control.Instance{Started: time.Now(), Version: "1.0.0", Console: "http://localhost:8080", Sources: map[string]string{}}
	f.opts.Sources = nil
	for i := range sources {
		source := f.newSource(fmt.Sprintf("team-%03d", i), i%tokens, budgets[i%tokens])
		f.opts.Sources = append(f.opts.Sources, source)
		f.waiting[source.Name] = true
		about.Sources[source.Name] = strings.Repeat("0", 16)
	}
	f.opts.About, f.opts.Report, f.opts.Observer = about, f.ended, f.commits
	f.opts.DataTopic.Partitions = 1
	f.opts.Logger = slog.New(producer.KeepRunLogs(slog.NewTextHandler(w.logs, nil)))
	f.opts.Control = control.NewClient(control.Options{Cluster: f.cluster, Topic: "control", Instance: f.opts.Instance, Logger: f.opts.Logger})
	w.pass(time.Hour)
	return f
}

// newSource is a source that runs every five minutes and is swept once a day.
func (f *fleet) newSource(name string, workspace int, budget *notion.Budget) *producer.Source {
	token := &oauth2.Token{AccessToken: f.workspaces[workspace].Token()}
	client, err := notion.NewClient(notion.Options{
		BaseURL: "https://notion.invalid", Transport: f.workspaces[workspace].RoundTripper(), Budget: budget, Tokens: oauth2.StaticTokenSource(token),
	})
	if err != nil {
		f.world.t.Fatal(err)
	}
	source := &producer.Source{
		Name: name, TopicPrefix: "notion." + name + ".", Notion: client,
		Trigger: schedule.Every{Interval: 5 * time.Minute, Name: name},
	}
	with(producer.Settings{Sweep: schedule.Every{Interval: 24 * time.Hour, Name: name}})(source)
	return source
}

// start runs the daemon; stop ends it in order and waits.
func (f *fleet) start() (stop func()) {
	ctx, end := context.WithCancel(f.world.t.Context())
	following, endClient := context.WithCancel(context.WithoutCancel(ctx))
	daemon, ended := make(chan error, 1), make(chan error, 1)
	go func() { ended <- f.opts.Control.Run(following) }()
	go func() { daemon <- f.Run(ctx) }()
	return func() {
		end()
		if err := <-daemon; err != nil {
			f.world.t.Error(err)
		}
		endClient()
		if err := <-ended; err != nil {
			f.world.t.Error(err)
		}
		f.cluster.Close()
	}
}

// ended notes a run that ended, unless stop cancelled it.
func (f *fleet) ended(report producer.Report) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch report.Status {
	case control.Succeeded:
	case control.Cancelled:
		return
	default:
		f.world.t.Errorf("a run ended like this: %+v", report)
	}
	f.reports = append(f.reports, report)
	if len(f.waiting) == 0 {
		return
	}
	if delete(f.waiting, report.Source); len(f.waiting) == 0 {
		close(f.everyoneRan)
	}
}

// runs are the runs so far that began before a time, by source, in order.
func (f *fleet) runs(before time.Time) map[string][]producer.Report {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := map[string][]producer.Report{}
	for _, report := range f.reports {
		if report.StartedAt.Before(before) {
			out[report.Source] = append(out[report.Source], report)
		}
	}
	return out
}

// commits counts the transactions that were committed.
type commits struct {
	producer.Nobody
	n atomic.Int64
}

// Transaction implements [Observer].
func (c *commits) Transaction(outcome string) {
	if outcome == "committed" {
		c.n.Add(1)
	}
}

// TestFigureThousandSources starts a daemon with a thousand sources, each with a
// token of its own, that are all due at once.
func TestFigureThousandSources(t *testing.T) { watchSources(t, 1000) }

// TestFigureThousandSourcesOf25Tokens is the same with forty sources to a token,
// where the budget makes them queue.
func TestFigureThousandSourcesOf25Tokens(t *testing.T) { watchSources(t, 25) }

// watchSources prints what the sources do from the start of their daemon until a little
// more than an hour after their first runs. By then all databases are retrieved again.
func watchSources(t *testing.T, tokens int) {
	const sources, watched = 1000, 65 * time.Minute
	inWorld(t, notiontest.Options{}, func(_ *testing.T, w *world) {
		f := w.fleet(sources, tokens)
		began := time.Now()
		stop := f.start()
		<-f.everyoneRan
		until := time.Now().Add(watched)
		w.pass(watched + time.Minute)
		stop()
		name, runs := fmt.Sprintf("ThousandSources/tokens=%d", tokens), f.runs(until)
		printFirstRuns(name, runs, began)
		printSecondRuns(name, runs)
		f.printLaterRuns(name, runs, until)
	})
}

// printFirstRuns prints when the first run of every source began and ended, and what it
// cost.
func printFirstRuns(name string, runs map[string][]producer.Report, began time.Time) {
	var begin, end, took []time.Duration
	var requests int64
	for _, of := range runs {
		begin = append(begin, of[0].StartedAt.Sub(began))
		end = append(end, of[0].FinishedAt.Sub(began))
		took = append(took, of[0].FinishedAt.Sub(of[0].StartedAt))
		requests += of[0].Requests
	}
	for _, all := range [][]time.Duration{begin, end, took} {
		slices.Sort(all)
	}
	fmt.Printf("%s/first-runs\t%d sources\t%.3f s-to-first-begin\t%.3f s-to-last-begin\t%.1f s-to-first-end\t%.1f s-to-median-end\t%.1f s-to-last-end\t%.1f s-longest-run\t%d requests\n",
		name, len(runs), begin[0].Seconds(), begin[len(begin)-1].Seconds(), end[0].Seconds(), end[len(end)/2].Seconds(), end[len(end)-1].Seconds(), took[len(took)-1].Seconds(), requests)
}

// printSecondRuns prints how far jitter spreads the runs that began together.
func printSecondRuns(name string, runs map[string][]producer.Report) {
	var starts []time.Time
	within := map[time.Time]int{}
	for _, of := range runs {
		starts = append(starts, of[1].StartedAt)
		within[of[1].StartedAt.Truncate(time.Second)]++
	}
	first, last := slices.MinFunc(starts, time.Time.Compare), slices.MaxFunc(starts, time.Time.Compare)
	fmt.Printf("%s/second-runs\t%.1f s-first-to-last\t%d in-fullest-second\t%.1f mean-a-second\n",
		name, last.Sub(first).Seconds(), slices.Max(slices.Collect(maps.Values(within))), float64(len(starts))/last.Sub(first).Seconds())
}

// printLaterRuns prints how often every source ran until a time, how often its trigger
// wanted a run, and how late the runs began.
func (f *fleet) printLaterRuns(name string, runs map[string][]producer.Report, until time.Time) {
	var ran, missing []int
	var late, took time.Duration
	var requests int64
	total := 0
	for _, src := range f.opts.Sources {
		of := runs[src.Name]
		wanted := 0
		for due := of[0].StartedAt; due.Before(until); due, _ = src.Trigger.Next(due) {
			wanted++
		}
		ran, missing = append(ran, len(of)), append(missing, wanted-len(of))
		for i, report := range of[1:] {
			due, _ := src.Trigger.Next(of[i].StartedAt)
			late, took = max(late, report.StartedAt.Sub(due)), max(took, report.FinishedAt.Sub(report.StartedAt))
			requests += report.Requests
			total++
		}
	}
	fmt.Printf("%s/later-runs\t%d runs-min\t%d runs-max\t%d fewer-than-wanted\t%.3f s-latest-begin\t%.1f s-longest-run\t%.2f requests/run\t%.2f transactions/run\n",
		name, slices.Min(ran), slices.Max(ran), slices.Max(missing), late.Seconds(), took.Seconds(), float64(requests)/float64(total), float64(f.commits.n.Load())/float64(total+len(ran)))
}

// TestFigureQuietWeek measures what a week without edits leaves in the control and the
// state topic, as written and after compaction.
func TestFigureQuietWeek(t *testing.T) {
	const sources, week = 10, 7 * 24 * time.Hour
	inWorld(t, notiontest.Options{}, func(_ *testing.T, w *world) {
		f := w.fleet(sources, sources)
		stop := f.start()
		<-f.everyoneRan
		w.pass(time.Minute)
		before, quiet := f.commits.n.Load(), time.Now()
		w.pass(week)
		transactions := f.commits.n.Load() - before
		for _, topic := range []string{"control", "state"} {
			w.printTopic(topic, quiet)
		}
		stop()
		fmt.Printf("QuietWeek\t%d sources\t%d runs\t%.3f transactions/minute/source\n",
			sources, len(f.reports)-sources, float64(transactions)/week.Minutes()/sources)
	})
}

// A weight is a number of records and their bytes of key and value.
type weight struct{ records, bytes int }

// weights are the weights by kind of key; "" is all of them together.
type weights map[string]weight

func (w weights) add(r kafka.Stored) {
	kind, _, _ := strings.Cut(string(r.Key), "/")
	for _, of := range []string{"", kind} {
		w[of] = weight{w[of].records + 1, w[of].bytes + len(r.Key) + len(r.Value)}
	}
}

// printTopic prints what was written to a topic since a time and what lives in it, by
// kind of key and in all.
func (w *world) printTopic(topic string, since time.Time) {
	type place struct {
		partition int32
		key       string
	}
	written, live, last := weights{}, weights{}, map[place]kafka.Stored{}
	for _, r := range w.records(topic) {
		at := place{r.Partition, string(r.Key)}
		if last[at] = r; r.Value == nil {
			delete(last, at)
		}
		if r.Time.After(since) {
			written.add(r)
		}
	}
	for _, r := range last {
		live.add(r)
	}
	for _, kind := range slices.Sorted(maps.Keys(live)) {
		name := strings.TrimSuffix("QuietWeek/"+topic+"/"+kind, "/")
		fmt.Printf("%s\t%d records-written\t%.1f KB-written\t%d keys-live\t%.1f KB-live\n",
			name, written[kind].records, float64(written[kind].bytes)/1e3, live[kind].records, float64(live[kind].bytes)/1e3)
	}
}
