package main

import (
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"

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

// secretFiles warns of files with secrets that every user of this machine can use. A
// group may use them: it is how an operator shares a file with a daemon.
func (c *checklist) secretFiles(cfg *config.Config) {
	if runtime.GOOS == "windows" { // its files have no such modes
		return
	}
	files := map[string]string{"kafka.tls.key_file": cfg.Kafka.TLS.KeyFile, "the configuration, which holds secrets": cfg.HoldsSecrets}
	for path, name := range cfg.SecretFiles {
		files[path+"_file"] = name
	}
	for _, what := range slices.Sorted(maps.Keys(files)) {
		info, err := os.Stat(files[what])
		if err != nil {
			continue // whoever uses the file reports it
		}
		if mode := info.Mode().Perm(); mode&0o007 != 0 {
			c.warn("secrets: %s, %s, has mode %04o, so every user of this machine can use it: chmod o-rwx it", files[what], what, mode)
		}
	}
}
