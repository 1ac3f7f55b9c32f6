package catalog

import (
	"notion-kafka/producer/control"
)

// An Access is how consumers reach the brokers and the registry. It has no secrets and no
// user names: a consumer has a user of its own.
type Access struct {
	Brokers []string // host:port
	// TLS: the brokers want it. BrokerCA: their authority is not one of the system's.
	// Certificate: they want the client's certificate.
	TLS, BrokerCA, Certificate bool

	Mechanism string // of SASL: "", plain, scram-sha-256, scram-sha-512 or oauthbearer
	TokenURL  string // for oauthbearer, with Scopes
	Scopes    []string

	Registry string // its URL, without credentials
	// RegistryUser: it wants a user and a password. RegistryToken: it wants a bearer token.
	// RegistryCA: its authority is not one of the system's.
	RegistryUser, RegistryToken, RegistryCA bool
}

// Usage returns how a topic of the catalog is read.
func (c *Catalog) Usage(table control.TableDetail) ([]control.Snippet, error) {
	return c.access.Snippets(table)
}

// Snippets returns how a topic is read, a program or statement each: tail, kcat, flink,
// ksqldb, go and python. The columns are those of the newest version of the subject, or those
// that are published where that is none of ours. It fails if neither is.
func (a Access) Snippets(table control.TableDetail) ([]control.Snippet, error) {
	u := usage{Access: a, topic: table.Topic, properties: table.Properties}
	if len(table.Versions) > 0 {
		u.columns, _ = columns(table.Versions[0].Schema) // anybody may register another
	}
	if u.columns == nil {
		var err error
		if u.columns, err = columns(table.Schema); err != nil {
			return nil, err
		}
	}
	if u.properties == nil {
		u.properties = propertiesOfColumns(u.columns)
	}
	return []control.Snippet{u.tail(), u.kcat(), u.flink(), u.ksqldb(), u.goProgram(), u.pythonProgram()}, nil
}

// A usage has what the snippets of one topic are made from.
type usage struct {
	Access
	topic      string
	columns    []column
	properties []control.Property
}

// title returns the field with the readable title.
func (u usage) title() string {
	for _, c := range u.columns {
		if c.name == "title_text" { // of notion.Database, where title is JSON text
			return c.name
		}
	}
	return "title"
}

// mostShown bounds the properties of a query, and the joins.
const mostShown = 3

// related returns the first relations that lead to a topic of the catalog.
func (u usage) related() (relations []control.Property) {
	named := map[string]string{tableName(u.topic): u.topic}
	for _, p := range u.properties {
		if p.Type != "relation" || p.RelatedTopic == "" || len(relations) == mostShown {
			continue
		}
		table := tableName(p.RelatedTopic)
		if taken := named[table]; taken != "" && taken != p.RelatedTopic {
			continue // two topics that differ in . and _ only
		}
		named[table] = p.RelatedTopic
		relations = append(relations, p)
	}
	return relations
}
