package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"notion-kafka/config"
	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/daemon"
)

func demoCommand(p *process) *cobra.Command {
	var (
		dataDir string
		blunder bool
	)
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show the whole system with nothing else installed",
		Long: "Show the whole system with nothing else installed: a simulated Notion workspace that people keep\n" +
			"editing, a broker and a schema registry inside this process, and the daemon between them. With\n" +
			"kafka.brokers set, the simulated workspace is published to those brokers.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.demo(cmd.Context(), dataDir, blunder) },
	}
	cmd.Flags().StringVar(&dataDir, "data-dir", "", "keep the data in `DIR` (default: a temporary directory, removed at the end)")
	cmd.Flags().BoolVar(&blunder, "blunder", false, "after half a minute somebody deletes most of a database by mistake, to show held deletes")
	return cmd
}

const (
	demoSeed  = 1               // always the same workspace, so that kept data belongs to it
	demoEvery = 5 * time.Second // how often the demo's daemon polls
	demoPace  = 2 * time.Second // how often somebody edits the simulated workspace

	// demoSweepEvery is how often the demo's daemon looks for deleted pages: often
	// enough to watch.
	demoSweepEvery = 20 * time.Second

	demoBlunder = 30 * time.Second // after this, --blunder's mistake
)

func (p *process) demo(ctx context.Context, dataDir string, blunder bool) (err error) {
	if dataDir == "" {
		if dataDir, err = os.MkdirTemp("", "notion-kafka-demo-"); err != nil {
			return fmt.Errorf("making a temporary data directory: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dataDir)) }()
	}
	workspace := notiontest.New(notiontest.Options{Seed: demoSeed})
	company := notiontest.SeedCompany(workspace)
	api, err := serveWorkspace(ctx, workspace)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, api.Close()) }()

	p.Environ = append(withoutToken(p.Environ), "NOTION_TOKEN="+workspace.Token())
	cfg, err := p.config("data_dir="+dataDir, "notion.api_url="+api.url, "defaults.trigger.every="+demoEvery.String(), "defaults.sweep.every="+demoSweepEvery.String())
	if err != nil {
		return err
	}
	if len(cfg.Sources) != 1 || cfg.Sources[0].Name != "notion" {
		return usageError{errors.New("the configuration file has sources, and the demo brings its own: run it in a directory without that file")}
	}
	cfg.Sources[0].Name, cfg.Sources[0].Description = "demo", "A simulated company"
	typed := config.PropertiesTyped // of one database, so that both forms can be seen
	cfg.Sources[0].Streams = []config.StreamRule{
		{Match: producer.DatabasesStream}, {Match: producer.DatabaseStream(company.Projects.ID()), Overrides: config.Overrides{Properties: &typed}}, {Match: producer.DatabaseStream("*")},
	}
	if err := isFree(ctx, cfg.Console.Listen); err != nil {
		return err
	}
	addDemoApp(workspace, cfg)
	token, page := workspace.AddConnection("second connection"), company.Projects.Pages(notiontest.Live)[0]
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.live(ctx, company, blunder) })
	group.Go(func() error {
		return p.serve(ctx, cfg, p.demoLogger(), func(app *App, options *daemon.Options) {
			var explained sync.Once
			options.Report = func(r producer.Report) {
				if len(r.Streams) > 0 {
					explained.Do(func() { p.explainDemo(app, api.url, token, page, r) })
				}
			}
		})
	})
	return group.Wait()
}

// isFree returns an error if another program listens where the demo's console is to be: the
// addresses that the demo prints would lead there.
func isFree(ctx context.Context, listen string) error {
	if listen == "" {
		return nil
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", listen)
	if err != nil {
		return fmt.Errorf("the demo's console cannot listen, perhaps because another demo does: %w; "+
			"for a demo beside it add --set console.listen=127.0.0.1:28080 --set embedded.kafka_listen=127.0.0.1:29092 --set embedded.registry_listen=127.0.0.1:28081", err)
	}
	return listener.Close()
}

// addDemoApp gives the simulated workspace a public connection, and the configuration its
// id and secret.
func addDemoApp(workspace *notiontest.Workspace, cfg *config.Config) {
	app := workspace.AddApp(notiontest.AppOptions{
		Name: "notion-kafka demo", RedirectURIs: []string{cfg.OAuth.RedirectURL}, Capabilities: []notiontest.Capability{notiontest.ReadContent, notiontest.ReadUsers},
	})
	cfg.OAuth = config.OAuth{
		ClientID: app.ClientID(), ClientSecret: config.Secret(app.ClientSecret()), RedirectURL: cfg.OAuth.RedirectURL,
		AuthorizeURL: cfg.Notion.APIURL + "/v1/oauth/authorize", TokenURL: cfg.Notion.APIURL + "/v1/oauth/token",
	}
}

// live edits the simulated workspace until ctx ends, and prints every edit.
func (p *process) live(ctx context.Context, company *notiontest.Company, blunder bool) error {
	ticks := time.NewTicker(demoPace)
	defer ticks.Stop()
	var mistake <-chan time.Time
	if blunder {
		mistake = time.After(demoBlunder)
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-mistake:
			fmt.Fprintf(p.Err, "  in Notion: %s\n", company.Blunder())
		case <-ticks.C:
			fmt.Fprintf(p.Err, "  in Notion: %s\n", company.Step())
		}
	}
}

// explainDemo prints the addresses and lines to try, once there are records.
// token is that of a connection that no source has, page one that was read.
func (p *process) explainDemo(app *App, api, token, page string, r producer.Report) {
	brokers, self := app.brokers(), selfCommand()+p.configFlag()
	topic := r.Streams[len(r.Streams)-1].Topic
	fmt.Fprintf(p.Out, "\nThe demo is running.\n\n")
	fmt.Fprintf(p.Out, "  Notion (simulated)  %s\n  Kafka               %s\n  schema registry     %s\n", api, brokers, app.Registry.Address())
	console := shownAddress(app.Config)
	if app.Config.Console.Listen != "" {
		fmt.Fprintf(p.Out, "  console             %s    (open it in a browser)\n", app.Config.Console.PublicURL)
	}
	fmt.Fprint(p.Out, "\nTopics:\n")
	for _, s := range r.Streams {
		fmt.Fprintln(p.Out, strings.TrimRight(fmt.Sprintf("  %-32s %4d records   %s", s.Topic, s.Published, oneLine(s.Title)), " "))
	}
	fmt.Fprintf(p.Out, "\nIn another terminal, follow what people change:\n\n  %s tail %s --from-beginning --set kafka.brokers=%s --set schema_registry.url=%s\n\n",
		self, topic, brokers, app.Registry.Address())
	fmt.Fprintf(p.Out, "Print its schema, or the statement that makes it a table:\n\n  %s schema %s --as flink --set kafka.brokers=%s --set schema_registry.url=%s\n\n",
		self, topic, brokers, app.Registry.Address())
	if app.Config.Console.Listen != "" {
		fmt.Fprintf(p.Out, "Look at its runs, and ask where a page is by its link or id:\n\n  %s runs demo --api %s\n  %s find %s --api %s\n\n",
			self, console, self, page, console)
		fmt.Fprintf(p.Out, "Add a second source in a browser. Connect it on the simulated Notion's consent page, or give it this token:\n\n"+
			"  %s/add\n  %s\n\n", app.Config.Console.PublicURL, token)
	}
	fmt.Fprintf(p.Out, "A page that they delete becomes a tombstone with the next sweep, every %s. Ctrl-C ends it.\n\n", demoSweepEvery)
}

// selfCommand returns the command that starts this program: with `go run` not the path
// of the binary, which is gone by the time somebody pastes the line.
func selfCommand() string {
	path, err := os.Executable()
	if err != nil || strings.Contains(path, string(filepath.Separator)+"go-build") {
		return "go run ./cmd/notion-kafka"
	}
	return path
}

// demoLogger logs warnings only, unless --log-level is given: the edits need the terminal.
func (p *process) demoLogger() *slog.Logger {
	if p.logLevel == "info" {
		p.logLevel = "warn"
	}
	return p.logger()
}

func withoutToken(environ []string) []string {
	var kept []string
	for _, variable := range environ {
		if !strings.HasPrefix(variable, "NOTION_TOKEN=") {
			kept = append(kept, variable)
		}
	}
	return kept
}

// A workspaceServer is the simulated API behind a loopback listener.
type workspaceServer struct {
	*http.Server
	url string
}

func serveWorkspace(ctx context.Context, w *notiontest.Workspace) (*workspaceServer, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("opening a port for the simulated workspace: %w", err)
	}
	server := &http.Server{Handler: w, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(listener) //nolint:errcheck // ends with Close
	return &workspaceServer{server, "http://" + listener.Addr().String()}, nil
}
