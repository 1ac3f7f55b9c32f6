package notion

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

// A new certificate authority of a proxy that inspects traffic is trusted without a
// restart.
func TestCertificatesToTrustAreReadAgain(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"object":"user","id":"`+userA+`","type":"bot","name":"Sync","bot":{}}`)
	}))
	defer server.Close()
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	servers, another := asPEM(server.Certificate().Raw), asPEM(selfSigned(t))
	file := filepath.Join(t.TempDir(), "ca.pem")
	write := func(text []byte) {
		t.Helper()
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(another)
	var log bytes.Buffer
	c, err := NewClient(Options{
		BaseURL: server.URL, CAFile: file, Logger: slog.New(slog.NewTextHandler(&log, nil)),
		Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "ntn_aTokenOfTheTests"}),
	})
	if err != nil {
		t.Fatal(err)
	}
	asks := func(when string, trusted bool) {
		t.Helper()
		_, err := c.Me(t.Context())
		if trusted && err != nil || !trusted && !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s: error %v, want the server trusted: %v", when, err, trusted)
		}
	}
	asks("at first", false)
	write(servers)
	asks("with its certificate", true)
	write([]byte("half a fi"))
	asks("with a file of no use", true)
	asks("with a file of no use", true)
	if said := strings.Count(log.String(), "no PEM certificate"); said != 1 {
		t.Errorf("an unusable file is logged %d times, want once:\n%s", said, log.String())
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	asks("without the file", true)
	write(another)
	asks("with another certificate", false)
}

func asPEM(certificate []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})
}

// selfSigned returns the certificate of an authority that signed no other certificate.
func selfSigned(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "another"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}
