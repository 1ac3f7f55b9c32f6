package main

import (
	"context"
	"errors"

	"notion-kafka/producer/control"
)

// Find implements console.Backend.
func (b *backend) Find(context.Context, string) (control.Finding, error) {
	return control.Finding{}, errors.ErrUnsupported
}
