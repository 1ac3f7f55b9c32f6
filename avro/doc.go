// Package avro turns Notion's pages and databases into the bytes of a Kafka
// record's value, and back.
//
// It promises four things. The value schemas (PageSchema, DatabaseSchema) are
// texts that only ever gain optional fields at their end. A page or database
// becomes one Confluent frame, byte for byte the same for the same input, or an
// error. A new schema text is compared with what a subject already holds by the
// rules that Confluent's registry names, whatever the registry itself enforces.
// And the registry is spoken to in a way that keeps credentials out of errors.
//
// The package hides the Avro library and the registry's client: nobody else
// needs to know either.
package avro
