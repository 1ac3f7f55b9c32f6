package kafka

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"os"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

// Security is how we connect and authenticate to brokers. The zero value is plain
// text without authentication.
type Security struct {
	TLS      bool   // false: the three files do not count
	CAFile   string // PEM; "": the system's authorities
	CertFile string // PEM, with KeyFile: a client certificate
	KeyFile  string

	Mechanism string // "", plain, scram-sha-256, scram-sha-512 or oauthbearer
	Username  string // for oauthbearer the client id
	Password  string // for oauthbearer the client secret
	// PasswordNow gives the password for every new connection, in place of Password;
	// nil if the password does not change.
	PasswordNow func() string
	TokenURL    string
	Scopes      []string

	noToken *tokenFailure // why there was no token last; set by Open
}

// options returns the client's options. It reads the files, and fails if they are
// bad. They are read again for every connection.
func (s Security) options(log *slog.Logger, seeds []string, dial func(ctx context.Context, network, address string) (net.Conn, error)) ([]kgo.Opt, error) {
	var opts []kgo.Opt
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	d := &dialer{security: s, log: log, seeds: seeds, dial: dial}
	if s.TLS {
		var err error
		if d.last, err = s.tlsConfig(); err != nil {
			return nil, err
		}
	}
	opts = append(opts, kgo.Dialer(d.connect))
	mechanism, err := s.mechanism()
	if err != nil {
		return nil, err
	}
	if mechanism != nil {
		opts = append(opts, kgo.SASL(mechanism))
	}
	return opts, nil
}

func (s Security) tlsConfig() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.CAFile != "" {
		config.RootCAs = x509.NewCertPool()
		if err := s.trust(config.RootCAs); err != nil {
			return nil, err
		}
	}
	if s.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(s.CertFile, s.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("reading kafka.tls.cert_file and kafka.tls.key_file: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// trust adds the authorities of CAFile, if TLS is on and the file is given.
func (s Security) trust(pool *x509.CertPool) error {
	if !s.TLS || s.CAFile == "" {
		return nil
	}
	pem, err := os.ReadFile(s.CAFile)
	if err != nil {
		return fmt.Errorf("reading kafka.tls.ca_file: %w", err)
	}
	if !pool.AppendCertsFromPEM(pem) {
		return fmt.Errorf("reading kafka.tls.ca_file: %s holds no PEM certificate", s.CAFile)
	}
	return nil
}

func (s Security) mechanism() (sasl.Mechanism, error) {
	switch s.Mechanism {
	case "":
		return nil, nil // no mechanism is a valid answer
	case "plain":
		return plain.Plain(func(context.Context) (plain.Auth, error) {
			return plain.Auth{User: s.Username, Pass: s.password()}, nil
		}), nil
	case "scram-sha-256":
		return scram.Sha256(s.scram), nil
	case "scram-sha-512":
		return scram.Sha512(s.scram), nil
	case "oauthbearer":
		return s.oauthbearer()
	}
	return nil, fmt.Errorf("kafka.sasl.mechanism %q is unknown", s.Mechanism)
}

func (s Security) scram(context.Context) (scram.Auth, error) {
	return scram.Auth{User: s.Username, Pass: s.password()}, nil
}

func (s Security) password() string {
	if s.PasswordNow != nil {
		return s.PasswordNow()
	}
	return s.Password
}

// systemAndOurs returns the system's authorities and, if TLS is on, those of CAFile.
func (s Security) systemAndOurs() (*x509.CertPool, error) {
	trusted, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("reading the system's authorities, for kafka.sasl.token_url: %w", err)
	}
	return trusted, s.trust(trusted)
}
