package avro

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"sync"
)

// newRoundTripper carries requests, trusting the certificates in caFile beside the
// system's; "" stands for the system's alone.
func newRoundTripper(caFile string) (http.RoundTripper, error) {
	if caFile == "" {
		return usualTransport(), nil
	}
	t := &trusting{file: caFile}
	if err := t.renew(); err != nil {
		return nil, fmt.Errorf("schema_registry.ca_file: %w", err)
	}
	return t, nil
}

func usualTransport() *http.Transport {
	return http.DefaultTransport.(*http.Transport).Clone()
}

// A trusting transport reads its file of certificates with every request, as
// others replace the file: certificates are renewed. A file that is of no use
// leaves what was trusted.
type trusting struct {
	file string

	mu   sync.Mutex // guards what follows
	held []byte     // of the file, as by trusts it
	by   *http.Transport
}

// RoundTrip implements http.RoundTripper. Where the registry is not trusted and the
// file is of no use, the error says both.
func (t *trusting) RoundTrip(r *http.Request) (*http.Response, error) {
	t.mu.Lock()
	unread := t.renew()
	by := t.by
	t.mu.Unlock()
	resp, err := by.RoundTrip(r)
	if err != nil && unread != nil {
		err = fmt.Errorf("%w (schema_registry.ca_file is of no use, and what it held before counts: %w)", err, unread)
	}
	return resp, err
}

// renew goes by what the file holds now. Connections that are open are closed when
// their requests are done.
func (t *trusting) renew() error {
	pem, err := os.ReadFile(t.file)
	if err != nil {
		return err
	}
	if t.by != nil && bytes.Equal(pem, t.held) {
		return nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return fmt.Errorf("%s holds no PEM certificate", t.file)
	}
	if t.by != nil {
		t.by.CloseIdleConnections()
	}
	t.held, t.by = pem, usualTransport()
	t.by.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return nil
}
