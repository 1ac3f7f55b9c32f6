package main

import (
	"net"
	"net/url"
	"strings"

	"notion-kafka/cmd/notion-kafka/catalog"
)

// access returns how consumers reach the brokers and the registry that this process uses.
func (a *App) access() catalog.Access {
	k, r := a.Config.Kafka, a.Config.SchemaRegistry
	var brokers []string
	for broker := range strings.SplitSeq(a.brokers(), ",") {
		if _, _, err := net.SplitHostPort(broker); err != nil {
			broker += ":9092" // the default; Kafka's Java client has none
		}
		brokers = append(brokers, broker)
	}
	tokenURL, _ := withoutUser(k.SASL.TokenURL)
	_, user := withoutUser(r.URL)
	return catalog.Access{
		Brokers: brokers,
		TLS:     k.TLS.Enabled, BrokerCA: k.TLS.CAFile != "", Certificate: k.TLS.CertFile != "",
		Mechanism: string(k.SASL.Mechanism), TokenURL: tokenURL, Scopes: k.SASL.Scopes,
		Registry: a.Registry.Address(), RegistryUser: r.Username != "" || user && r.Token == "", RegistryToken: r.Token != "",
		RegistryCA: r.CAFile != "",
	}
}

// withoutUser returns an address without the user and the password in it, and whether there
// are any. One that cannot be read is left out.
func withoutUser(address string) (string, bool) {
	u, err := url.Parse(address)
	if err != nil {
		return "", false
	}
	user := u.User != nil
	u.User = nil
	return u.String(), user
}
