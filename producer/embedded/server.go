package embedded

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// errStillStopping says that the broker had not finished when time ran out.
var errStillStopping = errors.New("the embedded broker is still writing its data")

// server is the broker and the registry, running in this process.
type server struct {
	cluster                 *kfake.Cluster
	registry                *http.Server
	kafkaAddr, registryAddr string
}

// startServer prepares the data, then opens the ports. The ports are taken
// first, so that a wrong address shows before anything is touched.
func startServer(ctx context.Context, o Options) (s *server, err error) {
	kafka, err := listen(ctx, "embedded.kafka_listen", o.KafkaListen)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = kafka.Close()
		}
	}()
	registry, err := listen(ctx, "embedded.registry_listen", o.RegistryListen)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = registry.Close()
		}
	}()
	schemas, err := openStore(filepath.Join(o.DataDir, "registry.json"))
	if err != nil {
		return nil, err
	}
	topics := filepath.Join(o.DataDir, "kafka")
	if err := prepare(ctx, topics, o.Logger); err != nil {
		return nil, fmt.Errorf("prepare the embedded broker's data in %s: %w", o.DataDir, err)
	}
	cluster, err := openCluster(topics, kafka, &brokerLog{to: o.Logger})
	if err != nil {
		return nil, fmt.Errorf("open the embedded broker's data in %s: %w", o.DataDir, err)
	}
	s = &server{
		cluster:      cluster,
		registry:     &http.Server{Handler: newRegistryHandler(schemas), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute},
		kafkaAddr:    kafka.Addr().String(),
		registryAddr: registry.Addr().String(),
	}
	go func() { _ = s.registry.Serve(registry) }() // ends with stop
	return s, nil
}

// stop ends the registry and then the broker, which writes its state down.
func (s *server) stop(ctx context.Context) error {
	registryErr := s.registry.Shutdown(ctx)
	closed := make(chan struct{})
	go func() {
		s.cluster.Close()
		close(closed)
	}()
	select {
	case <-closed:
	case <-ctx.Done():
		return errStillStopping
	}
	if registryErr != nil {
		return fmt.Errorf("stop the embedded schema registry: %w", registryErr)
	}
	return nil
}

// openCluster opens kfake over a directory, answering on one listener.
func openCluster(dir string, listener net.Listener, log kfake.Logger) (*kfake.Cluster, error) {
	return kfake.NewCluster(
		kfake.NumBrokers(1),
		kfake.ListenFn(func(_, _ string) (net.Listener, error) { return listener, nil }),
		kfake.ClusterID(newClusterID()), // of a new directory; an old one knows its own
		kfake.DataDir(dir),
		kfake.SyncWrites(),
		kfake.WithLogger(log),
		kfake.BrokerConfigs(map[string]string{
			// Once in ten years stands for never: see the package comment.
			"log.cleaner.backoff.ms": "315360000000",
			// kfake applies retention with every compaction, and to compacted
			// topics too: its seven days would delete live values.
			"log.retention.ms":    "-1",
			"log.retention.bytes": "-1",
		}),
	)
}

// newClusterID is a random id in the form of Kafka's own: 22 characters.
func newClusterID() string {
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails
	return base64.RawURLEncoding.EncodeToString(id)
}

// listen takes an address and says which key to change when it is taken already.
func listen(ctx context.Context, key, address string) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s: %s is in use by another program: choose another port, or name real brokers in kafka.brokers", key, address)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: listen on %s: %w", key, address, err)
	}
	return listener, nil
}

// answers says whether another process's broker and registry are ready, and if
// not why.
func answers(ctx context.Context, o Options) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	client, err := kgo.NewClient(kgo.SeedBrokers(o.KafkaListen))
	if err != nil {
		return err
	}
	defer client.Close()
	if err := client.Ping(ctx); err != nil {
		return fmt.Errorf("broker at %s: %w", o.KafkaListen, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+o.RegistryListen+"/schemas/types", nil)
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
		return fmt.Errorf("schema registry at %s answered %s", o.RegistryListen, response.Status)
	}
	return nil
}
