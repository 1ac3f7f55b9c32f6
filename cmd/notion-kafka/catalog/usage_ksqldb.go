package catalog

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"notion-kafka/producer/control"
)

var ksqlTypes = types{"VARCHAR", "BOOLEAN", "BIGINT", "DOUBLE", "TIMESTAMP", "ARRAY<VARCHAR>"}

// ksqlSettings are the settings of a session without which the statements show something else.
const ksqlSettings = "-- Without this line ksqlDB also shows records of transactions that are not committed.\n" +
	"SET 'processing.guarantee' = 'exactly_once_v2';\nSET 'auto.offset.reset' = 'earliest';\n\n"

// KsqlDBTable returns the statements that make a table of a topic in ksqlDB, with a column for
// every field of the value schema. The key is the primary key, and a tombstone deletes its row.
// It fails if the schema is none of ours.
//
// ksqlDB finds the fields of Avro by the columns' names, whatever their case.
func KsqlDBTable(topic string, schema json.RawMessage) (string, error) {
	columns, err := columns(schema)
	if err != nil {
		return "", err
	}
	return ksqlSettings + ksqlTable(topic, columns), nil
}

func ksqlTable(topic string, columns []column) string {
	var lines []string
	for _, c := range columns {
		line := "  " + ksqlName(c.name) + " " + ksqlTypes[c.kind]
		if c.name == "id" {
			line += " PRIMARY KEY"
		}
		lines = append(lines, line)
	}
	return fmt.Sprintf("CREATE SOURCE TABLE %s (\n%s\n) WITH (\n  KAFKA_TOPIC = %s,\n  KEY_FORMAT = 'KAFKA',\n  VALUE_FORMAT = 'AVRO'\n);\n",
		tableName(topic), strings.Join(lines, ",\n"), quoted(topic))
}

func (u usage) ksqldb() control.Snippet {
	var out strings.Builder
	out.WriteString(ksqlSettings)
	out.WriteString(u.ksqlTables())
	fmt.Fprintf(&out, "\nSELECT id, %s, last_edited_time", u.title())
	for _, c := range u.shown() {
		fmt.Fprintf(&out, ", %s", ksqlName(c.name))
	}
	for _, p := range u.simple() {
		fmt.Fprintf(&out, ",\n  EXTRACTJSONFIELD(%s, %s) AS %s", ksqlName("properties"), quoted(ksqlPath(p.name)+"."+strings.Join(p.path, ".")), ksqlName(p.as))
	}
	fmt.Fprintf(&out, "\nFROM %s;\n", tableName(u.topic))
	for _, p := range u.related() {
		id := fmt.Sprintf("EXTRACTJSONFIELD(p.%s, %s)", ksqlName("properties"), quoted(ksqlPath(p.Name)+".relation[0].id"))
		if name := u.relationColumn(p); name != "" {
			id = fmt.Sprintf("p.%s[1]", ksqlName(name))
		}
		fmt.Fprintf(&out, "\nSELECT p.id, p.title, r.id AS related_id, r.title AS related_title\nFROM %s p\nJOIN %s r ON %s = r.id\nEMIT CHANGES;\n",
			tableName(u.topic), tableName(p.RelatedTopic), id)
	}
	return control.Snippet{Name: "ksqldb", Title: "ksqlDB", Language: "sql", Text: out.String(), Notes: u.ksqlNotes()}
}

func (u usage) ksqlTables() string {
	tables, made := []string{ksqlTable(u.topic, u.columns)}, map[string]bool{u.topic: true}
	for _, p := range u.related() {
		if !made[p.RelatedTopic] {
			made[p.RelatedTopic] = true
			tables = append(tables, ksqlTable(p.RelatedTopic, titleOnly))
		}
	}
	return strings.Join(tables, "\n")
}

func (u usage) ksqlNotes() []string {
	notes := []string{
		"The brokers and the registry are those of ksqlDB's own configuration: bootstrap.servers and ksql.schema.registry.url.",
		"These statements were checked by ksqlDB's rules, but never run on one.",
	}
	if len(u.related()) > 0 {
		notes = append(notes, "A join follows the first page of a relation: ksqlDB does not join a table by the elements of a list.")
	}
	return notes
}

// ksqlPath is the path to a property, as EXTRACTJSONFIELD reads it: in quotes, only " and \
// have an escape.
func ksqlPath(property string) string {
	if plain.MatchString(property) {
		return "$." + property
	}
	return `$["` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(property) + `"]`
}

// ksqlName writes the name of a column. Without quotes ksqlDB takes it in upper case; in
// quotes it is written so, and stays the same column.
func ksqlName(name string) string {
	if plain.MatchString(name) && !slices.Contains(ksqlReserved, strings.ToUpper(name)) {
		return name
	}
	return backquoted(strings.ToUpper(name))
}

// ksqlReserved are the words of ksqlDB's grammar that are no names.
var ksqlReserved = strings.Fields(`ADVANCE ALL AND AS AT BEGINNING BETWEEN BY CASE CAST CATALOG CONNECTOR CONNECTORS CREATE DAYS
	DECIMAL DELETE DESCRIBE DISTINCT DROP ELSE END EXISTS EXPORT EXTENDED FALSE FROM FULL GROUP HAVING HOPPING HOURS IN INNER INSERT
	INTO IS JOIN LEFT LIKE LIMIT LIST LOAD MATERIALIZED MILLISECOND MILLISECONDS MINUTES MONTHS NAMESPACE NOT NULL ON OR OUTER PRINT
	PROPERTIES QUERIES QUERY RENAME RETENTION RIGHT RUN SAMPLE SCRIPT SECONDS SELECT SIZE STREAM STREAMS TABLE TERMINATE THEN TO
	TOPIC TOPICS TRUE TUMBLING UNSET VALUES VIEW WHEN WHERE WINDOW WITH WITHIN YEARS`)
