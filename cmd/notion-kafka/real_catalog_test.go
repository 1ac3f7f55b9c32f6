//go:build real

package main_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
)

// hasInCatalog checks what an instance shows of a topic with some rows that real Kafka and
// Apicurio have, and that AsyncAPI's own parser accepts the document of all topics.
func (s *stage) hasInCatalog(i *instance, topic string, rows int) {
	s.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(s.brokers, ",")...))
	if err != nil {
		s.t.Fatal(err)
	}
	defer client.Close()
	var offsets kadm.Offsets
	offsets.AddOffset(topic, 0, 1, -1)
	reader := "reader-of-" + s.name
	if err := kadm.NewClient(client).CommitAllOffsets(s.ctx, reader, offsets); err != nil {
		s.t.Fatal(err)
	}
	var table control.TableDetail
	var group control.Consumer
	s.until("the catalog shows the consumer group", func() bool {
		table = answer[control.TableDetail](i, http.StatusOK, http.MethodGet, "/catalog/"+topic, "")
		at := slices.IndexFunc(table.Consumers.Groups, func(c control.Consumer) bool { return c.Group == reader })
		if at >= 0 {
			group = table.Consumers.Groups[at]
		}
		return at >= 0
	})
	if group.State != "Empty" || group.Members != 0 || group.Lag < int64(rows-1) || table.Consumers.Unknown != "" {
		s.t.Errorf("the consumers of %s are %+v", topic, table.Consumers)
	}
	if table.Rows != rows || table.LastRecord.IsZero() || table.About == nil {
		s.t.Errorf("%s has %d rows, was written at %v, about %+v", topic, table.Rows, table.LastRecord, table.About)
	}
	if k := table.Kafka; k == nil || k.Partitions != 1 || k.Cleanup != "compact" {
		s.t.Errorf("%s is set up as %+v", topic, k)
	}
	if v := table.Versions; len(v) != 1 || v[0].Version != 1 || v[0].ID == 0 || !strings.Contains(string(v[0].Schema), `"name":"Page"`) || table.VersionsUnknown != "" {
		s.t.Errorf("the versions of its subject are %+v, %q", v, table.VersionsUnknown)
	}
	if !slices.ContainsFunc(table.Properties, func(p control.Property) bool { return p.Type == "title" }) {
		s.t.Errorf("its properties are %+v", table.Properties)
	}
	s.parsesAsAsyncAPI(i, topic)
}

// parsesAsAsyncAPI checks that AsyncAPI's own parser finds a topic in the document.
func (s *stage) parsesAsAsyncAPI(i *instance, topic string) {
	s.t.Helper()
	document, err := i.ask(http.MethodGet, "/asyncapi.json", "")
	if err != nil || document.status != http.StatusOK {
		s.t.Fatalf("status %d, %v: %s", document.status, err, document.body)
	}
	for _, test := range []struct {
		document string
		valid    bool
	}{{document.body, true}, {strings.Replace(document.body, `"action":"send"`, `"action":"sent"`, 1), false}} {
		parse := exec.CommandContext(s.ctx, "node", filepath.Join("..", "..", "deploy", "real", "asyncapi", "parse.mjs"))
		parse.Env = append(os.Environ(), "ASYNCAPI_PARSER="+given(s.t, "ASYNCAPI_PARSER"))
		parse.Stdin = strings.NewReader(test.document)
		said, err := parse.CombinedOutput()
		if (err == nil) != test.valid || test.valid && !slices.Contains(strings.Split(string(said), "\n"), topic) {
			s.t.Errorf("the parser ends with %v, want it valid: %v, and with %s\n%s", err, test.valid, topic, said)
		}
	}
}

// showsWhatRightsHide checks what ada sees of the consumers of a topic with and without the
// rights that the guide to operating names.
func (b *securedBroker) showsWhatRightsHide(t *testing.T, topic string) {
	t.Helper()
	var offsets kadm.Offsets
	offsets.AddOffset(topic, 0, 0, -1)
	for _, group := range []string{"bi", "flink"} {
		if err := kadm.NewClient(b.client).CommitAllOffsets(t.Context(), group, offsets); err != nil {
			t.Fatal(err)
		}
	}
	cluster, err := kafka.Open(kafka.Options{Brokers: []string{b.passwords}, ClientID: "test", Security: kafka.Security{
		TLS: true, CAFile: b.authority.file("ca.pem"), Mechanism: "plain", Username: ada, Password: password,
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	seen := func() (groups []string, unseen string) {
		found, err := cluster.Consumers(t.Context(), []string{topic})
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range found.ByTopic[topic] {
			groups = append(groups, one.Group)
		}
		slices.Sort(groups)
		return groups, found.Unseen
	}
	const some = "There may be other consumer groups"
	wants := func(says string, groups ...string) {
		t.Helper()
		if got, unseen := seen(); !slices.Equal(got, groups) || (unseen == "") != (says == "") || !strings.Contains(unseen, says) {
			t.Errorf("it sees %v and says %q; want %v and %q", got, unseen, groups, says)
		}
	}
	wants(some)
	one := grant{"DESCRIBE", "group", "flink", false}
	b.allow(t.Context(), one)
	wants(some, "flink")
	b.allow(t.Context(), grant{"DESCRIBE", "cluster", "kafka-cluster", false})
	wants("Kafka did not show the offsets of", "flink")
	b.allow(t.Context(), grant{"DESCRIBE", "group", "*", false})
	wants("", "bi", "flink")
}
