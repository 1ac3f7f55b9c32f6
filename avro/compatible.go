package avro

import (
	"fmt"
	"slices"
	"strings"

	hamba "github.com/hamba/avro/v2"
)

// Compatible says whether the schema text newer may follow the older ones, given
// from the oldest to the newest, under a level of Confluent's registry: NONE,
// BACKWARD (newer reads what the newest older one wrote), FORWARD (the newest
// older one reads what newer writes), FULL (both), or one of these with
// _TRANSITIVE, which asks it of every older schema.
//
// The error names the field in the way. It also fails for an unknown level, for
// a text that is no Avro schema, and under NONE only when newer is none.
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

// readable says whether a reader with one schema can read what another wrote,
// and names the first field where it cannot.
func readable(reader, writer hamba.Schema) error {
	// A checker answers from a cache whose key leaves out defaults, so one that
	// is used twice gives wrong answers: a new one for each question.
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
