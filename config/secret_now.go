package config

import (
	"errors"
	"log/slog"
	"os"
	"strings"
	"sync"
)

// SecretNow returns a function that returns a secret as it is now. If the secret was
// given as a file, x_file, every call reads the file again, because passwords and
// tokens are rotated. While the file is gone, empty or unreadable, its last usable
// content counts, and that is logged once. path is the key path of the secret, such as
// kafka.sasl.password or sources[0].token, and given is the secret as loaded.
//
// The function is safe for concurrent use.
func (c *Config) SecretNow(path string, given Secret, log *slog.Logger) func() string {
	name, isFile := c.SecretFiles[path]
	if !isFile {
		return given.Reveal
	}
	file := &watchedSecret{key: path + fileSuffix, name: name, log: log, last: given.Reveal()}
	return file.now
}

// A watchedSecret is a file that others replace.
type watchedSecret struct {
	key, name string // the key that names the file, and the file
	log       *slog.Logger

	mu     sync.Mutex // guards what follows
	last   string     // the last usable content
	logged string     // the error that was logged about the file as it is now
}

// errEmptyFile means that a secret's file is empty. A file that is just being written
// looks like that.
var errEmptyFile = errors.New("it is empty")

func (w *watchedSecret) now() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	secret, err := readSecretFile(w.name)
	if err == nil && secret == "" {
		err = errEmptyFile
	}
	switch {
	case err == nil:
		w.last, w.logged = secret, ""
	case w.logged != err.Error():
		w.logged = err.Error()
		w.log.Warn("a secret's file is unusable; its last usable content counts", "key", w.key, "file", w.name, "error", reason(err))
	}
	return w.last
}

// readSecretFile reads a secret's file, one newline at its end cut off.
func readSecretFile(name string) (string, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	if secret, ok := strings.CutSuffix(string(text), "\r\n"); ok {
		return secret, nil
	}
	return strings.TrimSuffix(string(text), "\n"), nil
}
