package catalog

import (
	"fmt"
	"net/url"
	"strings"
)

// servers returns the brokers as servers.
func servers(access Access) object {
	protocol := "kafka"
	if access.TLS || access.Mechanism != "" {
		protocol = "kafka-secure"
	}
	all := object{}
	for i, broker := range access.Brokers {
		server := object{"host": broker, "protocol": protocol, "bindings": object{"kafka": registryBinding(access.Registry)}}
		if schemes := securitySchemes(access); len(schemes) > 0 {
			server["security"] = []object{ref("components", "securitySchemes", "kafka")}
		}
		all[fmt.Sprintf("broker-%d", i+1)] = server
	}
	return all
}

// registryBinding returns the binding that names the registry, and its vendor where its
// address tells it.
func registryBinding(registry string) object {
	binding := object{"bindingVersion": kafkaBinding}
	address, err := url.Parse(registry)
	if err != nil || registry == "" {
		return binding
	}
	address.User = nil
	binding["schemaRegistryUrl"] = address.String()
	switch {
	case strings.Contains(address.Path, "/apis/ccompat/"):
		binding["schemaRegistryVendor"] = "apicurio"
	case strings.HasSuffix(address.Hostname(), ".confluent.cloud"):
		binding["schemaRegistryVendor"] = "confluent"
	}
	return binding
}

// securitySchemes returns how clients log in at the brokers; nothing where they do not.
func securitySchemes(access Access) object {
	says := func(text string) object { return object{"kafka": object{"type": text}} }
	switch access.Mechanism {
	case "plain":
		return says("plain")
	case "scram-sha-256":
		return says("scramSha256")
	case "scram-sha-512":
		return says("scramSha512")
	case "oauthbearer":
		scopes := object{}
		for _, scope := range access.Scopes {
			scopes[scope] = ""
		}
		flow := object{"tokenUrl": access.TokenURL, "availableScopes": scopes}
		return object{"kafka": object{"type": "oauth2", "flows": object{"clientCredentials": flow}}}
	}
	if access.Certificate {
		return says("X509")
	}
	return object{}
}
