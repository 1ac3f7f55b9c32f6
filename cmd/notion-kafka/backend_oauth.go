package main

import (
	"context"
	"net/url"

	"notion-kafka/producer/control"
)

// errNoOAuth: this version cannot connect sources by Notion's consent page yet.
var errNoOAuth = &control.Error{Kind: control.Conflict, Message: "this version cannot connect a source through Notion's consent page yet: give the source a token"}

// BeginOAuth implements console.Backend.
func (*backend) BeginOAuth(string, string) (string, error) { return "", errNoOAuth }

// FinishOAuth implements console.Backend.
func (*backend) FinishOAuth(context.Context, string, url.Values) (control.Connected, error) {
	return control.Connected{}, errNoOAuth
}
