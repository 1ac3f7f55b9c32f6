package config

import (
	"errors"
	"log/slog"
	"os"
	"strings"
	"sync"
)

// SecretNow gives a secret as it is now. Of one that was given as a file, x_file, it
// reads the file again with every call, because others replace it: passwords and tokens
// are rotated. A file that is gone, empty or cannot be read leaves what it held before,
// which is logged once. path is the key path of the secret, such as kafka.sasl.password
// or sources[0].token, and given what was loaded of it.
//
// The function may be called by many goroutines.
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

	mu   sync.Mutex // guards what follows
	last string     // what it held when it was last of use
	said string     // about the file as it is now
}

// errEmptyFile says that a file of a secret holds none. One that is just being written
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
		w.last, w.said = secret, ""
	case w.said != err.Error():
		w.said = err.Error()
		w.log.Warn("a secret's file is of no use; what it held before counts", "key", w.key, "file", w.name, "error", reason(err))
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
