package catalog

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"notion-kafka/producer/control"
)

// flinkTypes: Flink reads timestamp-millis as TIMESTAMP(3), and refuses TIMESTAMP(6).
var flinkTypes = types{"STRING", "BOOLEAN", "BIGINT", "DOUBLE", "TIMESTAMP(3)", "ARRAY<STRING>"}

// FlinkTable returns the statement that makes a table of a topic in Flink SQL, with a column
// for every field of the value schema. The key is the primary key, and a tombstone deletes
// its row. It fails if the schema is none of ours.
func (a Access) FlinkTable(topic string, schema json.RawMessage) (string, error) {
	columns, err := columns(schema)
	if err != nil {
		return "", err
	}
	return a.flinkTable(topic, columns), nil
}

func (a Access) flinkTable(topic string, columns []column) string {
	var out strings.Builder
	fmt.Fprintf(&out, "CREATE TABLE %s (\n", tableName(topic))
	for _, c := range columns {
		fmt.Fprintf(&out, "  %s %s,\n", backquoted(c.name), flinkTypes[c.kind])
	}
	out.WriteString("  PRIMARY KEY (`id`) NOT ENFORCED\n) WITH (\n")
	var lines []string
	for _, option := range slices.Concat(options{
		{"connector", "upsert-kafka"},
		{"topic", topic},
		{"properties.bootstrap.servers", strings.Join(a.Brokers, ",")},
		{"properties.group.id", topic + "-flink"},
		{"properties.isolation.level", "read_committed"},
	}, a.flinkBrokers(), options{{"key.format", "raw"}, {"value.format", "avro-confluent"}}, a.flinkRegistry()) {
		lines = append(lines, "  "+quoted(option[0])+" = "+quoted(option[1]))
	}
	out.WriteString(strings.Join(lines, ",\n") + "\n);\n")
	return out.String()
}

// options are names and values.
type options [][2]string

// shaded is where Flink's connector keeps Kafka's classes.
const shaded = "org.apache.flink.kafka.shaded.org.apache.kafka.common.security."

// flinkBrokers returns how the brokers are reached, in the words of Kafka's Java client.
func (a Access) flinkBrokers() (found options) {
	if protocol := a.protocol(); protocol != "" {
		found = append(found, options{{"properties.security.protocol", protocol}}...)
	}
	if a.TLS && a.BrokerCA {
		found = append(found, options{{"properties.ssl.truststore.type", "PEM"}, {"properties.ssl.truststore.location", brokerCA}}...)
	}
	if a.TLS && a.Certificate {
		found = append(found, options{{"properties.ssl.keystore.type", "PEM"}, {"properties.ssl.keystore.location", clientPEM}}...)
	}
	if a.Mechanism == "" {
		return found
	}
	if a.Mechanism == oauthbearer {
		found = append(found, options{
			{"properties.sasl.login.callback.handler.class", shaded + "oauthbearer.OAuthBearerLoginCallbackHandler"},
			{"properties.sasl.oauthbearer.token.endpoint.url", a.TokenURL},
		}...)
	}
	return append(found, options{{"properties.sasl.mechanism", a.mechanism()}, {"properties.sasl.jaas.config", a.flinkLogin()}}...)
}

func (a Access) flinkLogin() string {
	user := fmt.Sprintf(`required username="${%s}" password="${%s}";`, kafkaUser, kafkaPassword)
	switch a.Mechanism {
	case "plain":
		return shaded + "plain.PlainLoginModule " + user
	case oauthbearer:
		login := fmt.Sprintf(`%soauthbearer.OAuthBearerLoginModule required clientId="${%s}" clientSecret="${%s}"`, shaded, clientID, clientSecret)
		if len(a.Scopes) > 0 {
			login += ` scope="` + strings.Join(a.Scopes, " ") + `"`
		}
		return login + ";"
	}
	return shaded + "scram.ScramLoginModule " + user
}

func (a Access) flinkRegistry() options {
	const format = "value.avro-confluent."
	found := options{{format + "url", a.Registry}}
	switch {
	case a.RegistryUser:
		found = append(found, options{
			{format + "basic-auth.credentials-source", "USER_INFO"},
			{format + "basic-auth.user-info", fmt.Sprintf("${%s}:${%s}", registryUser, registryPassword)},
		}...)
	case a.RegistryToken:
		found = append(found, options{
			{format + "bearer-auth.credentials-source", "STATIC_TOKEN"},
			{format + "bearer-auth.token", "${" + registryToken + "}"},
		}...)
	}
	if a.RegistryCA {
		found = append(found, options{
			{format + "ssl.truststore.location", registryStore},
			{format + "ssl.truststore.password", registryStorePassword},
		}...)
	}
	return found
}

// bounded ends a query at the present end of its topic.
const bounded = "/*+ OPTIONS('scan.bounded.mode' = 'latest-offset') */"

func (u usage) flink() control.Snippet {
	var out strings.Builder
	out.WriteString(u.flinkTables())
	fmt.Fprintf(&out, "\nSELECT `id`, `%s`, `last_edited_time`", u.title())
	for _, c := range u.shown() {
		fmt.Fprintf(&out, ", %s", backquoted(c.name))
	}
	for _, p := range u.simple() {
		fmt.Fprintf(&out, ",\n  JSON_VALUE(`properties`, %s) AS %s", quoted(flinkPath(p.name)+"."+strings.Join(p.path, ".")), backquoted(p.as))
	}
	fmt.Fprintf(&out, "\nFROM %s %s;\n", tableName(u.topic), bounded)
	for _, p := range u.related() {
		ids := fmt.Sprintf("JSON_QUERY(p.`properties`, %s RETURNING ARRAY<STRING>)", quoted(flinkPath(p.Name)+".relation[*].id"))
		if name := u.relationColumn(p); name != "" {
			ids = "p." + backquoted(name)
		}
		fmt.Fprintf(&out, "\nSELECT p.`id`, p.`title`, r.`id` AS `related_id`, r.`title` AS `related_title`\nFROM %s %s AS p\n", tableName(u.topic), bounded)
		fmt.Fprintf(&out, "CROSS JOIN UNNEST(%s) AS link (`id`)\n", ids)
		fmt.Fprintf(&out, "JOIN %s %s AS r ON r.`id` = link.`id`;\n", tableName(p.RelatedTopic), bounded)
	}
	return control.Snippet{Name: "flink", Title: "Flink SQL", Language: "sql", Text: out.String(), Notes: u.flinkNotes()}
}

// flinkTables returns the statements for the topic's table and those of the related topics,
// which a join needs only the id and the title of.
func (u usage) flinkTables() string {
	tables, made := []string{u.flinkTable(u.topic, u.columns)}, map[string]bool{u.topic: true}
	for _, p := range u.related() {
		if !made[p.RelatedTopic] {
			made[p.RelatedTopic] = true
			tables = append(tables, u.flinkTable(p.RelatedTopic, titleOnly))
		}
	}
	return strings.Join(tables, "\n")
}

func (u usage) flinkNotes() []string {
	notes := []string{
		"It needs Flink 2 with the jars flink-sql-connector-kafka and flink-sql-avro-confluent-registry of its version.",
		"Each query shows the rows as they are now and ends; without its OPTIONS it follows the topic, and a deleted page takes its row back.",
		"TIMESTAMP(3) is in UTC. " + u.namesNote(),
	}
	if u.Mechanism != "" || u.RegistryUser || u.RegistryToken {
		notes = append(notes, "Flink SQL does not read the environment: replace each ${…} before, for example with envsubst.")
	}
	if u.Mechanism == oauthbearer {
		notes = append(notes, "Kafka's client asks the token URL only if the system property org.apache.kafka.sasl.oauthbearer.allowed.urls names it.")
	}
	if u.RegistryCA {
		notes = append(notes, registryStore+" has the registry's authorities: keytool -importcert -noprompt -file "+registryCA+" -keystore "+registryStore+" -storepass "+registryStorePassword+".")
	}
	return append(notes, u.accessNotes()...)
}

// flinkPath is the path to a property in JSONPath, as Flink reads it: in quotes, the escapes
// are those of JSON, and \'.
func flinkPath(property string) string {
	if plain.MatchString(property) {
		return "$." + property
	}
	var out strings.Builder
	for _, c := range property {
		switch {
		case c == '\'' || c == '\\':
			out.WriteString(`\` + string(c))
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&out, `\u%04x`, c)
		default:
			out.WriteRune(c)
		}
	}
	return "$['" + out.String() + "']"
}

func backquoted(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }
