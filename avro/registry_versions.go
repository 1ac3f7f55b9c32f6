package avro

import (
	"context"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/sr"
)

// A SchemaVersion is a version of a subject.
type SchemaVersion struct {
	Version int
	ID      int
	Schema  string // its text, as the registry sends it
}

// Versions returns the last versions of a subject, at most n, the newest first; none where
// there is no such subject. It takes a request a version and one more. Versions that are
// deleted softly are left out, as the registries do. Errors: ErrUnauthorized,
// ErrUnreachable, ErrInvalid.
func (r *Registry) Versions(ctx context.Context, subject string, n int) ([]SchemaVersion, error) {
	numbers, err := r.client.SubjectVersions(ctx, subject)
	if isNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, r.wrap(ctx, fmt.Sprintf("listing the versions of subject %q", subject), err)
	}
	slices.Sort(numbers) // no registry promises an order
	slices.Reverse(numbers)
	var versions []SchemaVersion
	for _, number := range numbers[:min(n, len(numbers))] {
		found, err := r.client.SchemaByVersion(ctx, subject, number)
		if isNotFound(err) {
			continue // deleted meanwhile
		}
		if err != nil {
			return nil, r.wrap(ctx, fmt.Sprintf("reading version %d of subject %q", number, subject), err)
		}
		if found.Type != sr.TypeAvro {
			return nil, r.fail(ErrInvalid, fmt.Sprintf("reading version %d of subject %q", number, subject), fmt.Sprintf("it is a %s schema, not Avro", found.Type))
		}
		versions = append(versions, SchemaVersion{number, found.ID, found.Schema.Schema})
	}
	return versions, nil
}
