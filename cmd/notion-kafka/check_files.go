package main

import (
	"os"
	"path/filepath"

	"notion-kafka/config"
	"notion-kafka/producer/embedded"
)

// dataDir checks who owns the files of the embedded broker, and the key among them. It
// creates nothing.
func (c *checklist) dataDir(cfg *config.Config) {
	if len(cfg.Kafka.Brokers) > 0 {
		return
	}
	if err := embedded.Exposed(cfg.DataDir); err != nil {
		c.warn("%v", err)
	}
	if _, err := os.Stat(filepath.Join(cfg.DataDir, keyFile)); err != nil {
		return
	}
	if _, err := openKeyring(cfg); err != nil {
		c.bad("secrets: %v", err)
	}
}
