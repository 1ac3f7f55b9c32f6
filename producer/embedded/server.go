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
	"strconv"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
)

// errStillStopping means that the broker had not finished when time ran out.
var errStillStopping = errors.New("the embedded broker is still writing its data")

// server is the broker and the registry, running in this process.
type server struct {
	cluster  *kfake.Cluster
	registry *http.Server
	at       address
}

// startServer takes the ports, prepares the data, writes the address, and serves.
// The ports come first, so that a wrong address shows before anything is changed.
func startServer(ctx context.Context, o Options) (s *server, err error) {
	kafka, err := listen(ctx, "embedded.kafka_listen", o, o.KafkaListen)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = kafka.Close()
		}
	}()
	registry, err := listen(ctx, "embedded.registry_listen", o, o.RegistryListen)
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
		return nil, fmt.Errorf("preparing the embedded broker's data in %s: %w", o.DataDir, err)
	}
	if err := keepPrivate(topics, o.Logger); err != nil {
		return nil, fmt.Errorf("creating %s for the embedded broker: %w", topics, err)
	}
	id, err := clusterID(topics)
	if err != nil {
		return nil, fmt.Errorf("opening the embedded broker's data in %s: %w", o.DataDir, err)
	}
	at := address{Kafka: kafka.Addr().String(), Registry: registry.Addr().String(), Cluster: id}
	if err := at.write(o.DataDir); err != nil {
		return nil, err
	}
	cluster, err := openCluster(topics, id, newFrames(kafka, o.Logger), &brokerLog{to: o.Logger})
	if err != nil {
		return nil, fmt.Errorf("opening the embedded broker's data in %s: %w", o.DataDir, err)
	}
	s = &server{
		cluster:  cluster,
		registry: &http.Server{Handler: newRegistryHandler(schemas), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: time.Minute, IdleTimeout: time.Minute},
		at:       at,
	}
	go func() { _ = s.registry.Serve(registry) }() // ends with stop
	return s, nil
}

// stop ends the registry and then the broker, which writes its state to disk.
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
		return fmt.Errorf("stopping the embedded schema registry: %w", registryErr)
	}
	return nil
}

// openCluster opens kfake over a directory, answering on one listener. The id
// is for a new directory; an existing one has its own.
func openCluster(dir, id string, listener net.Listener, log kfake.Logger) (*kfake.Cluster, error) {
	return kfake.NewCluster(
		kfake.NumBrokers(1),
		kfake.ListenFn(func(_, _ string) (net.Listener, error) { return listener, nil }),
		kfake.ClusterID(id),
		kfake.DataDir(dir),
		kfake.SyncWrites(),
		kfake.WithLogger(log),
		kfake.MaxVersions(served()),
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

// served are the requests that the broker answers: those of a released Kafka, but for one.
// kfake leaves eligible leader replicas out where it describes topics by their partitions,
// and Java's admin client fails at that (KIP-966). Where a broker does not know the request,
// that client describes topics by their metadata.
func served() *kversion.Versions {
	versions := kversion.Stable()
	versions.SetMaxKeyVersion(int16(kmsg.DescribeTopicPartitions), -1)
	return versions
}

// newClusterID returns a random id in the form of Kafka's own: 22 characters.
func newClusterID() string {
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails
	return base64.RawURLEncoding.EncodeToString(id)
}

// listen takes an address. If the address is in use, the error says what to do.
func listen(ctx context.Context, key string, o Options, address string) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s: %s is in use by another program, which may be another notion-kafka (a demo?): "+
			"for a broker beside it add --set embedded.kafka_listen=%s --set embedded.registry_listen=%s; "+
			"to share the broker of another notion-kafka give the same data_dir as it has",
			key, address, elsewhere(o.KafkaListen), elsewhere(o.RegistryListen))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: listening on %s: %w", key, address, err)
	}
	return listener, nil
}

// elsewhere proposes an address in place of one that is in use: the port 10000
// higher, or lower if there is no such port.
func elsewhere(address string) string {
	const step, highest = 10000, 65535
	host, port, _ := net.SplitHostPort(address) // loopback has checked it
	n, err := strconv.Atoi(port)
	switch {
	case err != nil || n == 0:
		return address
	case n+step > highest:
		n -= 2 * step
	}
	return net.JoinHostPort(host, strconv.Itoa(n+step))
}
