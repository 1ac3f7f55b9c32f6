package notion

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync"
)

// newRoundTripper returns a transport that trusts the certificates in caFile in
// addition to the system's; "" means the system's alone.
func newRoundTripper(caFile string, maxConcurrency int, log *slog.Logger) (http.RoundTripper, error) {
	if caFile == "" {
		return newTransport(nil, maxConcurrency), nil
	}
	t := &trusting{file: caFile, maxConcurrency: maxConcurrency, log: log}
	if err := t.renew(); err != nil {
		return nil, fmt.Errorf("notion: %w", err)
	}
	return t, nil
}

// A trusting transport reads its file of certificates for every request, because
// certificates are renewed and the file is replaced. While the file is unusable, its
// last certificates stay trusted; that is logged once.
type trusting struct {
	file           string
	maxConcurrency int
	log            *slog.Logger

	mu   sync.Mutex // guards what follows
	held []byte     // the file's content that by trusts
	by   *http.Transport
	said string // the last warning about the file
}

// RoundTrip implements http.RoundTripper.
func (t *trusting) RoundTrip(r *http.Request) (*http.Response, error) {
	return t.transport().RoundTrip(r)
}

func (t *trusting) transport() *http.Transport {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch err := t.renew(); {
	case err == nil:
		t.said = ""
	case t.said != err.Error():
		t.said = err.Error()
		t.log.Warn("the file of certificates to trust (notion.ca_file) is unusable, its last certificates stay trusted", "error", err)
	}
	return t.by
}

// renew reads the file and trusts its certificates from now on. Open connections are
// closed when their requests are done.
func (t *trusting) renew() error {
	pem, err := os.ReadFile(t.file)
	if err != nil {
		return fmt.Errorf("reading the certificates to trust (ca_file): %w", err)
	}
	if t.by != nil && bytes.Equal(pem, t.held) {
		return nil
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		return fmt.Errorf("reading the system's certificates: %w", err)
	}
	if !roots.AppendCertsFromPEM(pem) {
		return fmt.Errorf("ca_file %s holds no PEM certificate", t.file)
	}
	if t.by != nil {
		t.by.CloseIdleConnections()
	}
	t.held, t.by = pem, newTransport(roots, t.maxConcurrency)
	return nil
}
