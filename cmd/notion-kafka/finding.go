package main

import (
	"context"

	"notion-kafka/producer/control"
)

// Find implements console.Backend.
func (b *backend) Find(context.Context, string) (control.Finding, error) {
	return control.Finding{}, &control.Error{Kind: control.Invalid, Message: "no page can be looked up"}
}
