//go:build real

package main_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A child is the program, or another one, in a process of its own.
type child struct {
	t       *testing.T
	ctx     context.Context
	what    string // the command line, for messages
	cmd     *exec.Cmd
	began   time.Time
	out     *transcript // data
	talk    *transcript
	isEnded chan struct{}
	end     ended // valid once isEnded is closed
}

// ended is how a child ended and its output.
type ended struct {
	code      int // -1: by a signal
	out, talk string
	took      time.Duration
}

// start starts a child. It is killed with the test at the latest.
func (s *stage) start(args ...string) *child {
	s.t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Env = s.dir, s.environ()
	return s.startCommand("notion-kafka "+strings.Join(args, " "), cmd)
}

// startCommand is start for another program.
func (s *stage) startCommand(what string, cmd *exec.Cmd) *child {
	s.t.Helper()
	c := &child{
		t: s.t, ctx: s.ctx, what: what, cmd: cmd,
		began: time.Now(), out: newTranscript(), talk: newTranscript(), isEnded: make(chan struct{}),
	}
	c.cmd.Stdout, c.cmd.Stderr = c.out, c.talk
	if err := c.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() {
		_ = c.cmd.Wait() // the exit code has the result
		c.end = ended{c.cmd.ProcessState.ExitCode(), c.out.String(), c.talk.String(), time.Since(c.began)}
		close(c.isEnded)
	}()
	s.t.Cleanup(c.kill)
	return c
}

// run runs one command line to its end.
func (s *stage) run(args ...string) ended {
	s.t.Helper()
	return s.start(args...).wait()
}

// mustRun is run for a command line that has to succeed.
func (s *stage) mustRun(args ...string) ended {
	s.t.Helper()
	e := s.run(args...)
	if e.code != 0 {
		s.t.Fatalf("notion-kafka %s: exit code %d\n%s%s", strings.Join(args, " "), e.code, e.out, e.talk)
	}
	return e
}

func (c *child) wait() ended {
	c.t.Helper()
	select {
	case <-c.isEnded:
	case <-c.ctx.Done():
		c.t.Fatalf("%s does not end; so far it wrote\n%s%s", c.what, c.out, c.stacks())
	}
	return c.end
}

// kill is kill -9. It returns when the process has ended.
func (c *child) kill() {
	if err := c.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		c.t.Error(err)
	}
	<-c.isEnded
}

// stacks ends a child that stands still, and returns what it wrote to standard error: of Go
// and Python, where each of its threads stands.
func (c *child) stacks() string {
	if c.cmd.Process.Signal(syscall.SIGABRT) == nil {
		select {
		case <-c.isEnded:
		case <-time.After(5 * time.Second):
		}
	}
	return c.talk.String()
}

// signal sends the child a signal.
func (c *child) signal(sig syscall.Signal) {
	c.t.Helper()
	if err := c.cmd.Process.Signal(sig); err != nil {
		c.t.Errorf("%v to %s: %v", sig, c.what, err)
	}
}

// pid returns the suffix of an instance's name.
func (c *child) pid() string { return strconv.Itoa(c.cmd.Process.Pid) }

// await returns the first line of the child's output that matches.
func (c *child) await(in *transcript, what string, matches func(line string) bool) string {
	c.t.Helper()
	for read := 0; ; {
		line, grown := in.line(read)
		switch {
		case line != "" && matches(line):
			return line
		case line != "":
			read++
			continue
		}
		select {
		case <-grown:
		case <-c.isEnded:
			if next, _ := in.line(read); next == "" {
				c.t.Fatalf("%s ended with exit code %d before %s\n%s%s", c.what, c.end.code, what, c.end.out, c.end.talk)
			}
		case <-c.ctx.Done():
			c.t.Fatalf("%s: waited in vain for %s; so far it wrote\n%s%s", c.what, what, c.out, c.stacks())
		}
	}
}

// A transcript is the output of a child so far, which tests can wait for.
type transcript struct {
	mu    sync.Mutex
	text  bytes.Buffer
	grown chan struct{} // closed at the next write
}

func newTranscript() *transcript { return &transcript{grown: make(chan struct{})} }

// Write implements io.Writer.
func (tr *transcript) Write(b []byte) (int, error) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	close(tr.grown)
	tr.grown = make(chan struct{})
	return tr.text.Write(b)
}

// String returns all output.
func (tr *transcript) String() string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.text.String()
}

// line returns line n, or "" and a channel that is closed when there is more output.
func (tr *transcript) line(n int) (string, <-chan struct{}) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	lines := strings.SplitAfter(tr.text.String(), "\n")
	if n < len(lines)-1 {
		return lines[n], tr.grown
	}
	return "", tr.grown
}

// counts are the numbers in a stream's row of once.
type counts struct {
	Read, Published, Unchanged int
	Status                     string
}

// streams reads the table of once, by stream. A title may be empty or have many words,
// so the columns behind it are counted from the end. Behind the table are changes of typed
// columns, which begin with the stream and its title in brackets.
func (e ended) streams(t *testing.T) map[string]counts {
	t.Helper()
	table := map[string]counts{}
	for _, line := range strings.Split(strings.TrimSpace(e.out), "\n")[1:] {
		columns := strings.Fields(line)
		if strings.HasPrefix(columns[1], "(") {
			break
		}
		n := len(columns)
		var c counts
		var errs [3]error
		c.Read, errs[0] = strconv.Atoi(columns[n-6])
		c.Published, errs[1] = strconv.Atoi(columns[n-5])
		c.Unchanged, errs[2] = strconv.Atoi(columns[n-4])
		c.Status = columns[n-1]
		if err := errors.Join(errs[:]...); err != nil {
			t.Fatalf("not the table of once: %v\n%s", err, e.out)
		}
		table[columns[1]] = c
	}
	return table
}
