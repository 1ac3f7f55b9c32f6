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

// An address says where the process that holds a data directory serves. It lies
// in the directory as a file, written before that process serves, so that all
// others find it whatever ports they are configured with.
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
		return fmt.Errorf("write where the embedded broker serves: %w", err)
	}
	return nil
}

// readAddress finds out where the holder serves. What it says may be out of
// date: a killed holder cannot take it back.
func readAddress(dataDir string) (address, error) {
	var a address
	text, err := os.ReadFile(addressFile(dataDir))
	if errors.Is(err, fs.ErrNotExist) {
		return a, errors.New("it has not written down yet where it serves")
	}
	if err == nil {
		err = json.Unmarshal(text, &a)
	}
	if err != nil {
		return a, fmt.Errorf("read where it serves from %s: %w", addressFile(dataDir), err)
	}
	return a, nil
}

// removeAddress takes back what the holder has said.
func removeAddress(dataDir string) error {
	if err := os.Remove(addressFile(dataDir)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove where the embedded broker served: %w", err)
	}
	return nil
}

// answers says whether the broker of this data directory and its registry are
// ready there, and if not why. Another broker at the same port does not count.
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
		return fmt.Errorf("broker at %s: %w", a.Kafka, err)
	}
	if broker.Cluster != a.Cluster {
		return fmt.Errorf("at %s answers another broker: its cluster id is %q, not %q", a.Kafka, broker.Cluster, a.Cluster)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+a.Registry+"/schemas/types", nil)
	if err != nil {
		return err
	}
	request.Close = true // one question, no connection kept
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("schema registry: %w", err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("schema registry at %s answered %s", a.Registry, response.Status)
	}
	return nil
}

// clusterID is the id of the broker whose topics lie in a directory: the one
// that kfake has written down there, or a new one for a new directory.
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
		return "", fmt.Errorf("read the cluster id: %w", err)
	}
	return meta.ID, nil
}
