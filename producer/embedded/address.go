package embedded

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// An address says where the process that holds a data directory serves. That
// process writes it to a file in the directory before it serves, so that the others
// find it whatever ports they are configured with.
type address struct {
	Kafka    string `json:"kafka"`    // host:port
	Registry string `json:"registry"` // host:port
	Cluster  string `json:"cluster"`  // the broker's cluster id, which no other data directory has
}

func addressFile(dataDir string) string { return filepath.Join(dataDir, "embedded.json") }

// write puts the address into the data directory, in place of an older one.
func (a address) write(dataDir string) error {
	text, err := json.Marshal(a)
	if err == nil {
		err = writeDurably(addressFile(dataDir), text)
	}
	if err != nil {
		return fmt.Errorf("writing the embedded broker's address: %w", err)
	}
	return nil
}

// readAddress reads where the holder serves. The address may be out of date: a
// killed holder cannot remove it.
func readAddress(dataDir string) (address, error) {
	var a address
	text, err := os.ReadFile(addressFile(dataDir))
	if errors.Is(err, fs.ErrNotExist) {
		return a, errors.New("it has not written its address yet")
	}
	if err == nil {
		err = json.Unmarshal(text, &a)
	}
	if err != nil {
		return a, fmt.Errorf("reading its address from %s: %w", addressFile(dataDir), err)
	}
	return a, nil
}

// removeAddress removes the address that the holder has written.
func removeAddress(dataDir string) error {
	if err := os.Remove(addressFile(dataDir)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the embedded broker's address: %w", err)
	}
	return nil
}

// answers returns nil if the broker of this data directory and its registry are
// ready at the address. Another broker at the same port does not count.
func (a address) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	client, err := kgo.NewClient(kgo.SeedBrokers(a.Kafka))
	if err != nil {
		return err
	}
	defer client.Close()
	broker, err := kadm.NewClient(client).BrokerMetadata(ctx)
	if err != nil {
		return fmt.Errorf("reaching the broker at %s: %w", a.Kafka, err)
	}
	if broker.Cluster != a.Cluster {
		return fmt.Errorf("another broker answers at %s: its cluster id is %q, not %q", a.Kafka, broker.Cluster, a.Cluster)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+a.Registry+"/schemas/types", nil)
	if err != nil {
		return err
	}
	request.Close = true // one request, then no connection is kept
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("reaching the schema registry: %w", err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("schema registry at %s answered %s", a.Registry, response.Status)
	}
	return nil
}

// clusterID returns the id of the broker whose topics are in a directory: the one
// that kfake has stored there, or a new one for a new directory.
func clusterID(topics string) (string, error) {
	text, err := os.ReadFile(filepath.Join(topics, "meta.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return newClusterID(), nil
	}
	var meta struct {
		ID string `json:"cluster_id"`
	}
	if err == nil {
		err = json.Unmarshal(text, &meta)
	}
	if err != nil {
		return "", fmt.Errorf("reading the cluster id: %w", err)
	}
	return meta.ID, nil
}
