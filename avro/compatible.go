package avro

import (
	"fmt"
	"slices"
	"strings"

	hamba "github.com/hamba/avro/v2"
)

// Compatible checks whether the schema text newer may follow the older schemas,
// listed from the oldest to the newest, at a compatibility level of Confluent's
// registry: NONE, BACKWARD (newer can read records of the last older schema),
// FORWARD (the last older schema can read records of newer), FULL (both), or one
// of these with _TRANSITIVE, which checks every older schema.
//
// The error names the incompatible field. Compatible also fails for an unknown
// level and for a text that is not an Avro schema; at NONE it parses newer only.
func Compatible(level, newer string, olderNewestLast []string) error {
	kind, transitive := strings.CutSuffix(level, "_TRANSITIVE")
	if !knownLevel(level) {
		return fmt.Errorf("compatibility level %q is unknown: use one of %s", level, strings.Join(Levels(), ", "))
	}
	newerSchema, err := parse(newer)
	if err != nil {
		return err
	}
	if kind == "NONE" {
		return nil
	}
	if !transitive && len(olderNewestLast) > 1 {
		olderNewestLast = olderNewestLast[len(olderNewestLast)-1:]
	}
	for _, older := range slices.Backward(olderNewestLast) {
		olderSchema, err := parse(older)
		if err != nil {
			return fmt.Errorf("older schema: %w", err)
		}
		if kind == "BACKWARD" || kind == "FULL" {
			if err := readable(newerSchema, olderSchema); err != nil {
				return fmt.Errorf("the new schema cannot read records of the older one: %w", err)
			}
		}
		if kind == "FORWARD" || kind == "FULL" {
			if err := readable(olderSchema, newerSchema); err != nil {
				return fmt.Errorf("the older schema cannot read records of the new one: %w", err)
			}
		}
	}
	return nil
}

// Levels returns the compatibility levels that Compatible knows, by the names of
// Confluent's registry.
func Levels() []string {
	return []string{"NONE", "BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"}
}

func knownLevel(level string) bool { return slices.Contains(Levels(), level) }

// readable checks whether records of the writer's schema can be read with the
// reader's. The error names the first field that cannot.
func readable(reader, writer hamba.Schema) error {
	// A checker caches results by a key without defaults, so a second check with
	// the same checker may return a wrong result. Each check gets a new checker.
	err := hamba.NewSchemaCompatibility().Compatible(reader, writer)
	if err == nil {
		return nil
	}
	readerRecord, readerIs := reader.(*hamba.RecordSchema)
	writerRecord, writerIs := writer.(*hamba.RecordSchema)
	if !readerIs || !writerIs {
		return err
	}
	for _, field := range readerRecord.Fields() {
		written := fieldNamed(writerRecord, append([]string{field.Name()}, field.Aliases()...))
		if written == nil {
			continue
		}
		if err := readable(field.Type(), written.Type()); err != nil {
			return fmt.Errorf("field %s: %w", field.Name(), err)
		}
	}
	return err
}

// fieldNamed finds a field by any of the names; nil where there is none.
func fieldNamed(record *hamba.RecordSchema, names []string) *hamba.Field {
	for _, field := range record.Fields() {
		if slices.Contains(names, field.Name()) {
			return field
		}
	}
	return nil
}
