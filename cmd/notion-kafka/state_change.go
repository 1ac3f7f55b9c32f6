package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"notion-kafka/producer"
)

// A stateChange changes what is remembered of one stream: directly if no instance of the
// group is alive, else through the API of an instance.
type stateChange struct {
	source, stream string
	api            string // address of the daemon; "": console.listen, if an instance is alive
}

func (c *stateChange) flags(p *process, cmd *cobra.Command) {
	apiFlag(cmd, &c.api)
	cmd.Flags().StringVar(&c.source, "source", "", "the source `NAME`")
	cmd.Flags().StringVar(&c.stream, "stream", "", "the stream `NAME`, or the title of its database")
	_ = cmd.MarkFlagRequired("source")
	_ = cmd.MarkFlagRequired("stream")
	p.completeFlag(cmd, "source", (*completer).sources)
	p.completeFlag(cmd, "stream", (*completer).streams)
}

// path returns the path of the stream in the API, ending in verb.
func (c *stateChange) path(verb string) string {
	return apiPath("sources", c.source, "streams", streamName(c.stream), verb)
}

// doing returns the beginning of an error.
func (c *stateChange) doing(verb string) string {
	return fmt.Sprintf("%s of stream %s of source %s", verb, c.stream, c.source)
}

// say prints a message about the stream.
func (c *stateChange) say(p *process, format string, args ...any) {
	fmt.Fprintf(p.Err, "stream %s of source %s: %s\n", c.stream, c.source, fmt.Sprintf(format, args...))
}

// change calls daemon with --api, or if an instance is alive and its API can be reached;
// otherwise directly. If an instance is alive without an API, directly refuses and names
// the instance.
func (p *process) change(ctx context.Context, c *stateChange, daemon func(*apiClient) error, directly func(*App) error) error {
	daemon, directly = c.named(ctx, daemon, directly)
	if c.api != "" {
		client, err := p.api(c.api)
		if err != nil {
			return err
		}
		return daemon(client)
	}
	return p.withApp(ctx, func(app *App) error {
		living, err := app.livingMembers(ctx)
		if err != nil {
			return err
		}
		if !living {
			return directly(app)
		}
		client, unreached := newAPIClient(app.Config, "", app.Log)
		if unreached == nil {
			if unreached = daemon(client); !errors.Is(unreached, errNoDaemon) {
				return unreached
			}
		}
		if err := directly(app); errors.Is(err, producer.ErrUnknownStream) {
			return err // the API would not know the stream either
		} else if err != nil {
			return fmt.Errorf("%w, or use their API: %s", err, unreached.Error())
		}
		return nil
	})
}

// named wraps both ways so that they first find a stream that was named by its title.
func (c *stateChange) named(ctx context.Context, daemon func(*apiClient) error, directly func(*App) error) (func(*apiClient) error, func(*App) error) {
	find := func(known func() ([]titled, error)) (err error) {
		if !isStreamName(c.stream) {
			c.stream, err = streamNamed(c.stream, known)
		}
		return err
	}
	return func(client *apiClient) error {
			if err := find(client.titles(ctx, c.source)); err != nil {
				return err
			}
			return daemon(client)
		}, func(app *App) error {
			if err := find(app.titles(ctx, c.source)); err != nil {
				return err
			}
			return directly(app)
		}
}

// livingMembers reports whether any instance of the group is alive.
func (a *App) livingMembers(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, kafkaPatience)
	defer cancel()
	if err := a.Cluster.Ping(ctx); err != nil {
		return false, err
	}
	members, err := a.Cluster.Members(ctx, a.Config.Kafka.Group)
	return len(members) > 0, err
}
