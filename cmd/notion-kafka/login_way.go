package main

import (
	"context"
	"crypto/rand"
	"net/url"

	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/daemon"
)

// An aloneWay is the way of one source without a running instance. This process is the
// browser that its state is bound to.
type aloneWay struct {
	app        *App
	authorizer *authorizer
	daemon     *daemon.Daemon
	source     string
	browser    string
	state      string // that of the consent page
}

// newAloneWay makes one for a source of all.
func newAloneWay(app *App, connector *connector, all []*producer.Source, source string) *aloneWay {
	return &aloneWay{
		app: app, authorizer: newAuthorizer(app.Config, connector), daemon: app.Daemon(all, nil), source: source, browser: rand.Text(),
	}
}

func (w *aloneWay) begin() (consent string, err error) {
	if consent, err = w.authorizer.begin(control.Connecting{Source: w.source}, w.browser); err != nil {
		return "", err
	}
	at, err := url.Parse(consent)
	if err != nil {
		return "", err
	}
	w.state = at.Query().Get("state")
	return consent, nil
}

func (w *aloneWay) finish(ctx context.Context, query url.Values) (control.Connected, error) {
	if query.Get("state") != w.state {
		return control.Connected{}, &control.Error{Kind: control.Conflict, Message: "this command did not begin that: open the address that it printed"}
	}
	failed := control.Connected{Source: w.source}
	_, granted, err := w.authorizer.finish(ctx, w.browser, query, func(control.Connecting) error { return nil })
	if err != nil {
		return failed, err
	}
	memory, err := w.app.controlMemory(ctx)
	if err != nil {
		return failed, err
	}
	connected, err := w.daemon.ConnectAlone(ctx, w.source, granted, memory)
	connected.Source = w.source
	return connected, err
}
