// Package avro turns Notion's pages and databases into the bytes of a Kafka
// record's value, and back.
//
// The package makes four promises. The value schemas (PageSchema, DatabaseSchema)
// are texts that only ever gain optional fields at their end. A page or database
// becomes one Confluent frame, byte for byte the same for the same input, or an
// error. A new schema text is compared with the schemas of its subject by the
// rules of Confluent's registry, whatever the registry itself enforces. Errors
// about the registry contain no credentials.
//
// The package hides the Avro library and the registry's client: no other package
// needs to know either.
package avro
