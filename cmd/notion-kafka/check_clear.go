package main

import (
	"fmt"
	"net"
	"net/url"
	"strings"
	"unicode/utf8"

	"notion-kafka/config"
	"notion-kafka/producer/guard"
)

// clear warns of passwords and tokens that leave this machine without TLS, where
// others on the network can read them.
func (c *checklist) clear(cfg *config.Config) {
	if cfg.Kafka.SASL.Mechanism != config.NoSASL && !cfg.Kafka.TLS.Enabled {
		if far := beyondLoopback(cfg.Kafka.Brokers); len(far) > 0 {
			c.warn("Kafka: the credentials of kafka.sasl travel in clear to %s: set kafka.tls.enabled: true", strings.Join(far, ", "))
		}
	}
	registry := cfg.SchemaRegistry
	if u, err := url.Parse(registry.URL); err == nil && u.Scheme == "http" && !guard.IsLoopback(u.Hostname()) && (registry.Password != "" || registry.Token != "") {
		c.warn("registry: its password or token travels in clear to %s: use https", u.Host)
	}
	if host, _, err := net.SplitHostPort(cfg.Console.Listen); err == nil && !guard.IsLoopback(host) {
		c.warn("console: %s is plain http beyond this machine, for %s: put TLS in front of it, or listen on 127.0.0.1", cfg.Console.Listen, sentToConsole(cfg.Console))
		if n := utf8.RuneCountInString(cfg.Console.Password.Reveal()); cfg.Console.Username != "" && n < shortPassword {
			c.warn("console: its password has %d characters, and other machines can guess at it: use %d or more", n, shortPassword)
		}
	}
}

// shortPassword is the least length, in characters, of a password that other machines can guess at.
const shortPassword = 8

// sentToConsole names the secrets that are sent to the console.
func sentToConsole(console config.Console) string {
	tokens := "the tokens of sources that are made there"
	if console.Username == "" {
		return tokens
	}
	return fmt.Sprintf("its password and %s", tokens)
}

// beyondLoopback returns the brokers that are not on this machine.
func beyondLoopback(brokers []string) (far []string) {
	for _, broker := range brokers {
		host, _, err := net.SplitHostPort(broker)
		if err != nil {
			host = broker // without its port
		}
		if !guard.IsLoopback(host) {
			far = append(far, broker)
		}
	}
	return far
}
