package kafka

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/oauth"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// Security is how brokers are reached and who we are to them. The zero value
// is plain text and nobody.
type Security struct {
	TLS      bool
	CAFile   string // PEM; "": the system's authorities
	CertFile string // PEM, with KeyFile: a client certificate
	KeyFile  string

	Mechanism string // "", plain, scram-sha-256, scram-sha-512 or oauthbearer
	Username  string // for oauthbearer the client id
	Password  string // for oauthbearer the client secret
	TokenURL  string
	Scopes    []string
}

// options turns it into the client's options. Files are read here, once.
func (s Security) options() ([]kgo.Opt, error) {
	var opts []kgo.Opt
	tlsConfig, err := s.tlsConfig()
	if err != nil {
		return nil, err
	}
	if s.TLS {
		opts = append(opts, kgo.DialTLSConfig(tlsConfig))
	}
	mechanism, err := s.mechanism(tlsConfig)
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
		pem, err := os.ReadFile(s.CAFile)
		if err != nil {
			return nil, fmt.Errorf("kafka.tls.ca_file: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("kafka.tls.ca_file: %s holds no PEM certificate", s.CAFile)
		}
	}
	if s.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(s.CertFile, s.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("kafka.tls.cert_file and kafka.tls.key_file: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

func (s Security) mechanism(tlsConfig *tls.Config) (sasl.Mechanism, error) {
	switch s.Mechanism {
	case "":
		return nil, nil //nolint:nilnil // no mechanism is a valid answer
	case "plain":
		return plain.Auth{User: s.Username, Pass: s.Password}.AsMechanism(), nil
	case "scram-sha-256":
		return scram.Auth{User: s.Username, Pass: s.Password}.AsSha256Mechanism(), nil
	case "scram-sha-512":
		return scram.Auth{User: s.Username, Pass: s.Password}.AsSha512Mechanism(), nil
	case "oauthbearer":
		return s.oauthbearer(tlsConfig), nil
	}
	return nil, fmt.Errorf("kafka.sasl.mechanism %q is unknown", s.Mechanism)
}

// tokenTimeout bounds one request for an access token: the client library
// waits for it without a bound of its own.
const tokenTimeout = 30 * time.Second

// oauthbearer asks the token URL for an access token (client credentials) and
// again when it runs out.
func (s Security) oauthbearer(tlsConfig *tls.Config) sasl.Mechanism {
	transport := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // documented to be one
	transport.TLSClientConfig = tlsConfig
	ctx := context.WithValue(context.Background(), oauth2.HTTPClient, &http.Client{Transport: transport, Timeout: tokenTimeout})
	config := clientcredentials.Config{ClientID: s.Username, ClientSecret: s.Password, TokenURL: s.TokenURL, Scopes: s.Scopes}
	tokens := config.TokenSource(ctx)
	return oauth.Oauth(func(context.Context) (oauth.Auth, error) {
		token, err := tokens.Token()
		var refused *oauth2.RetrieveError
		if errors.As(err, &refused) {
			// Its text repeats the answer's body, which may hold secrets.
			return oauth.Auth{}, fmt.Errorf("getting a token for Kafka from kafka.sasl.token_url: %s (%s)", refused.Response.Status, refused.ErrorCode)
		}
		if err != nil {
			return oauth.Auth{}, fmt.Errorf("getting a token for Kafka from kafka.sasl.token_url: %w", err)
		}
		return oauth.Auth{Token: token.AccessToken}, nil
	})
}
