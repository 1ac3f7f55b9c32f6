package kafka

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// A dialer opens connections to brokers. It reads the files of [Security] for every
// connection, because certificates are renewed. While the files are unusable, their
// last usable content counts.
type dialer struct {
	security Security
	log      *slog.Logger
	seeds    []string // the addresses of the configuration
	dial     func(ctx context.Context, network, address string) (net.Conn, error)

	mu     sync.Mutex // guards what follows
	last   *tls.Config
	logged string // the error that was logged about the files as they are now
}

// dialTimeout bounds the opening of one connection, its TLS handshake included.
const dialTimeout = 10 * time.Second

// connect opens a connection to a broker, with TLS if it is enabled.
func (d *dialer) connect(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	conn, err := d.dial(ctx, network, address)
	if err != nil {
		return nil, &unreachedError{err, !slices.Contains(d.seeds, address)}
	}
	if !d.security.TLS {
		return conn, nil
	}
	config := d.config().Clone()
	if config.ServerName, _, err = net.SplitHostPort(address); err != nil {
		config.ServerName = address
	}
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secure, nil
}

// config returns the configuration in the files, or the last usable one.
func (d *dialer) config() *tls.Config {
	d.mu.Lock()
	defer d.mu.Unlock()
	now, err := d.security.tlsConfig()
	if err != nil {
		if d.logged != err.Error() {
			d.logged = err.Error()
			d.log.Warn("a file for the connections to Kafka is unusable; its last usable content counts", "error", err)
		}
		return d.last
	}
	d.last, d.logged = now, ""
	return now
}

// A trusting transport reads the file of authorities again for every request.
type trusting struct {
	security Security

	mu   sync.Mutex // guards what follows
	last *x509.CertPool
	by   *http.Transport
}

// RoundTrip implements http.RoundTripper.
func (t *trusting) RoundTrip(r *http.Request) (*http.Response, error) {
	return t.transport().RoundTrip(r)
}

// transport returns a transport that trusts the current authorities, or the last
// readable ones.
func (t *trusting) transport() *http.Transport {
	t.mu.Lock()
	defer t.mu.Unlock()
	now, err := t.security.systemAndOurs()
	if err != nil || now.Equal(t.last) {
		return t.by
	}
	if t.by != nil {
		t.by.CloseIdleConnections()
	}
	t.by = http.DefaultTransport.(*http.Transport).Clone() // documented to be one
	t.by.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: now}
	t.last = now
	return t.by
}
