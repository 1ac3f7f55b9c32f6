package main

import (
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"notion-kafka/producer"
)

// adas returns the rights that the broker grants to the user ada.
func adas(kind kmsg.ACLResourceType, name string, pattern kmsg.ACLResourcePatternType, operations ...kmsg.ACLOperation) []kfake.ACL {
	var acls []kfake.ACL
	for _, operation := range operations {
		acls = append(acls, kfake.ACL{Resource: kind, Name: name, Pattern: pattern, Operation: operation, Allow: true})
	}
	return acls
}

// checkAsAda runs check, with more settings, on a broker that grants ada these rights,
// and returns the lines about rights.
func checkAsAda(t *testing.T, acls []kfake.ACL, settings ...string) (code int, rights []string) {
	t.Helper()
	return checkAsAdaWith(t, nil, acls, settings...)
}

// checkAsAdaWith is checkAsAda with topics that exist already.
func checkAsAdaWith(t *testing.T, topics []string, acls []kfake.ACL, settings ...string) (code int, rights []string) {
	t.Helper()
	const password = "correct-horse-battery"
	broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableSASL(), kfake.EnableACLs(), kfake.User("PLAIN", "ada", password, acls...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(broker.Close)
	for _, topic := range topics {
		if err := broker.CreateTopic(topic, 1, map[string]string{"cleanup.policy": "compact"}); err != nil {
			t.Fatal(err)
		}
	}
	tt := newTerminal(t)
	tt.addTasks(1)
	line := []string{"check"}
	for _, setting := range append([]string{
		"kafka.brokers=" + broker.ListenAddrs()[0], "kafka.sasl.mechanism=plain", "kafka.sasl.username=ada", "kafka.sasl.password=" + password,
		"schema_registry.url=http://127.0.0.1:1", // reported by another line
	}, settings...) {
		line = append(line, "--set", setting)
	}
	code, out, talk := tt.run(line...)
	if strings.Contains(out+talk, password) {
		t.Errorf("a secret is printed:\n%s%s", out, talk)
	}
	for line := range strings.Lines(out) {
		_, about, _ := strings.Cut(line, " ")
		if strings.HasPrefix(about, "right: ") {
			rights = append(rights, strings.TrimSpace(line))
		} else if strings.HasPrefix(line, "✗") && !strings.HasPrefix(about, "registry") {
			t.Errorf("a missing right is reported twice: %s", line)
		}
	}
	return code, rights
}

const (
	literal  = kmsg.ACLResourcePatternTypeLiteral
	prefixed = kmsg.ACLResourcePatternTypePrefixed
)

func TestCheckPrintsAndTriesTheRights(t *testing.T) {
	const (
		read, write, create, configs = kmsg.ACLOperationRead, kmsg.ACLOperationWrite, kmsg.ACLOperationCreate, kmsg.ACLOperationDescribeConfigs
	)
	all := slices.Concat(
		adas(kmsg.ACLResourceTypeGroup, "notion-kafka", literal, read),
		adas(kmsg.ACLResourceTypeTransactionalId, "notion-kafka.state-", prefixed, write),
		adas(kmsg.ACLResourceTypeTopic, "notion-kafka.state", literal, read, write, create, configs),
		adas(kmsg.ACLResourceTypeTopic, "notion-kafka.control", literal, read, write, create, configs),
		adas(kmsg.ACLResourceTypeTopic, "notion.notion.", prefixed, write, create, configs),
	)
	printed := []string{
		"✓ right: READ on group notion-kafka",
		"✓ right: WRITE on transactional-id notion-kafka.state- (prefixed)",
		"✓ right: READ, WRITE, DESCRIBE_CONFIGS, CREATE on topic notion-kafka.state",
		"✓ right: READ, WRITE, DESCRIBE_CONFIGS, CREATE on topic notion-kafka.control",
		"✓ right: WRITE, DESCRIBE_CONFIGS, CREATE on topic notion.notion. (prefixed)",
	}
	_, got := checkAsAda(t, all)
	if diff := cmp.Diff(printed, got); diff != "" {
		t.Errorf("with all rights (-want +got):\n%s", diff)
	}

	withoutCreate := slices.DeleteFunc(slices.Clone(all), func(a kfake.ACL) bool { return a.Operation == create })
	code, got := checkAsAda(t, withoutCreate)
	want := []string{
		printed[0], printed[1],
		"✗ right: CREATE on topic notion-kafka.state is missing: grant CREATE on topic notion-kafka.state",
		"✓ right: READ, WRITE, DESCRIBE_CONFIGS on topic notion-kafka.state",
		"✗ right: CREATE on topic notion-kafka.control is missing: grant CREATE on topic notion-kafka.control",
		"✓ right: READ, WRITE, DESCRIBE_CONFIGS on topic notion-kafka.control",
		"✗ right: CREATE on topic notion.notion.databases is missing: grant CREATE on topic notion.notion. (prefixed)",
		"✓ right: WRITE, DESCRIBE_CONFIGS on topic notion.notion. (prefixed)",
	}
	if diff := cmp.Diff(want, got); diff != "" || code != 1 {
		t.Errorf("without CREATE: exit %d (-want +got):\n%s", code, diff)
	}
}

// CREATE is not needed for topics that exist.
func TestCheckWithoutTheRightToCreateTopicsThatExist(t *testing.T) {
	const (
		read, write, configs = kmsg.ACLOperationRead, kmsg.ACLOperationWrite, kmsg.ACLOperationDescribeConfigs
	)
	acls := slices.Concat(
		adas(kmsg.ACLResourceTypeGroup, "notion-kafka", literal, read),
		adas(kmsg.ACLResourceTypeTransactionalId, "notion-kafka.state-", prefixed, write),
		adas(kmsg.ACLResourceTypeTopic, "notion-kafka.state", literal, read, write, configs),
		adas(kmsg.ACLResourceTypeTopic, "notion-kafka.control", literal, read, write, configs),
		adas(kmsg.ACLResourceTypeTopic, "notion.notion.", prefixed, write, configs),
	)
	made := []string{"notion-kafka.state", "notion-kafka.control", "notion.notion.databases", "notion.notion.engineering_tasks"}
	_, rights := checkAsAdaWith(t, made, acls, "kafka.shards=1")
	for _, line := range rights {
		if strings.HasPrefix(line, "✗") {
			t.Error(line)
		}
	}
	_, rights = checkAsAdaWith(t, made[:3], acls, "kafka.shards=1")
	want := "✗ right: CREATE on topic notion.notion.engineering_tasks is missing: grant CREATE on topic notion.notion. (prefixed)"
	if !slices.Contains(rights, want) {
		t.Errorf("a missing topic is not reported: %v", rights)
	}
}

// A broker that denies everything leaves every right missing, each reported once.
func TestCheckWithoutAnyRight(t *testing.T) {
	code, got := checkAsAda(t, nil)
	missing := 0
	for _, line := range got {
		if strings.HasPrefix(line, "✗") {
			missing++
		}
	}
	if code != 1 || missing != 13 || len(got) != missing {
		t.Errorf("exit %d, %d of 13 missing:\n%s", code, missing, strings.Join(got, "\n"))
	}
}

// If all topics are made beforehand, CREATE is not needed, and a topic outside its
// source's prefix has a right of its own.
func TestRightsFollowTheConfiguration(t *testing.T) {
	tt := newTerminal(t)
	cfg, err := (&process{Environ: tt.environ}).config("kafka.topics.create=false", "kafka.brokers=127.0.0.1:1", "schema_registry.url=http://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	app, err := Open(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	var offers []producer.Offer
	for _, topic := range []string{"notion.notion.tasks", "crm", "notion.notion.databases"} {
		offers = append(offers, producer.Offer{Source: "notion", Topic: topic})
	}
	var got []string
	for _, a := range app.acls(offers) {
		got = append(got, a.text(a.operations...))
	}
	want := []string{
		"READ on group notion-kafka",
		"WRITE on transactional-id notion-kafka.state- (prefixed)",
		"READ, WRITE, DESCRIBE_CONFIGS on topic notion-kafka.state",
		"READ, WRITE, DESCRIBE_CONFIGS on topic notion-kafka.control",
		"WRITE, DESCRIBE_CONFIGS on topic notion.notion. (prefixed)",
		"WRITE, DESCRIBE_CONFIGS on topic crm",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
