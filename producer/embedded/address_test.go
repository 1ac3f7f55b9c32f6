package embedded

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
)

// A process finds the broker of its data directory at whatever ports, and never the
// broker of another directory at the ports that it expects.
func TestJoinFindsTheBrokerOfItsDirectory(t *testing.T) {
	dir := t.TempDir()
	other, holder := open(t, t.TempDir()), open(t, dir)
	second := openAt(t, Options{DataDir: dir, KafkaListen: other.Brokers()[0], RegistryListen: strings.TrimPrefix(other.RegistryURL(), "http://")})
	if second.Serving() {
		t.Fatal("both serve")
	}
	if diff := cmp.Diff(holder.Brokers(), second.Brokers()); diff != "" {
		t.Errorf("brokers (-holder +second):\n%s", diff)
	}
	if holder.RegistryURL() != second.RegistryURL() {
		t.Errorf("registry at %s, the holder's is at %s", second.RegistryURL(), holder.RegistryURL())
	}
}

// The clients of every process that has joined are connected to the holder's ports.
func TestTakeoverKeepsTheAddresses(t *testing.T) {
	dir := t.TempDir()
	holder := open(t, dir)
	brokers, registry := holder.Brokers(), holder.RegistryURL()
	next := open(t, dir) // configured otherwise
	shut(t, holder)
	<-next.Served()
	if diff := cmp.Diff(brokers, next.Brokers()); diff != "" {
		t.Errorf("brokers (-before +after the takeover):\n%s", diff)
	}
	if next.RegistryURL() != registry {
		t.Errorf("registry at %s, before the takeover at %s", next.RegistryURL(), registry)
	}
	if err := client(t, next).Ping(t.Context()); err != nil {
		t.Error(err)
	}
	third := open(t, dir)
	if diff := cmp.Diff(brokers, third.Brokers()); diff != "" {
		t.Errorf("brokers of one that joins after the takeover (-before +after):\n%s", diff)
	}
}

func TestAnotherBrokerIsNotTakenForTheHolders(t *testing.T) {
	dir := t.TempDir()
	open(t, dir)
	at, err := readAddress(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := at.answers(t.Context()); err != nil {
		t.Errorf("the holder's own: %v", err)
	}
	stale := at
	stale.Cluster = "of another directory"
	if err := stale.answers(t.Context()); err == nil || !strings.Contains(err.Error(), "another broker") {
		t.Errorf("error = %v, want one that names another broker", err)
	}
}

// The next holder overwrites the address of a killed one.
func TestAddressOfAKilledHolderIsOverwritten(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir)
	dir = killed(t, dir)
	if _, err := os.Stat(addressFile(dir)); err != nil {
		t.Fatal(err)
	}
	second := open(t, dir)
	at, err := readAddress(dir)
	if err != nil {
		t.Fatal(err)
	}
	if at.Kafka != second.Brokers()[0] || at.Kafka == first.Brokers()[0] {
		t.Errorf("the file says %s, the broker is at %v", at.Kafka, second.Brokers())
	}
}

func TestCloseRemovesTheAddress(t *testing.T) {
	dir := t.TempDir()
	e := open(t, dir)
	shut(t, e)
	if _, err := os.Stat(addressFile(dir)); !os.IsNotExist(err) {
		t.Errorf("after Close the file is still there: %v", err)
	}
}

func TestADirectoryKeepsItsClusterID(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir)
	before, err := kadm.NewClient(client(t, first)).BrokerMetadata(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	shut(t, first)
	id, err := clusterID(filepath.Join(dir, "kafka"))
	if err != nil || id != before.Cluster {
		t.Errorf("cluster id of the directory = %q, %v; its broker had %q", id, err, before.Cluster)
	}
	open(t, dir)
	if at, err := readAddress(dir); err != nil || at.Cluster != before.Cluster {
		t.Errorf("the second start says %q, %v; want %q", at.Cluster, err, before.Cluster)
	}
}
