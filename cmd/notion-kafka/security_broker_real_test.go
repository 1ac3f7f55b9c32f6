//go:build real

package main_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// The only user of the secured broker without privileges, and its password for every
// mechanism.
const (
	ada      = "ada"
	password = "correct-horse-battery"
)

// A securedBroker is a Kafka with authentication and ACLs: everybody but the
// administrator needs grants. Its listener without security is for the administrator.
type securedBroker struct {
	*broker
	authority    *authority
	passwords    string // host:port of the listener for SASL over TLS
	certificates string // host:port of the listener for client certificates
	client       *kgo.Client
}

// A client without a name is User:ANONYMOUS, as the administrator and the broker itself
// are. A user with a certificate has the name in it.
const securedProperties = `
listeners=PLAINTEXT://127.0.0.1:@KAFKA_PORT@,CONTROLLER://127.0.0.1:@CONTROLLER_PORT@,PASSWORDS://%[1]s,CERTIFICATES://%[2]s
advertised.listeners=PLAINTEXT://127.0.0.1:@KAFKA_PORT@,CONTROLLER://127.0.0.1:@CONTROLLER_PORT@,PASSWORDS://%[1]s,CERTIFICATES://%[2]s
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PASSWORDS:SASL_SSL,CERTIFICATES:SSL
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS

ssl.keystore.type=PEM
ssl.keystore.location=%[3]s
ssl.truststore.type=PEM
ssl.truststore.location=%[4]s
listener.name.certificates.ssl.client.auth=required
listener.name.certificates.ssl.principal.mapping.rules=RULE:^CN=([^,]+).*$/$1/

listener.name.passwords.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER
listener.name.passwords.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_%[5]s="%[6]s";
listener.name.passwords.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.passwords.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.passwords.oauthbearer.sasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;
`

func newSecuredBroker(t *testing.T) *securedBroker {
	t.Helper()
	b := &securedBroker{authority: newAuthority(t), passwords: freeAddress(t), certificates: freeAddress(t)}
	b.authority.issue("broker")
	b.authority.issue(ada)
	b.broker = ownBroker(t, 1, fmt.Sprintf(securedProperties, b.passwords, b.certificates,
		b.authority.file("broker.both.pem"), b.authority.file("ca.pem"), ada, password))
	client, err := kgo.NewClient(kgo.SeedBrokers(b.brokers))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	b.client = client
	b.addScramUsers(t.Context())
	return b
}

// freeAddress returns a free address on loopback. As in deploy/real/up its port is
// outside the range for outgoing connections.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 1000 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 20000+rand.IntN(12000)))
		if err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
	t.Fatal("no free port between 20000 and 32000")
	return ""
}

func (b *securedBroker) addScramUsers(ctx context.Context) {
	b.t.Helper()
	admin := kadm.NewClient(b.client)
	mechanisms := []kadm.ScramMechanism{kadm.ScramSha256, kadm.ScramSha512}
	for _, mechanism := range mechanisms { // Kafka accepts a user only once in a request
		user := kadm.UpsertSCRAM{User: ada, Mechanism: mechanism, Iterations: 4096, Password: password}
		answers, err := admin.AlterUserSCRAMs(ctx, nil, []kadm.UpsertSCRAM{user})
		if err == nil {
			err = answers.Error()
		}
		if err != nil {
			b.t.Fatal(err)
		}
	}
	b.until(ctx, func() bool {
		found, err := admin.DescribeUserSCRAMs(ctx, ada)
		return err == nil && len(found[ada].CredInfos) == len(mechanisms)
	})
}

// until repeats a request, because the broker applies changes a moment later.
func (b *securedBroker) until(ctx context.Context, told func() bool) {
	b.t.Helper()
	for tick := time.NewTicker(10 * time.Millisecond); !told(); {
		select {
		case <-tick.C:
		case <-ctx.Done():
			tick.Stop()
			b.t.Fatal("the broker did not act on what it was told")
		}
	}
}

// A grant is one right of ada, as check prints it.
type grant struct {
	operation, kind, name string
	prefixed              bool
}

// grantsIn reads the rights that check found or missed.
func grantsIn(t *testing.T, checked string) []grant {
	t.Helper()
	line := regexp.MustCompile(`(?m)^✓ right: ([A-Z_, ]+) on (topic|group|transactional-id) (\S+?)( \(prefixed\))?$`)
	var grants []grant
	for _, m := range line.FindAllStringSubmatch(checked, -1) {
		for _, operation := range strings.Split(m[1], ", ") {
			grants = append(grants, grant{operation, m[2], m[3], m[4] != ""})
		}
	}
	if len(grants) == 0 {
		t.Fatalf("check prints no rights:\n%s", checked)
	}
	return grants
}

func (g grant) text() string {
	text := fmt.Sprintf("%s on %s %s", g.operation, g.kind, g.name)
	if g.prefixed {
		text += " (prefixed)"
	}
	return text
}

// kafka returns the grant in Kafka's numbers.
func (g grant) kafka(t *testing.T) (kmsg.ACLResourceType, kmsg.ACLResourcePatternType, kmsg.ACLOperation) {
	t.Helper()
	var (
		kind      kmsg.ACLResourceType
		operation kmsg.ACLOperation
		pattern   = kmsg.ACLResourcePatternTypeLiteral
	)
	if g.prefixed {
		pattern = kmsg.ACLResourcePatternTypePrefixed
	}
	if err := kind.UnmarshalText([]byte(strings.ReplaceAll(g.kind, "-", "_"))); err != nil {
		t.Fatal(err)
	}
	if err := operation.UnmarshalText([]byte(g.operation)); err != nil {
		t.Fatal(err)
	}
	return kind, pattern, operation
}

func (b *securedBroker) allow(ctx context.Context, g grant) {
	b.t.Helper()
	creation := kmsg.NewCreateACLsRequestCreation()
	creation.ResourceType, creation.ResourcePatternType, creation.Operation = g.kafka(b.t)
	creation.ResourceName, creation.Principal, creation.Host = g.name, "User:"+ada, "*"
	creation.PermissionType = kmsg.ACLPermissionTypeAllow
	req := kmsg.NewPtrCreateACLsRequest()
	req.Creations = append(req.Creations, creation)
	resp, err := req.RequestWith(ctx, b.client)
	if err == nil {
		err = kerr.ErrorForCode(resp.Results[0].ErrorCode)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	b.until(ctx, func() bool { return b.allowed(ctx, g) })
}

func (b *securedBroker) forbid(ctx context.Context, g grant) {
	b.t.Helper()
	filter := kmsg.NewDeleteACLsRequestFilter()
	filter.ResourceType, filter.ResourcePatternType, filter.Operation = g.kafka(b.t)
	filter.ResourceName = kmsg.StringPtr(g.name)
	filter.PermissionType = kmsg.ACLPermissionTypeAny
	req := kmsg.NewPtrDeleteACLsRequest()
	req.Filters = append(req.Filters, filter)
	resp, err := req.RequestWith(ctx, b.client)
	if err == nil {
		err = kerr.ErrorForCode(resp.Results[0].ErrorCode)
	}
	if err != nil || len(resp.Results[0].MatchingACLs) != 1 {
		b.t.Fatalf("taking %s: %v, %d removed", g.text(), err, len(resp.Results[0].MatchingACLs))
	}
	b.until(ctx, func() bool { return !b.allowed(ctx, g) })
}

func (b *securedBroker) allowed(ctx context.Context, g grant) bool {
	b.t.Helper()
	req := kmsg.NewPtrDescribeACLsRequest()
	req.ResourceType, req.ResourcePatternType, req.Operation = g.kafka(b.t)
	req.ResourceName = kmsg.StringPtr(g.name)
	req.PermissionType = kmsg.ACLPermissionTypeAny
	resp, err := req.RequestWith(ctx, b.client)
	if err != nil {
		b.t.Fatal(err)
	}
	return len(resp.Resources) > 0
}

// tokens is a server of access tokens for the client credentials of ada. The tokens are
// unsigned, as the broker's validator for development accepts them.
func tokens(t *testing.T) string {
	t.Helper()
	part := func(v map[string]any) string {
		text, err := json.Marshal(v)
		if err != nil {
			t.Error(err)
		}
		return base64.RawURLEncoding.EncodeToString(text)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		id, secret, _ := r.BasicAuth()
		if r.FormValue("grant_type") != "client_credentials" || id != ada || secret != password {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprintf(w, `{"error": "invalid_client", "error_description": "%s is not the secret of %s"}`, secret, id)
			return
		}
		now := time.Now()
		expires := now.Add(time.Hour)
		if r.FormValue("scope") == "expired" {
			now, expires = now.Add(-2*time.Hour), now.Add(-time.Hour)
		}
		token := part(map[string]any{"alg": "none"}) + "." + part(map[string]any{"sub": id, "iat": now.Unix(), "exp": expires.Unix()}) + "."
		fmt.Fprintf(w, `{"access_token": %q, "token_type": "bearer", "expires_in": 3600}`, token)
	}))
	t.Cleanup(server.Close)
	return server.URL
}
