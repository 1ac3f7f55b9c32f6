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

// clear warns of what others on the network can read along: passwords and tokens
// that leave this machine without TLS.
func (c *checklist) clear(cfg *config.Config) {
	if cfg.Kafka.SASL.Mechanism != config.NoSASL && !cfg.Kafka.TLS.Enabled {
		if far := beyondLoopback(cfg.Kafka.Brokers); len(far) > 0 {
			c.warn("Kafka: what kafka.sasl proves itself with travels in clear to %s: set kafka.tls.enabled: true", strings.Join(far, ", "))
		}
	}
	registry := cfg.SchemaRegistry
	if u, err := url.Parse(registry.URL); err == nil && u.Scheme == "http" && !guard.IsLoopback(u.Hostname()) && (registry.Password != "" || registry.Token != "") {
		c.warn("registry: its password or token travels in clear to %s: reach it by https", u.Host)
	}
	if host, _, err := net.SplitHostPort(cfg.Console.Listen); err == nil && !guard.IsLoopback(host) {
		c.warn("console: %s is plain http beyond this machine, for %s: put TLS in front of it, or listen on 127.0.0.1", cfg.Console.Listen, sentToConsole(cfg.Console))
		if n := utf8.RuneCountInString(cfg.Console.Password.Reveal()); cfg.Console.Username != "" && n < shortPassword {
			c.warn("console: its password has %d characters, and other machines may try others: give it %d or more", n, shortPassword)
		}
	}
}

// shortPassword is how many characters a password needs that others may guess at.
const shortPassword = 8

// sentToConsole is what is sent to the console that nobody else should read.
func sentToConsole(console config.Console) string {
	tokens := "the tokens of sources that are made there"
	if console.Username == "" {
		return tokens
	}
	return fmt.Sprintf("its password and %s", tokens)
}

// beyondLoopback are those of the brokers that are not on this machine.
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
