package catalog

import (
	"fmt"
	"regexp"
	"strings"

	"notion-kafka/producer/control"
)

func (u usage) tail() control.Snippet {
	lines := u.tailVariables()
	lines = append(lines, "notion-kafka tail "+shellWord(u.topic)+" --from-beginning")
	for _, setting := range u.tailSettings() {
		lines = append(lines, "  --set "+shellWord(setting))
	}
	return control.Snippet{
		Name: "tail", Title: "notion-kafka tail", Language: "sh", Text: strings.Join(lines, " \\\n") + "\n",
		Notes: append([]string{
			"Prints a line of JSON for each committed record: key, headers and the decoded value, which is null for a tombstone.",
			"It follows the topic until Ctrl-C; with --no-follow it ends at the present end.",
			"It reads without a consumer group, so it is not among the consumers of the topic.",
		}, u.accessNotes()...),
	}
}

// tailVariables are what the command line must not show.
func (u usage) tailVariables() (lines []string) {
	give := func(key, variable string) { lines = append(lines, "NOTION_KAFKA_"+key+`="$`+variable+`"`) }
	if u.Mechanism != "" {
		user, secret := u.userAndSecret()
		give("KAFKA__SASL__USERNAME", user)
		give("KAFKA__SASL__PASSWORD", secret)
	}
	if u.RegistryUser {
		give("SCHEMA_REGISTRY__USERNAME", registryUser)
		give("SCHEMA_REGISTRY__PASSWORD", registryPassword)
	}
	if u.RegistryToken {
		give("SCHEMA_REGISTRY__TOKEN", registryToken)
	}
	return lines
}

func (u usage) tailSettings() []string {
	settings := []string{"kafka.brokers=" + strings.Join(u.Brokers, ","), "schema_registry.url=" + u.Registry}
	add := func(wanted bool, more ...string) {
		if wanted {
			settings = append(settings, more...)
		}
	}
	add(u.RegistryCA, "schema_registry.ca_file="+registryCA)
	add(u.TLS, "kafka.tls.enabled=true")
	add(u.TLS && u.BrokerCA, "kafka.tls.ca_file="+brokerCA)
	add(u.TLS && u.Certificate, "kafka.tls.cert_file="+clientPEM, "kafka.tls.key_file="+clientPEM)
	add(u.Mechanism != "", "kafka.sasl.mechanism="+u.Mechanism)
	add(u.Mechanism == oauthbearer, "kafka.sasl.token_url="+u.TokenURL)
	add(len(u.Scopes) > 0, "kafka.sasl.scopes="+strings.Join(u.Scopes, ","))
	return settings
}

func (u usage) kcat() control.Snippet {
	lines := []string{
		fmt.Sprintf("kcat -C -q -e -o beginning -b %s -t %s", shellWord(strings.Join(u.Brokers, ",")), shellWord(u.topic)),
		"-X isolation.level=read_committed",
	}
	for _, option := range u.librdkafka() {
		value := shellWord(option.Name + "=" + option.Value)
		if option.Variable != "" {
			value = option.Name + `="$` + option.Variable + `"`
		}
		lines = append(lines, "-X "+value)
	}
	lines = append(lines, `-f '%o  %k  %S bytes  %h\n'`)
	notes := []string{
		"Prints the offset, the key, the size and the headers of each record, and ends. A tombstone has -1 bytes.",
		"It does not decode values: kcat as Debian builds it has no Avro. A kcat with Avro does, with -s value=avro -r " + u.Registry + " in place of -f.",
		"It reads without a consumer group, so it is not among the consumers of the topic.",
	}
	if u.Mechanism != "" {
		notes = append(notes, "Its login by SASL is not tested with kcat as Debian builds it: if it fails, take one with a newer librdkafka.")
		notes = append(notes, "While it runs, everybody on the machine can read its command line, and the password in it. Its option -F reads a file.")
	}
	return control.Snippet{
		Name: "kcat", Title: "kcat", Language: "sh", Text: strings.Join(lines, " \\\n  ") + "\n", Notes: append(notes, u.brokerNotes()...),
	}
}

// A setting of librdkafka has a value, or a variable that has it.
type setting struct{ Name, Value, Variable string }

// librdkafka returns how the brokers are reached, in the words of librdkafka, which kcat and
// Confluent's clients are made of.
func (a Access) librdkafka() (settings []setting) {
	if protocol := a.protocol(); protocol != "" {
		settings = append(settings, setting{Name: "security.protocol", Value: protocol})
	}
	if a.TLS && a.BrokerCA {
		settings = append(settings, setting{Name: "ssl.ca.location", Value: brokerCA})
	}
	if a.TLS && a.Certificate {
		settings = append(settings, setting{Name: "ssl.certificate.location", Value: clientPEM}, setting{Name: "ssl.key.location", Value: clientPEM})
	}
	switch a.Mechanism {
	case "":
		return settings
	case oauthbearer:
		settings = append(settings, []setting{
			{Name: "sasl.mechanism", Value: a.mechanism()}, {Name: "sasl.oauthbearer.method", Value: "oidc"},
			{Name: "sasl.oauthbearer.token.endpoint.url", Value: a.TokenURL},
			{Name: "sasl.oauthbearer.client.id", Variable: clientID}, {Name: "sasl.oauthbearer.client.secret", Variable: clientSecret},
		}...)
		if len(a.Scopes) > 0 {
			settings = append(settings, setting{Name: "sasl.oauthbearer.scope", Value: strings.Join(a.Scopes, " ")})
		}
		return settings
	}
	return append(settings, setting{Name: "sasl.mechanism", Value: a.mechanism()},
		setting{Name: "sasl.username", Variable: kafkaUser}, setting{Name: "sasl.password", Variable: kafkaPassword})
}

// safe is a text that a shell takes as one word.
var safe = regexp.MustCompile(`^[\w./@%+,:=-]+$`)

// shellWord writes a text as one word of a shell's command line (POSIX: single quotes).
func shellWord(text string) string {
	if safe.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
