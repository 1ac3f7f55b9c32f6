package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"notion-kafka/config"
)

// A secretFile is a file that changes during the test.
type secretFile struct {
	t    *testing.T
	path string
}

func newSecretFile(t *testing.T, text string) secretFile {
	t.Helper()
	f := secretFile{t, filepath.Join(t.TempDir(), "secret")}
	f.put(text)
	return f
}

func (f secretFile) put(text string) {
	f.t.Helper()
	if err := os.WriteFile(f.path, []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// appWith is an App of these settings, without the test's environment.
func appWith(t *testing.T, set ...string) *App {
	t.Helper()
	t.Chdir(t.TempDir()) // a directory without a configuration file
	cfg, err := config.Load(config.Options{Set: set, Environ: []string{"HOME=" + t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	app, err := Open(t.Context(), cfg, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
	return app
}

// A Kafka password that changed, at the broker and in its file, needs no restart.
func TestPasswordOfKafkaIsReadAgain(t *testing.T) {
	for mechanism, method := range map[string]string{"plain": "PLAIN", "scram-sha-512": "SCRAM-SHA-512"} {
		t.Run(mechanism, func(t *testing.T) {
			b, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableSASL(), kfake.Superuser(method, "ada", "the new one"))
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			file := newSecretFile(t, "the old one\n")
			app := appWith(t, "kafka.brokers="+strings.Join(b.ListenAddrs(), ","), "schema_registry.url=http://127.0.0.1:1",
				"kafka.sasl.mechanism="+mechanism, "kafka.sasl.username=ada", "kafka.sasl.password_file="+file.path)
			if err := app.Cluster.Ping(t.Context()); err == nil {
				t.Fatal("the broker accepts an invalid password")
			}
			file.put("the new one\n")
			if err := app.Cluster.Ping(t.Context()); err != nil {
				t.Error("with the password of now:", err)
			}
		})
	}
}

// The client secret for tokens is read from its file for each request.
func TestClientSecretOfKafkaIsReadAgain(t *testing.T) {
	var asked atomic.Value
	tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, secret, inHeader := r.BasicAuth(); inHeader {
			asked.Store(secret)
		}
		http.Error(w, `{"error": "temporarily_unavailable"}`, http.StatusServiceUnavailable)
	}))
	defer tokens.Close()
	b, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	b.ControlKey(kmsg.SASLHandshake.Int16(), func(q kmsg.Request) (kmsg.Response, error, bool) {
		b.KeepControl()
		resp := q.ResponseKind().(*kmsg.SASLHandshakeResponse)
		resp.SupportedMechanisms = []string{"OAUTHBEARER"}
		return resp, nil, true
	})
	file := newSecretFile(t, "old")
	app := appWith(t, "kafka.brokers="+strings.Join(b.ListenAddrs(), ","), "schema_registry.url=http://127.0.0.1:1",
		"kafka.sasl.mechanism=oauthbearer", "kafka.sasl.username=ada", "kafka.sasl.token_url="+tokens.URL, "kafka.sasl.password_file="+file.path)
	for _, secret := range []string{"old", "new"} {
		file.put(secret)
		if err := app.Cluster.Ping(t.Context()); err == nil {
			t.Fatal("Kafka answers without a token")
		}
		if got := asked.Load(); got != secret {
			t.Errorf("a token was requested with %q, the file has %q", got, secret)
		}
	}
}

// The credentials of the registry are read again, and are in no error.
func TestSecretsOfTheRegistryAreReadAgain(t *testing.T) {
	for name, test := range map[string]struct {
		set    string
		secret func(*http.Request) string
	}{
		"password": {"password", func(r *http.Request) string { _, password, _ := r.BasicAuth(); return password }},
		"token":    {"token", func(r *http.Request) string { return strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ") }},
	} {
		t.Run(name, func(t *testing.T) {
			wanted := "first-s3cret"
			registry := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if got := test.secret(r); got != wanted {
					w.WriteHeader(http.StatusUnauthorized)
					fmt.Fprintf(w, `{"error_code": 401, "message": %q}`, "wrong: "+got)
					return
				}
				fmt.Fprint(w, `[]`)
			}))
			defer registry.Close()
			file := newSecretFile(t, wanted+"\n")
			set := []string{"kafka.brokers=127.0.0.1:1", "schema_registry.url=" + registry.URL, "schema_registry." + test.set + "_file=" + file.path}
			if test.set == "password" {
				set = append(set, "schema_registry.username=ada")
			}
			app := appWith(t, set...)
			if err := app.Registry.Ping(t.Context()); err != nil {
				t.Fatal(err)
			}
			file.put("second-s3cret\n")
			if err := app.Registry.Ping(t.Context()); err == nil || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("with an invalid secret: %v", err)
			}
			wanted = "second-s3cret"
			if err := app.Registry.Ping(t.Context()); err != nil {
				t.Error("with the secret of now:", err)
			}
			for _, hole := range []func(){func() { file.put("") }, func() { _ = os.Remove(file.path) }} {
				if hole(); app.Registry.Ping(t.Context()) != nil {
					t.Error("a file that is being replaced takes away what it held before")
				}
			}
		})
	}
}

// The password of the console is the current one of its file, for the daemon and for
// the commands that talk to it.
func TestPasswordOfTheConsoleIsReadAgain(t *testing.T) {
	tt := serving(t)
	file := newSecretFile(t, "first")
	login := []string{"--set", "console.username=ops", "--set", "console.password_file=" + file.path}
	d := tt.daemon(append(login, "--set", "defaults.trigger.manual=true")...)
	defer d.stop()
	status := func(password string) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.url+"/api/v1/sources", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth("ops", password)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return resp.StatusCode
	}
	if got := status("first"); got != http.StatusOK {
		t.Fatalf("status %d", got)
	}
	file.put("second\n")
	if got := []int{status("first"), status("second")}; got[0] != http.StatusUnauthorized || got[1] != http.StatusOK {
		t.Errorf("after the password was replaced: %d with the old one, %d with the new one", got[0], got[1])
	}
	out, _ := tt.must(0, append([]string{"sources", "--output", "json", "--api", d.url}, login...)...)
	if !json.Valid([]byte(out)) {
		t.Errorf("sources: %s", out)
	}
	file.put("") // as while the file is being written
	if got := []int{status(""), status("second")}; got[0] != http.StatusUnauthorized || got[1] != http.StatusOK {
		t.Errorf("while the file is empty: %d without a password, %d with the last one", got[0], got[1])
	}
}

// The secret of the public connection is the current one of its file.
func TestClientSecretOfNotionIsReadAgain(t *testing.T) {
	file := newSecretFile(t, "first")
	var sent []string
	tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, secret, _ := r.BasicAuth()
		sent = append(sent, secret)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error": "invalid_grant"}`)
	}))
	defer tokens.Close()
	cfg, err := config.Load(config.Options{Set: []string{"oauth.client_id=me", "oauth.client_secret_file=" + file.path, "oauth.token_url=" + tokens.URL}})
	if err != nil {
		t.Fatal(err)
	}
	connection := publicConnection(cfg, slog.New(slog.DiscardHandler))
	for _, secret := range []string{"first", "second"} {
		file.put(secret)
		if _, err := connection.Exchange(t.Context(), "code", "http://localhost:8080/oauth/callback"); err == nil {
			t.Fatal("a code that is refused is exchanged")
		}
	}
	if len(sent) != 2 || sent[0] != "first" || sent[1] != "second" {
		t.Errorf("the secrets that were sent: %q", sent)
	}
}
