//go:build real

package main_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// A broker is a Kafka of one test, with a registry beside it, so that faults do not
// disturb other tests. Its nodes are numbered from 1.
type broker struct {
	t     *testing.T
	nodes int
	run   string // its run directory; also holds the logs of the daemons
	realParts
}

// ownBroker starts a broker and stops it with the test, or with the test's process,
// however that ends. Its logs stay after a failure. properties are added to those of
// deploy/real/kafka or override them.
func ownBroker(t *testing.T, nodes int, properties string) *broker {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	runs := filepath.Join(cache, "notion-kafka", "run")
	if err := os.MkdirAll(runs, 0o750); err != nil {
		t.Fatal(err)
	}
	run, err := os.MkdirTemp(runs, "chaos.") //nolint:usetesting // its logs stay after a failure
	if err != nil {
		t.Fatal(err)
	}
	b := &broker{t: t, nodes: nodes, run: run}
	if err := os.WriteFile(b.properties(), []byte(properties), 0o600); err != nil {
		t.Fatal(err)
	}
	b.endWithUs()
	if err := b.up(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.readAddresses()
	return b
}

func (b *broker) properties() string { return filepath.Join(b.run, "test.properties") }

// endWithUs starts a process that stops the broker as soon as its standard input ends:
// closed by us, or by the system when this process is gone.
func (b *broker) endWithUs() {
	b.t.Helper()
	watcher := exec.Command("bash", "-c", "cat; exec "+filepath.Join(root(b.t), "deploy", "real", "down"))
	watcher.Env = b.environ()
	watcher.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // it must not get Ctrl-C
	lifeline, err := watcher.StdinPipe()
	if err == nil {
		err = watcher.Start()
	}
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		lifeline.Close()
		if err := watcher.Wait(); err != nil {
			b.t.Errorf("ending the broker of %s: %v", b.run, err)
		}
		if b.t.Failed() {
			b.t.Logf("logs of the broker, the registry and the daemons: %s", b.run)
			return
		}
		if err := os.RemoveAll(b.run); err != nil {
			b.t.Error(err)
		}
	})
}

// environ sets the run that the scripts of deploy/real work on. Ports and settings of
// the environment belong to another run.
func (b *broker) environ() []string {
	return append(os.Environ(), "REAL_RUN="+b.run, "KAFKA_PORT=", "REGISTRY_PORT=",
		"REAL_NODES="+strconv.Itoa(b.nodes), "REAL_PROPERTIES="+b.properties())
}

// up starts the nodes and the registry that do not run, on their former ports and data,
// and returns when they are ready.
func (b *broker) up(ctx context.Context) error { return b.script(ctx, "up") }

// end stops a node with SIGTERM, and returns when it has ended.
func (b *broker) end(ctx context.Context, node int) error {
	return b.script(ctx, "down", process(node))
}

// kill is kill -9 of a node. It returns when the node has ended.
func (b *broker) kill(ctx context.Context, node int) error {
	return b.script(ctx, "down", "--kill", process(node))
}

// script runs a script of deploy/real.
func (b *broker) script(ctx context.Context, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, filepath.Join(root(b.t), "deploy", "real", name), args...)
	cmd.Env = b.environ()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("deploy/real/%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

// process returns the name of a node in deploy/real.
func process(node int) string { return "kafka-" + strconv.Itoa(node) }

// readAddresses reads the addresses from the file that up writes.
func (b *broker) readAddresses() {
	b.t.Helper()
	text, err := os.ReadFile(filepath.Join(b.run, "env"))
	if err != nil {
		b.t.Fatal(err)
	}
	values := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		values[name] = value
	}
	b.realParts = realParts{values["KAFKA_BROKERS"], values["REGISTRY_URL"], values["PYTHON"]}
}

// signal sends a node a signal that it survives.
func (b *broker) signal(node int, sig syscall.Signal) error {
	text, err := os.ReadFile(filepath.Join(b.run, process(node)+".pid"))
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return err
	}
	return syscall.Kill(pid, sig)
}
