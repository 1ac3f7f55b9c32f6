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

// keyFile is where the key is kept that is made with the embedded broker, in
// data_dir.
const keyFile = "secrets.key"

// checkKeys says whether the keys of the configuration are keys.
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
// and no secrets.key there is one in data_dir, made when there is none. With
// real brokers and no key it opens and seals nothing. The error is of a key
// that is none, by its path, or of the file.
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
		return nil, fmt.Errorf("the key in %s is damaged: put the right one back; without it the tokens that were entered through the API have to be entered again, "+
			"and then the file may be removed (%w)", path, err)
	}
	return ring, nil
}

// keptKey reads the key in a file, which it makes where there is none. Of
// processes that do so at once all get the same key: each writes one aside, and
// the first to link it to the name wins.
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
		return "", fmt.Errorf("keeping a key for secrets in data_dir: %w; give one as secrets.key instead, notion-kafka keygen makes it", err)
	}
	if len(key) == 0 {
		return "", fmt.Errorf("the key in %s is damaged: the file is empty", path)
	}
	return string(key), nil
}

// errNotPrivate says that others than its owner may use a key.
var errNotPrivate = errors.New("others may know it or have put it there")

// readKey reads a key that is its owner's alone: who could read it opens every
// token, and so does who could put their own in its place.
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
		return nil, fmt.Errorf("the key in %s %w (%w): where you trust those on this machine, have it belong to the user of the daemon and chmod 600 it, "+
			"or, where the file system keeps no modes, give it as secrets.key; else remove it, and have the tokens that were entered through the API made anew", path, exposed, errNotPrivate)
	}
	return io.ReadAll(file)
}

// makeKey puts a new key at path, whole and on disk, unless there is one by
// then.
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
