package kafka

import (
	"bytes"
	"crypto/tls"
	"log/slog"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// The error names the missing right and no other.
func TestMissingRightsAreNamedOneByOne(t *testing.T) {
	all := []string{"CREATE", "DESCRIBE_CONFIGS", "WRITE", "READ"}
	for _, c := range []struct {
		key  kmsg.Key
		says string
		call func(t *testing.T, c *Cluster) error
	}{
		{kmsg.CreateTopics, "CREATE", func(t *testing.T, c *Cluster) error { _, err := c.EnsureTopic(t.Context(), pages()); return err }},
		{kmsg.DescribeConfigs, "DESCRIBE_CONFIGS", func(t *testing.T, c *Cluster) error { _, err := c.Topic(t.Context(), dataTopic); return err }},
		{kmsg.Fetch, "READ", func(t *testing.T, c *Cluster) error {
			for _, err := range c.ReadAll(t.Context(), dataTopic) {
				return err
			}
			return nil
		}},
	} {
		t.Run(c.says, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bubble) {
				mustCommit(t, b.claim(b.cluster(), "me"), []Record{record("k", "v")}, kv("cursor", "1"))
				fault := kfake.Fault{Keys: []kmsg.Key{c.key}, Err: kerr.TopicAuthorizationFailed, Count: -1}
				if c.key == kmsg.DescribeConfigs {
					fault.Resource = dataTopic
				}
				b.broker.Fault(fault)
				err := c.call(t, b.cluster())
				wantError(t, err, kerr.TopicAuthorizationFailed, "grant "+c.says)
				for _, other := range all {
					if words := strings.FieldsFunc(err.Error(), func(r rune) bool { return (r < 'A' || r > 'Z') && r != '_' }); other != c.says && contains(words, other) {
						t.Errorf("%q speaks of %s", err, other)
					}
				}
			})
		})
	}
}

func contains(words []string, word string) bool {
	return strings.Contains(" "+strings.Join(words, " ")+" ", " "+word+" ")
}

// A bootstrap address leads to brokers whose advertised addresses may not be
// reachable from here.
func TestAdvertisedAddressThatCannotBeReached(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		var log bytes.Buffer
		c := b.cluster(func(o *Options) {
			o.Brokers, o.Logger = []string{"127.0.0.1:9092"}, slog.New(slog.NewTextHandler(&log, nil))
		})
		w, err := c.newWriter("a client", 0)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		if err := w.client.Ping(t.Context()); err != nil {
			t.Fatal(err) // the bootstrap address works
		}
		b.broker.Close()
		if _, err := w.client.Broker(0).Request(t.Context(), metadataOf(dataTopic)); err == nil {
			t.Fatal("a broker that is gone answers")
		}
		if !strings.Contains(log.String(), "localhost:9092") || !strings.Contains(log.String(), "advertised.listeners") {
			t.Errorf("the log does not say where the address is from:\n%s", log.String())
		}
	})
}

// Brokers refuse the certificate. The error must not blame plain text or passwords.
func TestRefusedClientCertificateIsNotTakenForPlainText(t *testing.T) {
	a := newAuthority(t)
	other := newAuthority(t)
	other.issue("client")
	b, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.TLS(&tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{a.issue("broker")},
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: a.pool(),
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	var log bytes.Buffer
	c, err := Open(Options{Brokers: b.ListenAddrs(), StateTopic: stateTopic, Logger: slog.New(slog.NewTextHandler(&log, nil)), Security: Security{
		TLS: true, CAFile: a.file("ca.pem"), CertFile: other.file("client.pem"), KeyFile: other.file("client.key"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	w, err := c.newWriter("another", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	_ = w.client.Ping(t.Context())
	err = c.Ping(t.Context())
	wantError(t, err, nil, "kafka.tls.cert_file", "expired")
	for _, text := range []string{log.String(), err.Error()} {
		if strings.Contains(text, "SASL") || strings.Contains(text, "plaintext") {
			t.Errorf("it is taken for something else: %s", text)
		}
	}
	if !strings.Contains(log.String(), "kafka.tls.cert_file") {
		t.Errorf("the log does not name the certificate:\n%s", log.String())
	}
}
