package avro

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
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
)

// A new certificate authority of the registry is trusted without a restart.
func TestCertificatesToTrustAreReadAgain(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.schemaregistry.v1+json")
		_, _ = io.WriteString(w, `{"schema":"\"string\""}`)
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
	registry, err := NewRegistry(RegistryOptions{URL: server.URL, CAFile: file})
	if err != nil {
		t.Fatal(err)
	}
	request := func(when string, trusted bool) (said string) {
		t.Helper()
		_, err := registry.client.SchemaByID(t.Context(), 1)
		if (err == nil) != trusted {
			t.Errorf("%s: error %v, want the registry trusted: %v", when, err, trusted)
		}
		if err != nil {
			said = err.Error()
		}
		return said
	}
	request("at first", false)
	write([]byte("half a fi"))
	if said := request("with an unusable file", false); !strings.Contains(said, "no PEM certificate") {
		t.Errorf("error %q does not say that the file is unusable", said)
	}
	write(servers)
	request("with its certificate", true)
	write([]byte("half a fi"))
	request("with an unusable file", true)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	request("without the file", true)
	write(another)
	request("with another certificate", false)
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
