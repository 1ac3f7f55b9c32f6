// Command notion-kafka keeps Kafka topics in step with Notion databases.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // triggers name time zones, and a small image may have none

	"notion-kafka/notion"
	"notion-kafka/producer/garbage"
	"notion-kafka/producer/kafka"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal kills the process
	garbage.CollectSparingly()
	os.Exit(execute(ctx, os.Args[1:], process{Out: os.Stdout, Err: os.Stderr, Environ: os.Environ()}))
}

// execute runs one command line and returns the exit code: 0 done, 1 a run or
// check failed or needs attention, 2 wrong usage or configuration.
func execute(ctx context.Context, args []string, p process) int {
	p.Out, p.Err = shown{p.onScreen(p.Out)}, shown{p.onScreen(p.Err)}
	root := newRoot(&p)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	if text := messageOf(err); text != "" {
		fmt.Fprintf(p.problems(), "notion-kafka: %s\n", p.advice(text))
	}
	return p.exitCode(err)
}

// messageOf is the message of a command that failed. A command whose outcome is unknown
// can be run again: the state topic has what took effect.
func messageOf(err error) string {
	text := err.Error()
	if errors.Is(err, kafka.ErrUnknown) {
		text += "\nKafka did not say whether the last transaction took effect: run the same command again, it continues from the last one that did"
	}
	if errors.Is(err, notion.ErrUnavailable) {
		text += "\nNotion did not answer: look at the network, the proxy (HTTPS_PROXY) and notion.api_url, then run the same command again; " +
			"`notion-kafka check` tries the connection"
	}
	return text
}
