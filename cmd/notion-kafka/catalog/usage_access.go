package catalog

import "strings"

// The mechanism whose user is a client of an authorization server.
const oauthbearer = "oauthbearer"

// The variables of the environment that hold what is not printed.
const (
	kafkaUser, kafkaPassword       = "KAFKA_USERNAME", "KAFKA_PASSWORD"
	clientID, clientSecret         = "KAFKA_CLIENT_ID", "KAFKA_CLIENT_SECRET" //nolint:gosec // names of variables
	registryUser, registryPassword = "REGISTRY_USERNAME", "REGISTRY_PASSWORD"
	registryToken                  = "REGISTRY_TOKEN"
)

// The files that the programs read, in their working directory.
const (
	brokerCA   = "kafka-ca.pem"
	clientPEM  = "kafka-client.pem"
	registryCA = "registry-ca.pem"
	// registryStore is registryCA as Java reads it; nothing in it is secret.
	registryStore, registryStorePassword = "registry-ca.p12", "changeit"
)

// protocol returns Kafka's security.protocol; "": the default.
func (a Access) protocol() string {
	switch {
	case a.Mechanism != "" && a.TLS:
		return "SASL_SSL"
	case a.Mechanism != "":
		return "SASL_PLAINTEXT"
	case a.TLS:
		return "SSL"
	}
	return ""
}

// mechanism returns Kafka's sasl.mechanism.
func (a Access) mechanism() string { return strings.ToUpper(a.Mechanism) }

// userAndSecret returns the variables that a client logs in at the brokers with.
func (a Access) userAndSecret() (user, secret string) {
	if a.Mechanism == oauthbearer {
		return clientID, clientSecret
	}
	return kafkaUser, kafkaPassword
}

// accessNotes say what a consumer needs of its own.
func (a Access) accessNotes() []string { return append(a.brokerNotes(), a.registryNotes()...) }

func (a Access) brokerNotes() (notes []string) {
	if a.Mechanism != "" {
		user, secret := a.userAndSecret()
		notes = append(notes, user+" and "+secret+" are the consumer's own, not notion-kafka's. With ACLs its user needs READ on the topic and on the group, where there is one.")
	}
	if a.TLS && a.BrokerCA {
		notes = append(notes, brokerCA+" has the authorities of the brokers' certificates, as kafka.tls.ca_file of notion-kafka has.")
	}
	if a.TLS && a.Certificate {
		notes = append(notes, clientPEM+" has the consumer's own certificate, and its key in PKCS #8 without a password.")
	}
	return notes
}

func (a Access) registryNotes() (notes []string) {
	switch {
	case a.RegistryUser:
		notes = append(notes, registryUser+" and "+registryPassword+" are those of a user who may read the registry.")
	case a.RegistryToken:
		notes = append(notes, registryToken+" is a token that may read the registry.")
	}
	if a.RegistryCA {
		notes = append(notes, registryCA+" has the authorities of the registry's certificate, as schema_registry.ca_file of notion-kafka has.")
	}
	return notes
}
