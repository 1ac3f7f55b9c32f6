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

// newRoundTripper returns a transport that trusts the certificates in caFile in
// addition to the system's; "" means the system's alone.
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

// A trusting transport reads its file of certificates for every request, because
// certificates are renewed and the file is replaced. While the file is unusable, its
// last certificates stay trusted.
type trusting struct {
	file string

	mu   sync.Mutex // guards what follows
	held []byte     // the file's content that by trusts
	by   *http.Transport
}

// RoundTrip implements http.RoundTripper. Where a request fails and the file is
// unusable, the error names both reasons.
func (t *trusting) RoundTrip(r *http.Request) (*http.Response, error) {
	t.mu.Lock()
	unread := t.renew()
	by := t.by
	t.mu.Unlock()
	resp, err := by.RoundTrip(r)
	if err != nil && unread != nil {
		err = fmt.Errorf("%w (schema_registry.ca_file is unusable, its last certificates stay trusted: %w)", err, unread)
	}
	return resp, err
}

// renew reads the file and trusts its certificates from now on. Open connections are
// closed when their requests are done.
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
