package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

const (
	// holderTimeout is how long Open waits for the process that holds the lock to
	// answer. It may be compacting: about 10 s for a million records.
	holderTimeout = time.Minute
	// lockInterval is how often a lock held by another process is tried.
	lockInterval = 200 * time.Millisecond
	// maxTakeoverPause bounds the growing pause between failing attempts to take over.
	maxTakeoverPause = 30 * time.Second
)

// Options say where the embedded broker lives.
type Options struct {
	// DataDir holds the lock, the topics and the registry's file. A missing
	// directory is created, for its owner only. At each start the topics need twice
	// their space for a moment.
	DataDir string
	// KafkaListen and RegistryListen are loopback addresses with a port, 0 for
	// one of the system's choice. They count for the process that finds the lock
	// free. Others use the addresses of that process, also when they take over.
	KafkaListen, RegistryListen string
	// Logger logs takeovers and trouble with the disk; nil logs nothing.
	Logger *slog.Logger
}

// An Embedded is this process's part in the shared broker: it serves, or it uses the
// broker of another process and waits to take over.
type Embedded struct {
	options Options
	lock    *flock.Flock
	served  chan struct{}      // closed once this process serves, for tests
	stop    context.CancelFunc // ends the wait for the lock
	waited  chan struct{}      // closed when the wait for the lock has ended

	mu     sync.Mutex
	at     address // where the broker is
	server *server // nil until this process serves
}

// Open takes the lock on o.DataDir and serves. If another process holds the lock,
// Open returns once that process answers, and takes over when it ends. Both the
// broker and the registry are ready when Open returns.
//
// It fails when an address is not loopback or is in use by something else, when
// the data cannot be read or prepared, and when the lock's holder does not
// answer within a minute. Close must be called, also by a process that does not
// serve.
func Open(ctx context.Context, o Options) (*Embedded, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if err := loopback("embedded.kafka_listen", o.KafkaListen); err != nil {
		return nil, err
	}
	if err := loopback("embedded.registry_listen", o.RegistryListen); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("creating data_dir %s for the embedded broker: %w", o.DataDir, err)
	}
	if err := Exposed(o.DataDir); err != nil {
		o.Logger.Warn("others on this machine can write to the embedded broker's data", "error", err)
	}
	e := &Embedded{
		options: o,
		lock:    flock.New(filepath.Join(o.DataDir, "embedded.lock"), flock.SetPermissions(0o600)),
		served:  make(chan struct{}),
		stop:    func() {},
		waited:  make(chan struct{}),
	}
	if err := e.join(ctx); err != nil {
		_ = e.lock.Close() // the error at hand says more
		return nil, err
	}
	return e, nil
}

// join serves if the lock is free. Otherwise it finds the process that holds the
// lock, and starts waiting for its end.
func (e *Embedded) join(ctx context.Context) error {
	found, cancel := context.WithTimeout(ctx, holderTimeout)
	defer cancel()
	for logged := false; ; logged = true {
		locked, err := e.lock.TryLock()
		if err != nil {
			return fmt.Errorf("locking data_dir %s for the embedded broker: %w", e.options.DataDir, err)
		}
		if locked {
			close(e.waited)
			return e.serve(ctx, e.options)
		}
		at, unanswered := readAddress(e.options.DataDir)
		if unanswered == nil {
			unanswered = at.answers(found)
		}
		if unanswered == nil {
			e.at = at
			e.waitInBackground(context.WithoutCancel(ctx))
			return nil
		}
		if !logged {
			e.options.Logger.Info("waiting for the process that holds data_dir: its embedded broker does not answer yet",
				"data_dir", e.options.DataDir, "at_most", holderTimeout.String(), "error", unanswered)
		}
		select {
		case <-time.After(lockInterval):
		case <-found.Done():
			if err := context.Cause(ctx); err != nil {
				return fmt.Errorf("connecting to the embedded broker in data_dir %s: %w", e.options.DataDir, err)
			}
			return fmt.Errorf("another process holds data_dir %s but its embedded broker does not answer: "+
				"end that process, or choose another data_dir: %w", e.options.DataDir, unanswered)
		}
	}
}

// serve makes this process the broker. The lock must be held.
func (e *Embedded) serve(ctx context.Context, o Options) error {
	s, err := startServer(ctx, o)
	if err != nil {
		return err
	}
	e.mu.Lock()
	e.server, e.at = s, s.at
	e.mu.Unlock()
	close(e.served)
	return nil
}

// waitInBackground waits for the lock, until Close or ctx's end, and then serves at
// the addresses of the process before.
func (e *Embedded) waitInBackground(ctx context.Context) {
	ctx, stop := context.WithCancel(ctx)
	e.stop = stop
	o := e.options
	o.KafkaListen, o.RegistryListen = e.at.Kafka, e.at.Registry // this process's clients are connected there
	go func() {
		defer close(e.waited)
		logged := map[string]bool{}
		for pause := lockInterval; ; pause = min(2*pause, maxTakeoverPause) {
			locked, err := e.lock.TryLockContext(ctx, lockInterval)
			if locked {
				err = e.serve(ctx, o)
			}
			if ctx.Err() != nil {
				return
			}
			if err == nil {
				o.Logger.Info("the process that ran the embedded broker has ended; this one runs it now", "data_dir", o.DataDir, "kafka", o.KafkaListen)
				return
			}
			_ = e.lock.Unlock() // another process may have better luck
			level := slog.LevelError
			if logged[err.Error()] {
				level = slog.LevelDebug
			}
			logged[err.Error()] = true
			o.Logger.Log(ctx, level, "cannot take over the embedded broker; trying again", "data_dir", o.DataDir, "error", err)
			select {
			case <-time.After(pause):
			case <-ctx.Done():
				return
			}
		}
	}()
}

// Brokers returns the broker's address, for a Kafka client's seeds.
func (e *Embedded) Brokers() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return []string{e.at.Kafka}
}

// RegistryURL returns the schema registry's base address.
func (e *Embedded) RegistryURL() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return "http://" + e.at.Registry
}

// Close ends this process's part: it stops waiting for the lock, or stops the
// broker, writes everything to disk and releases the lock. Clients should be closed
// before; transactions that they leave open are aborted at the next start. If ctx
// ends first, Close returns, and the lock stays held until the process ends.
func (e *Embedded) Close(ctx context.Context) error {
	e.stop()
	select {
	case <-e.waited:
	case <-ctx.Done():
		return fmt.Errorf("stopping the embedded broker: %w", context.Cause(ctx))
	}
	e.mu.Lock()
	s := e.server
	e.mu.Unlock()
	var err error
	if s != nil {
		if err = s.stop(ctx); errors.Is(err, errStillStopping) {
			return err
		}
		err = errors.Join(err, removeAddress(e.options.DataDir))
		e.mu.Lock()
		e.server = nil // a second Close must not remove the next process's address
		e.mu.Unlock()
	}
	return errors.Join(err, e.lock.Close())
}

// loopback refuses an address that other machines could reach: the embedded broker
// has no passwords.
func loopback(key, address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%s %q is not an address with a port, such as 127.0.0.1:19092: %w", key, address, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("%s %q is not a loopback address: the embedded broker has no passwords, use 127.0.0.1", key, address)
	}
	return nil
}
