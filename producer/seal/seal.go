// Package seal protects secrets that are stored where others can read them: a token
// that was entered through the API is sealed before it reaches a topic, and only
// instances with secrets.key can open it.
//
// A sealed text is an age file (age-encryption.org/v1, X25519) in base64, on one
// line. It hides the secret and reveals changes. It names the place that it is for,
// so that nobody with the right to write sealed texts can use it in another place.
// It does not say who sealed it.
package seal

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
)

// ErrNoKey means that there is no key to seal with.
var ErrNoKey = errors.New("secrets.key is not set: make one with notion-kafka keygen")

// A Keyring seals with one key, and opens with that key and with previous ones. A nil
// Keyring has no keys. It is safe for concurrent use.
type Keyring struct {
	current *age.X25519Identity // nil: nothing can be sealed
	known   []age.Identity      // the current one first
}

// New makes a keyring of secrets.key, which may be "", and secrets.previous_keys. Its
// errors name a key by its path and do not show it.
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

// parse does not pass the library's error on, because that may quote the key.
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

// A Place is what a secret is for: a source, and a key of its configuration, such as
// token. A secret that is of no source has the Source "", which is no source's name; its Key
// then says what it is of, such as draft and an id.
type Place struct{ Source, Key string }

// bound is a secret with its place, as it is sealed.
type bound struct {
	Source string `json:"source"`
	Key    string `json:"key"`
	Secret []byte `json:"secret"`
}

// CanSeal reports whether there is a key to seal with.
func (k *Keyring) CanSeal() bool { return k != nil && k.current != nil }

// Seal returns plain as a line of text that only the keyring opens, for its place.
// Sealing a secret twice gives two different texts. Without a key the error is
// ErrNoKey.
func (k *Keyring) Seal(at Place, plain string) (string, error) {
	if !k.CanSeal() {
		return "", ErrNoKey
	}
	whole, err := json.Marshal(bound{at.Source, at.Key, []byte(plain)}) //nolint:gosec // what is sealed next
	if err != nil {
		return "", err
	}
	var sealed bytes.Buffer
	to, err := age.Encrypt(&sealed, k.current.Recipient())
	if err == nil {
		_, err = to.Write(whole)
	}
	if err == nil {
		err = to.Close()
	}
	if err != nil {
		return "", fmt.Errorf("sealing a secret with secrets.key: %w", err)
	}
	return base64.StdEncoding.EncodeToString(sealed.Bytes()), nil
}

// Open opens a text that was sealed for a place with any key of the keyring. A text
// that was sealed before secrets had places fits every place. Its errors say what a
// person can do, and show neither the text nor a key.
func (k *Keyring) Open(at Place, sealed string) (string, error) {
	if k == nil {
		k = &Keyring{}
	}
	plain, _, err := decrypt(at, sealed, k.known)
	return plain, err
}

// IsFresh reports whether a text is sealed with the current key and for its place.
// Other texts are to be sealed anew. Without a current key every text is fresh,
// because nothing can be sealed.
func (k *Keyring) IsFresh(at Place, sealed string) bool {
	if !k.CanSeal() {
		return true
	}
	_, placed, err := decrypt(at, sealed, k.known[:1])
	return err == nil && placed
}

// decrypt opens a text with one of the keys. placed reports whether the text names
// its place.
func decrypt(at Place, sealed string, keys []age.Identity) (plain string, placed bool, err error) {
	if len(keys) == 0 {
		return "", false, errors.New("a sealed secret cannot be opened: secrets.key is not set: set it to the key that the secret was sealed with")
	}
	file, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return "", false, errDamaged
	}
	from, err := age.Decrypt(bytes.NewReader(file), keys...)
	if errors.As(err, new(*age.NoIdentityMatchError)) {
		return "", false, errors.New("a secret was sealed with a key that is neither secrets.key nor one of secrets.previous_keys: " +
			"add the key it was sealed with to secrets.previous_keys, or enter the secret again")
	}
	if err != nil {
		return "", false, errDamaged
	}
	whole, err := io.ReadAll(from)
	if err != nil {
		return "", false, errDamaged
	}
	content, placed := contentOf(whole)
	if !placed {
		return string(whole), false, nil // it was sealed before secrets had places
	}
	if content.Source != at.Source || content.Key != at.Key {
		return "", false, fmt.Errorf("a secret that was sealed as %s of source %s is stored as %s of source %s: somebody copied it there; enter the secret again", content.Key, content.Source, at.Key, at.Source)
	}
	return string(content.Secret), true, nil
}

func contentOf(whole []byte) (content bound, placed bool) {
	err := json.Unmarshal(whole, &content)
	return content, err == nil && content.Key != ""
}

var errDamaged = errors.New("a sealed secret was changed or cut short since it was sealed: enter the secret again")

// Sign returns a tag of a text that only instances with secrets.key can make. purpose keeps a tag
// from being used for something else. Without a key the error is ErrNoKey.
func (k *Keyring) Sign(purpose, text string) (tag []byte, err error) {
	if k == nil || k.current == nil {
		return nil, ErrNoKey
	}
	return tagOf(k.current, purpose, text), nil
}

// Verify reports whether a tag is that of a text, made with any key of the keyring.
func (k *Keyring) Verify(purpose, text string, tag []byte) bool {
	if k == nil {
		return false
	}
	for _, key := range k.known {
		if identity, is := key.(*age.X25519Identity); is && hmac.Equal(tag, tagOf(identity, purpose, text)) {
			return true
		}
	}
	return false
}

// tagOf authenticates a text with a key of its own for each purpose, so that the identity itself
// is used for nothing but sealing.
func tagOf(identity *age.X25519Identity, purpose, text string) []byte {
	key := hmac.New(sha256.New, []byte(identity.String()))
	key.Write([]byte("notion-kafka " + purpose))
	tag := hmac.New(sha256.New, key.Sum(nil))
	tag.Write([]byte(text))
	return tag.Sum(nil)
}
