package main

import (
	"os"
	"path/filepath"

	"notion-kafka/config"
	"notion-kafka/producer/embedded"
)

// dataDir looks at whose the files of the embedded broker are, and at the key that
// is kept there. Where nothing is yet, nothing is made.
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
