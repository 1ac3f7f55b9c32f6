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
	"time"
)

// A broker is a Kafka of a test's own, with a registry beside it, so that it
// can be broken without disturbing other tests.
type broker struct {
	t          *testing.T
	run        string // its run directory; also holds the logs of the daemons
	properties string // the file of broker properties of its own; "": none
	realParts
}

// ownBroker starts one and has it ended with the test, or with the test's
// process, however that ends. Its logs stay after a failure. properties is a file
// for deploy/real/up, or "".
func ownBroker(t *testing.T, properties string) *broker {
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
	b := &broker{t: t, run: run, properties: properties}
	b.endWithUs()
	if err := b.up(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.readAddresses()
	return b
}

// endWithUs starts a process that ends the broker as soon as its standard input
// is at its end: closed by us, or by the system when we are no more.
func (b *broker) endWithUs() {
	b.t.Helper()
	watcher := exec.Command("bash", "-c", "cat; exec "+filepath.Join(root(b.t), "deploy", "real", "down"))
	watcher.Env = b.environ()
	watcher.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // Ctrl-C is not for it
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

// environ says which run the scripts of deploy/real work on. Ports and settings
// that somebody chose are another run's.
func (b *broker) environ() []string {
	return append(os.Environ(), "REAL_RUN="+b.run, "KAFKA_PORT=", "REGISTRY_PORT=", "REAL_PROPERTIES="+b.properties)
}

// up starts whatever of broker and registry does not run, on the ports and the
// data of before, and returns when it is ready.
func (b *broker) up(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, filepath.Join(root(b.t), "deploy", "real", "up"))
	cmd.Env = b.environ()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("deploy/real/up: %w\n%s", err, out)
	}
	return nil
}

// readAddresses takes them out of the file that up writes.
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

// end sends the broker a signal that ends it, and returns when it is no more.
func (b *broker) end(ctx context.Context, sig syscall.Signal) error {
	pid, err := b.pid()
	if err != nil {
		return err
	}
	if err := syscall.Kill(pid, sig); err != nil {
		return fmt.Errorf("sending the broker %v: %w", sig, err)
	}
	// It is no child of ours to wait for.
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !hasEnded(pid) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("waiting for the broker to end on %v: %w", sig, context.Cause(ctx))
		}
	}
	return nil
}

// hasEnded says whether a process is no more. Ended and not yet reaped it has no
// command line.
func hasEnded(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return err != nil || len(text) == 0
}

// signal sends the broker a signal that it survives.
func (b *broker) signal(sig syscall.Signal) error {
	pid, err := b.pid()
	if err != nil {
		return err
	}
	return syscall.Kill(pid, sig)
}

func (b *broker) pid() (int, error) {
	text, err := os.ReadFile(filepath.Join(b.run, "kafka.pid"))
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}
