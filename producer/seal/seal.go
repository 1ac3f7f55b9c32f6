// Package seal keeps secrets that have to be stored where others can read: a
// token that was entered through the API is sealed before it reaches a topic,
// and only instances with secrets.key can open it.
//
// A sealed text is an age file (age-encryption.org/v1, X25519) in base64, on
// one line. It hides the secret and shows when it was changed; it does not say
// who sealed it.
package seal

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
)

// ErrNoKey says that there is nothing to seal with.
var ErrNoKey = errors.New("secrets.key is not set: make one with notion-kafka keygen")

// A Keyring seals with one key and opens with that and with those before it. A
// nil Keyring has none. It is safe for concurrent use.
type Keyring struct {
	current *age.X25519Identity // nil: nothing can be sealed
	known   []age.Identity      // the current one first
}

// New makes a keyring of secrets.key, which may be "", and
// secrets.previous_keys. Its errors name the key by its path and do not show it.
func New(key string, previous []string) (*Keyring, error) {
	ring := &Keyring{}
	if key != "" {
		identity, err := parse("secrets.key", key)
		if err != nil {
			return nil, err
		}
		ring.current, ring.known = identity, append(ring.known, identity)
	}
	for i, key := range previous {
		identity, err := parse(fmt.Sprintf("secrets.previous_keys[%d]", i), key)
		if err != nil {
			return nil, err
		}
		ring.known = append(ring.known, identity)
	}
	return ring, nil
}

// parse does not pass the library's error on, which may quote what it was given.
func parse(path, key string) (*age.X25519Identity, error) {
	identity, err := age.ParseX25519Identity(strings.TrimSpace(key))
	if err != nil {
		return nil, fmt.Errorf("%s: is not a key, notion-kafka keygen makes one: AGE-SECRET-KEY-1 and 58 letters and digits", path)
	}
	return identity, nil
}

// GenerateKey makes a new key for secrets.key: AGE-SECRET-KEY-1… on one line.
func GenerateKey() (secret string, err error) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return "", fmt.Errorf("making a key for secrets.key: %w", err)
	}
	return identity.String(), nil
}

// Seal returns plain as a line of text that only the keyring opens. Sealing the
// same twice gives two texts. Without a key it is ErrNoKey.
func (k *Keyring) Seal(plain string) (string, error) {
	if k == nil || k.current == nil {
		return "", ErrNoKey
	}
	var sealed bytes.Buffer
	to, err := age.Encrypt(&sealed, k.current.Recipient())
	if err == nil {
		_, err = io.WriteString(to, plain)
	}
	if err == nil {
		err = to.Close()
	}
	if err != nil {
		return "", fmt.Errorf("sealing a secret with secrets.key: %w", err)
	}
	return base64.StdEncoding.EncodeToString(sealed.Bytes()), nil
}

// Open returns what was sealed with any key of the keyring. Its errors say what
// a person can do, and show neither the text nor a key.
func (k *Keyring) Open(sealed string) (string, error) {
	if k == nil || len(k.known) == 0 {
		return "", errors.New("a sealed secret cannot be opened: secrets.key is not set: set it to the key that the secret was sealed with")
	}
	file, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return "", errDamaged
	}
	from, err := age.Decrypt(bytes.NewReader(file), k.known...)
	if errors.As(err, new(*age.NoIdentityMatchError)) {
		return "", errors.New("a secret was sealed with a key that is neither secrets.key nor one of secrets.previous_keys: " +
			"add the key it was sealed with to secrets.previous_keys, or enter the secret again")
	}
	if err != nil {
		return "", errDamaged
	}
	plain, err := io.ReadAll(from)
	if err != nil {
		return "", errDamaged
	}
	return string(plain), nil
}

var errDamaged = errors.New("a sealed secret was changed or cut short since it was sealed: enter the secret again")
