package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"notion-kafka/producer"
)

// A stateChange changes what is remembered of one stream, in one of two ways:
// by itself where no instance of the group lives, else through the API of one.
type stateChange struct {
	source, stream string
	api            string // address of the daemon; "": looked for only where one lives
}

func (c *stateChange) flags(cmd *cobra.Command) {
	apiFlag(cmd, &c.api)
	cmd.Flags().StringVar(&c.source, "source", "", "the source")
	cmd.Flags().StringVar(&c.stream, "stream", "", "the stream, by its name or the title of its database")
	_ = cmd.MarkFlagRequired("source")
	_ = cmd.MarkFlagRequired("stream")
}

// path is that of the stream in the API, and what is asked of it.
func (c *stateChange) path(verb string) string {
	return apiPath("sources", c.source, "streams", streamName(c.stream), verb)
}

// doing begins an error of the API.
func (c *stateChange) doing(verb string) string {
	return fmt.Sprintf("%s of stream %s of source %s", verb, c.stream, c.source)
}

// say tells the person what became of the stream.
func (c *stateChange) say(p *process, format string, args ...any) {
	fmt.Fprintf(p.Err, "stream %s of source %s: %s\n", c.stream, c.source, fmt.Sprintf(format, args...))
}

// change has the daemon do it where one lives and answers, and does it itself
// where none lives. Where one lives that has no API, directly refuses with its
// name.
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
			return err // nor would the API know it
		} else if err != nil {
			return fmt.Errorf("%w, or go through their API: %s", err, unreached.Error())
		}
		return nil
	})
}

// named has both ways find the stream that the person named by its title first.
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

// livingMembers tells whether any instance of the group lives.
func (a *App) livingMembers(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, kafkaPatience)
	defer cancel()
	if err := a.Cluster.Ping(ctx); err != nil {
		return false, err
	}
	members, err := a.Cluster.Members(ctx, a.Config.Kafka.Group)
	return len(members) > 0, err
}
