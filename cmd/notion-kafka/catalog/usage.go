package catalog

import (
	"context"
	"errors"

	"notion-kafka/producer/control"
)

// Usage returns how a topic of the catalog is read.
func (c *Catalog) Usage(context.Context, string) ([]control.Snippet, error) {
	return nil, errors.ErrUnsupported
}
