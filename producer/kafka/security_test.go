package kafka

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const secret = "correct-horse-battery"

// ping starts a broker on the real network and pings it.
func ping(t *testing.T, security Security, broker ...kfake.Opt) error {
	t.Helper()
	b, err := kfake.NewCluster(append(broker, kfake.NumBrokers(1))...)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	return pingAt(t, b, security)
}

func pingAt(t *testing.T, b *kfake.Cluster, security Security) error {
	t.Helper()
	c, err := Open(Options{Brokers: b.ListenAddrs(), ClientID: "test", StateTopic: stateTopic, Security: security})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.Ping(t.Context())
}

func wantNoSecret(t *testing.T, err error) {
	t.Helper()
	for _, form := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err)} {
		if strings.Contains(form, secret) {
			t.Errorf("the error shows a secret: %s", form)
		}
	}
}

func TestPasswords(t *testing.T) {
	for mechanism, method := range map[string]string{"plain": "PLAIN", "scram-sha-256": "SCRAM-SHA-256", "scram-sha-512": "SCRAM-SHA-512"} {
		for name, right := range map[string]bool{"right": true, "wrong": false} {
			t.Run(mechanism+" "+name, func(t *testing.T) {
				password := secret
				if !right {
					password += "-not"
				}
				err := ping(t, Security{Mechanism: mechanism, Username: "ada", Password: password},
					kfake.EnableSASL(), kfake.Superuser(method, "ada", secret))
				if right {
					if err != nil {
						t.Error(err)
					}
					return
				}
				wantError(t, err, nil, "kafka.sasl") // kfake hangs up where Kafka answers with a reason
				wantNoSecret(t, err)
			})
		}
	}
}

func TestUnknownMechanismIsRefused(t *testing.T) {
	_, err := Open(Options{Brokers: []string{"127.0.0.1:1"}, Security: Security{Mechanism: "kerberos", Password: secret}})
	wantError(t, err, nil, "kafka.sasl.mechanism", "kerberos")
	wantNoSecret(t, err)
}

// An authority signs the certificates of one test.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	dir  string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, dir: t.TempDir()}
	a.cert = &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	a.key = a.newKey()
	a.write("ca.pem", "CERTIFICATE", a.sign(a.cert, a.key))
	return a
}

func (a *authority) newKey() *ecdsa.PrivateKey {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	return key
}

func (a *authority) sign(cert *x509.Certificate, key *ecdsa.PrivateKey) []byte {
	a.t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, cert, a.cert, key.Public(), a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	return der
}

func (a *authority) write(name, kind string, der []byte) {
	a.t.Helper()
	if err := os.WriteFile(a.file(name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		a.t.Fatal(err)
	}
}

func (a *authority) file(name string) string { return filepath.Join(a.dir, name) }

// issue makes a certificate for loopback, or for other hosts, and writes it and
// its key.
func (a *authority) issue(name string, hosts ...string) tls.Certificate {
	a.t.Helper()
	key := a.newKey()
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames:    hosts,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if len(hosts) == 0 {
		cert.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	}
	der := a.sign(cert, key)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	a.write(name+".pem", "CERTIFICATE", der)
	a.write(name+".key", "PRIVATE KEY", private)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(must(x509.ParseCertificate(a.sign(a.cert, a.key))))
	return pool
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestTLS(t *testing.T) {
	a := newAuthority(t)
	broker := kfake.TLS(&tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{a.issue("broker")}})
	if err := ping(t, Security{TLS: true, CAFile: a.file("ca.pem")}, broker); err != nil {
		t.Error("with the broker's authority:", err)
	}
	err := ping(t, Security{TLS: true, CAFile: newAuthority(t).file("ca.pem")}, broker)
	wantError(t, err, nil, "certificate", "kafka.tls.ca_file")
}

func TestPlainTextToATLSPort(t *testing.T) {
	broker := kfake.TLS(&tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{newAuthority(t).issue("broker")}})
	wantError(t, ping(t, Security{}, broker), nil, "kafka.tls")
}

// A broker whose certificate has another name is not taken for one of another
// authority.
func TestBrokerOfAnotherName(t *testing.T) {
	a := newAuthority(t)
	elsewhere := a.issue("broker", "kafka.example.com")
	broker := kfake.TLS(&tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{elsewhere}})
	wantError(t, ping(t, Security{TLS: true, CAFile: a.file("ca.pem")}, broker), nil, "does kafka.brokers name the brokers as their certificates do?")
}

func TestClientCertificate(t *testing.T) {
	a := newAuthority(t)
	a.issue("client")
	broker := kfake.TLS(&tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{a.issue("broker")},
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: a.pool(),
	})
	with := Security{TLS: true, CAFile: a.file("ca.pem"), CertFile: a.file("client.pem"), KeyFile: a.file("client.key")}
	if err := ping(t, with, broker); err != nil {
		t.Error("with a certificate:", err)
	}
	wantError(t, ping(t, Security{TLS: true, CAFile: a.file("ca.pem")}, broker), nil, "kafka.tls.cert_file")
}

func TestBadCertificateFilesAreNamed(t *testing.T) {
	a := newAuthority(t)
	a.issue("client")
	nothing := filepath.Join(t.TempDir(), "nothing.pem")
	for name, c := range map[string]struct {
		security Security
		says     []string
	}{
		"no authority file":     {Security{TLS: true, CAFile: nothing}, []string{"kafka.tls.ca_file", nothing}},
		"a key is no authority": {Security{TLS: true, CAFile: a.file("client.key")}, []string{"kafka.tls.ca_file", "no PEM certificate"}},
		"no key":                {Security{TLS: true, CertFile: a.file("client.pem"), KeyFile: nothing}, []string{"kafka.tls.cert_file", "kafka.tls.key_file", nothing}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(Options{Brokers: []string{"127.0.0.1:1"}, Security: c.security})
			wantError(t, err, nil, c.says...)
		})
	}
}

// oauthBroker is a broker that takes one token; kfake itself knows passwords
// only.
func oauthBroker(t *testing.T, token string, broker ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	b, err := kfake.NewCluster(append(broker, kfake.NumBrokers(1))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	b.ControlKey(kmsg.SASLHandshake.Int16(), func(q kmsg.Request) (kmsg.Response, error, bool) {
		b.KeepControl()
		resp := q.ResponseKind().(*kmsg.SASLHandshakeResponse)
		resp.SupportedMechanisms = []string{"OAUTHBEARER"}
		return resp, nil, true
	})
	b.ControlKey(kmsg.SASLAuthenticate.Int16(), func(q kmsg.Request) (kmsg.Response, error, bool) {
		b.KeepControl()
		resp := q.ResponseKind().(*kmsg.SASLAuthenticateResponse)
		if !strings.Contains(string(q.(*kmsg.SASLAuthenticateRequest).SASLAuthBytes), "Bearer "+token) {
			resp.ErrorCode = kerr.SaslAuthenticationFailed.Code
		}
		return resp, nil, true
	})
	return b
}

func TestOAuthBearer(t *testing.T) {
	var requests []string
	tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		requests = append(requests, strings.Join([]string{r.FormValue("grant_type"), r.FormValue("scope"), user, password}, " "))
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"access_token": "the-token", "token_type": "bearer", "expires_in": 3600}`)
	}))
	defer tokens.Close()
	security := Security{Mechanism: "oauthbearer", Username: "ada", Password: secret, TokenURL: tokens.URL, Scopes: []string{"kafka", "write"}}
	if err := pingAt(t, oauthBroker(t, "the-token"), security); err != nil {
		t.Fatal(err)
	}
	if want := "client_credentials kafka write ada " + secret; len(requests) == 0 || requests[0] != want {
		t.Errorf("the token was requested with %q, want %q", requests, want)
	}
	err := pingAt(t, oauthBroker(t, "another-token"), security)
	wantError(t, err, kerr.SaslAuthenticationFailed, "kafka.sasl")
	if strings.Contains(err.Error(), "the-token") {
		t.Errorf("the error shows the token: %v", err)
	}
}

// The token server may have a certificate of the company's own authority.
func TestTokensFromAServerOfTheBrokersAuthority(t *testing.T) {
	a := newAuthority(t)
	tokens := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"access_token": "the-token", "token_type": "bearer"}`)
	}))
	tokens.TLS = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{a.issue("tokens")}}
	tokens.Config.ErrorLog = log.New(io.Discard, "", 0) // of the handshake that fails
	tokens.StartTLS()
	defer tokens.Close()
	security := Security{
		TLS: true, CAFile: a.file("ca.pem"),
		Mechanism: "oauthbearer", Username: "ada", Password: secret, TokenURL: tokens.URL,
	}
	broker := kfake.TLS(&tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{a.issue("broker")}})
	if err := pingAt(t, oauthBroker(t, "the-token", broker), security); err != nil {
		t.Error(err)
	}
	security.TLS = false // then CAFile does not count
	err := pingAt(t, oauthBroker(t, "the-token"), security)
	wantError(t, err, nil, "unknown authority", "kafka.sasl.token_url")
	wantNoSecret(t, err)
}

// The client secret goes to the token endpoint and nowhere else.
func TestTokenEndpointMayNotRedirect(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s %s reached another host with the secret %q", r.Method, r.URL, secretIn(r))
	}))
	defer elsewhere.Close()
	tokens := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer tokens.Close()
	err := pingAt(t, oauthBroker(t, "the-token"), Security{Mechanism: "oauthbearer", Username: "ada", Password: secret, TokenURL: tokens.URL})
	wantError(t, err, nil, "kafka.sasl.token_url", "redirects elsewhere")
	wantNoSecret(t, err)
}

// secretIn returns the secret in a request's header or body.
func secretIn(r *http.Request) string {
	if _, password, ok := r.BasicAuth(); ok {
		return password
	}
	return r.FormValue("client_secret")
}

func TestOAuthBearerFailureShowsNoSecret(t *testing.T) {
	for name, answer := range map[string]func(http.ResponseWriter, *http.Request){
		"refused": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprintf(w, `{"error": "invalid_client", "error_description": "wrong: %s"}`, secretIn(r))
		},
		"no token": func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, `you said %s`, secretIn(r))
		},
		"gone": func(w http.ResponseWriter, _ *http.Request) {
			panic(http.ErrAbortHandler)
		},
		"a code that repeats it": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprintf(w, `{"error": %q}`, secretIn(r)+strings.Repeat("x", 1<<16))
		},
	} {
		t.Run(name, func(t *testing.T) {
			tokens := httptest.NewServer(http.HandlerFunc(answer))
			defer tokens.Close()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			c, err := Open(Options{Brokers: oauthBroker(t, "x").ListenAddrs(), StateTopic: stateTopic, Security: Security{
				Mechanism: "oauthbearer", Username: "ada", Password: secret, TokenURL: tokens.URL,
			}})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			err = c.Ping(ctx)
			wantError(t, err, nil, "kafka.sasl.token_url")
			wantNoSecret(t, err)
			if len(err.Error()) > 2000 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
		})
	}
}
