package kafka

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// advice is a question that follows an error: what a person can check when brokers
// were not reached.
func (s Security) advice(err error) string {
	var (
		unknown  x509.UnknownAuthorityError
		hostname x509.HostnameError
		noTLS    tls.RecordHeaderError
		network  *net.OpError
		eof      *kgo.ErrFirstReadEOF
	)
	switch {
	case errors.Is(err, errNoToken):
		return "are kafka.sasl.token_url, kafka.sasl.username (the client id), kafka.sasl.password (the client secret) and kafka.sasl.scopes right?"
	case errors.Is(err, errTokenRefused), errors.Is(err, kerr.SaslAuthenticationFailed) && s.Mechanism == "oauthbearer":
		return "are kafka.sasl.token_url and kafka.sasl.scopes right, and do the brokers trust its tokens?"
	case errors.Is(err, kerr.SaslAuthenticationFailed):
		return "are kafka.sasl.username and kafka.sasl.password right, and is the user known for kafka.sasl.mechanism " + s.Mechanism + "?"
	case errors.Is(err, kerr.UnsupportedSaslMechanism):
		return "do the brokers know kafka.sasl.mechanism " + s.Mechanism + "?"
	case errors.As(err, &unknown):
		return "is kafka.tls.ca_file the authority that signed the brokers' certificates?"
	case errors.As(err, &hostname):
		return "does kafka.brokers name the brokers as their certificates do?"
	case errors.As(err, &network) && network.Op == "remote error": // a TLS alert
		if s.CertFile == "" {
			return "do the brokers require a client certificate? Set kafka.tls.cert_file and kafka.tls.key_file"
		}
		return certificateAdvice
	case errors.As(err, &noTLS), !s.TLS && strings.Contains(err.Error(), "tls alert"): // the library has no type for it
		return "is kafka.tls.enabled right for this port?"
	case errors.As(err, &eof) && s.TLS && s.CertFile != "" && s.Mechanism == "":
		return certificateAdvice
	case errors.As(err, &eof):
		return "are kafka.tls and kafka.sasl what this port expects?"
	}
	if unreached, ok := errors.AsType[*unreachedError](err); ok && unreached.advertised {
		return advertisedAdvice
	}
	return "is it running, and are kafka.brokers, kafka.tls and kafka.sasl right?"
}

const (
	certificateAdvice = "has the client certificate in kafka.tls.cert_file expired, or do the brokers not trust it?"
	advertisedAdvice  = "this address comes from the broker's advertised.listeners, not from kafka.brokers: can this machine reach the broker there?"
)

// An unreachedError is a failed connection to a broker.
type unreachedError struct {
	err        error
	advertised bool // the address is from advertised.listeners, not from the configuration
}

// Error implements error.
func (u *unreachedError) Error() string { return u.err.Error() }

// Unwrap returns the network's error.
func (u *unreachedError) Unwrap() error { return u.err }
