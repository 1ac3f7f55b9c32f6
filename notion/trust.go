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

// newRoundTripper carries requests, trusting the certificates in caFile beside the
// system's; "" stands for the system's alone.
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

// A trusting transport reads its file of certificates with every request, as
// others replace the file: certificates are renewed. A file that is of no use
// leaves what was trusted, and is said once.
type trusting struct {
	file           string
	maxConcurrency int
	log            *slog.Logger

	mu   sync.Mutex // guards what follows
	held []byte     // of the file, as by trusts it
	by   *http.Transport
	said string // about the file as it is now
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
		t.log.Warn("the file of certificates to trust (notion.ca_file) is of no use; what it held before counts", "error", err)
	}
	return t.by
}

// renew goes by what the file holds now. Connections that are open are closed when
// their requests are done.
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
