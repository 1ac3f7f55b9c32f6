package avro

import (
	"encoding/base64"
	"net/http"
	"strings"
	"sync"
)

// A login holds our credentials for a registry. Its secrets may be in files that are
// replaced, so they are read for every request.
type login struct {
	username        string
	password, token func() string

	mu   *sync.Mutex
	sent map[string]bool // every secret that was sent, guarded by mu: an answer may repeat it
}

func newLogin(o RegistryOptions) login {
	l := login{username: o.Username, password: o.PasswordNow, token: o.TokenNow, mu: new(sync.Mutex), sent: map[string]bool{}}
	if l.password == nil {
		l.password = func() string { return o.Password }
	}
	if l.token == nil {
		l.token = func() string { return o.Token }
	}
	return l
}

// sign adds the credentials to a request.
func (l login) sign(r *http.Request) error {
	switch token := l.token(); {
	case l.username != "":
		password := l.password()
		l.remember(password, base64.StdEncoding.EncodeToString([]byte(l.username+":"+password)))
		r.SetBasicAuth(l.username, password)
	case token != "":
		l.remember(token)
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return nil
}

func (l login) remember(secrets ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, secret := range secrets {
		if secret != "" {
			l.sent[secret] = true
		}
	}
}

// mask replaces the secrets that were sent with ••• in a text.
func (l login) mask(text string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for secret := range l.sent {
		text = strings.ReplaceAll(text, secret, "•••")
	}
	return text
}
