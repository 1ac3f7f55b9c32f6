package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"notion-kafka/config"
	"notion-kafka/producer/embedded"
	"notion-kafka/producer/seal"
)

// keyFile is the file in data_dir with the key that is made for the embedded broker.
const keyFile = "secrets.key"

// checkKeys checks that the keys of the configuration are valid.
func checkKeys(cfg *config.Config) error {
	if _, err := seal.New(cfg.Secrets.Key.Reveal(), previousKeys(cfg)); err != nil {
		return usageError{err}
	}
	return nil
}

func previousKeys(cfg *config.Config) (previous []string) {
	for _, key := range cfg.Secrets.PreviousKeys {
		previous = append(previous, key.Reveal())
	}
	return previous
}

// openKeyring makes the keyring of the configuration. With the embedded broker
// and no secrets.key, the key is in data_dir and is made when it is missing. With
// real brokers and no key, the keyring opens and seals nothing. The error names
// the path of an invalid key, or the file.
func openKeyring(cfg *config.Config) (*seal.Keyring, error) {
	previous := previousKeys(cfg)
	if cfg.Secrets.Key != "" || len(cfg.Kafka.Brokers) > 0 {
		ring, err := seal.New(cfg.Secrets.Key.Reveal(), previous)
		if err != nil {
			return nil, usageError{err}
		}
		return ring, nil
	}
	if _, err := seal.New("", previous); err != nil {
		return nil, usageError{err}
	}
	path := filepath.Join(cfg.DataDir, keyFile)
	key, err := keptKey(path)
	if err != nil {
		return nil, err
	}
	ring, err := seal.New(key, previous)
	if err != nil {
		return nil, fmt.Errorf("the key in %s is damaged: restore the file; if that is not possible, remove it and enter the tokens of all sources made through the API again (%w)", path, err)
	}
	return ring, nil
}

// presentKeyring is openKeyring for a command that only looks: where the key of the embedded
// broker is missing, none is made, because a new one opens nothing.
func presentKeyring(cfg *config.Config) (*seal.Keyring, error) {
	_, err := os.Stat(filepath.Join(cfg.DataDir, keyFile))
	if cfg.Secrets.Key == "" && len(cfg.Kafka.Brokers) == 0 && errors.Is(err, fs.ErrNotExist) {
		return seal.New("", previousKeys(cfg))
	}
	return openKeyring(cfg)
}

// keptKey reads the key in a file, and makes the file when it is missing. Processes
// that do so at the same time all get the same key: each writes a key to a file of its
// own, and the first to link that file to the path wins.
func keptKey(path string) (string, error) {
	key, err := readKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = makeKey(path); err == nil {
			key, err = readKey(path)
		}
	}
	if errors.Is(err, errNotPrivate) {
		return "", err
	}
	if err != nil {
		return "", fmt.Errorf("keeping a key for secrets in data_dir: %w; set secrets.key instead, `notion-kafka keygen` prints a key", err)
	}
	if len(key) == 0 {
		return "", fmt.Errorf("the key in %s is damaged: the file is empty", path)
	}
	return string(key), nil
}

// errNotPrivate: users other than the owner can use a key.
var errNotPrivate = errors.New("other users may know it or have put it there")

// readKey reads a key that only its owner can read and replace. Anybody else who can
// do either can open every token.
func readKey(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if exposed := embedded.Private(info); exposed != nil {
		return nil, fmt.Errorf("the key in %s %w (%w): if you trust the users of this machine, make the daemon's user its owner and chmod 600 it, "+
			"or set secrets.key if the file system keeps no modes; else remove the file, and replace the tokens that were entered through the API by new ones", path, exposed, errNotPrivate)
	}
	return io.ReadAll(file)
}

// makeKey writes a new key to path, whole and synced, unless the file exists by then.
func makeKey(path string) error {
	key, err := seal.GenerateKey()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	aside, err := os.CreateTemp(filepath.Dir(path), keyFile+".*") // readable by its owner only
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(aside.Name()) }()
	_, err = aside.WriteString(key + "\n")
	if err = errors.Join(err, aside.Sync(), aside.Close()); err != nil {
		return err
	}
	if err := os.Link(aside.Name(), path); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
