package kafka

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
)

// The next connection shows a certificate that was renewed on disk, and trusts an
// authority that was replaced. While files are unusable, their last usable content
// counts.
func TestFilesThatOthersReplaceAreReadAgain(t *testing.T) {
	a := newAuthority(t)
	serves := a.issue("broker")
	var shown atomic.Pointer[string]
	b, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.TLS(&tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{serves}, ClientAuth: tls.RequireAnyClientCert,
		VerifyPeerCertificate: func(raw [][]byte, _ [][]*x509.Certificate) error {
			name := must(x509.ParseCertificate(raw[0])).Subject.CommonName
			shown.Store(&name)
			return nil
		},
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	a.issue("old")
	a.issue("renewed")
	copyFile(t, a.file("old.pem"), a.file("client.pem"))
	copyFile(t, a.file("old.key"), a.file("client.key"))
	var log bytes.Buffer
	security := Security{TLS: true, CAFile: a.file("ca.pem"), CertFile: a.file("client.pem"), KeyFile: a.file("client.key")}
	c, err := Open(Options{Brokers: b.ListenAddrs(), ClientID: "test", StateTopic: stateTopic, Security: security, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	shows := func(want string) {
		t.Helper()
		w, err := c.newWriter("another connection", 0)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		if err := w.client.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := *shown.Load(); got != want {
			t.Errorf("the broker was shown the certificate of %q, want %q", got, want)
		}
	}
	shows("old")
	copyFile(t, a.file("renewed.pem"), a.file("client.pem")) // and not yet its key
	shows("old")
	shows("old")
	if logged := strings.Count(log.String(), "kafka.tls.cert_file"); logged != 1 {
		t.Errorf("files that do not fit are logged %d times:\n%s", logged, log.String())
	}
	copyFile(t, a.file("renewed.key"), a.file("client.key"))
	shows("renewed")
	if err := os.Remove(a.file("ca.pem")); err != nil {
		t.Fatal(err)
	}
	shows("renewed")
	copyFile(t, newAuthority(t).file("ca.pem"), a.file("ca.pem")) // the brokers' is of the old one
	w, err := c.newWriter("another connection", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.client.Ping(t.Context()); err == nil {
		t.Error("an authority that was replaced is still trusted")
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Every connection uses the current password, because passwords in files change.
func TestEveryConnectionUsesTheCurrentPassword(t *testing.T) {
	for mechanism, method := range map[string]string{"plain": "PLAIN", "scram-sha-256": "SCRAM-SHA-256", "scram-sha-512": "SCRAM-SHA-512"} {
		t.Run(mechanism, func(t *testing.T) {
			b, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableSASL(), kfake.Superuser(method, "ada", secret))
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			password := "not yet"
			c, err := Open(Options{Brokers: b.ListenAddrs(), ClientID: "test", StateTopic: stateTopic, Security: Security{
				Mechanism: mechanism, Username: "ada", Password: "not yet", PasswordNow: func() string { return password },
			}})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if err := c.Ping(t.Context()); err == nil {
				t.Fatal("a wrong password is taken")
			}
			password = secret
			if err := c.Ping(t.Context()); err != nil {
				t.Error("with the current password:", err)
			}
		})
	}
}
