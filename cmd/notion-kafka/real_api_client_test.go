//go:build real

package main_test

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"notion-kafka/producer/control"
	"notion-kafka/producer/state"
)

// An instance is a daemon with a console.
type instance struct {
	*child
	stage   *stage
	console string // its address, once it serves
}

// startInstances starts daemons of one group, each with a console of its own and
// without triggers, and waits until all consoles serve.
func (s *stage) startInstances(count int, settings ...string) (all []*instance) {
	s.t.Helper()
	for range count {
		all = append(all, s.startInstance(append([]string{"console.listen=127.0.0.1:0", "defaults.trigger.manual=true"}, settings...)...))
	}
	for _, i := range all {
		i.awaitConsole()
	}
	return all
}

func (s *stage) startInstance(settings ...string) *instance {
	s.t.Helper()
	args := []string{"run", "--log-format", "json"}
	for _, setting := range settings {
		args = append(args, "--set", setting)
	}
	return &instance{child: s.start(args...), stage: s}
}

func (i *instance) awaitConsole() {
	i.t.Helper()
	line := i.await(i.talk, "its console served", logged("console is serving"))
	var said struct{ Address string }
	if err := json.Unmarshal([]byte(line), &said); err != nil {
		i.t.Fatal(err)
	}
	i.console = said.Address
}

// terminate stops instances with SIGTERM and checks that they end well.
func terminate(all ...*instance) {
	for _, i := range all {
		i.signal(syscall.SIGTERM)
	}
	for _, i := range all {
		if end := i.wait(); end.code != 0 {
			i.t.Errorf("SIGTERM ended %s with exit code %d\n%s", i.what, end.code, end.talk)
		}
	}
}

// A reply is the response of the API to one request.
type reply struct {
	status int
	header http.Header
	body   string
}

// ask sends a request to an instance's API, with a body unless that is "".
func (i *instance) ask(method, path, body string) (reply, error) {
	response, err := i.send(i.ctx, method, path, body)
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return reply{response.StatusCode, response.Header, string(text)}, err
}

func (i *instance) send(ctx context.Context, method, path, body string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, "http://"+i.console+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	return http.DefaultClient.Do(request)
}

// answer returns the body of a response that has to have a status.
func answer[T any](i *instance, status int, method, path, body string) (value T) {
	i.t.Helper()
	got, err := i.ask(method, path, body)
	if err == nil && got.status != status {
		err = fmt.Errorf("status %d, want %d: %s", got.status, status, got.body)
	}
	if err == nil && got.body != "" {
		err = json.Unmarshal([]byte(got.body), &value)
	}
	if err != nil {
		i.t.Fatalf("%s %s of %s: %v", method, path, i.what, err)
	}
	return value
}

// expect is answer where only the status matters.
func (i *instance) expect(status int, method, path, body string) {
	i.t.Helper()
	answer[any](i, status, method, path, body)
}

// command runs a command line against the instance. It has to end with an exit code and
// write something that matches.
func (i *instance) command(code int, says string, args ...string) ended {
	i.t.Helper()
	end := i.stage.run(append(args, "--api", "http://"+i.console)...)
	if end.code != code || !regexp.MustCompile(says).MatchString(end.out+end.talk) {
		i.t.Fatalf("notion-kafka %s: exit code %d, want %d and %q\n%s%s", strings.Join(args, " "), end.code, code, says, end.out, end.talk)
	}
	return end
}

// A sourceView has the fields of a source in the API that these tests check.
type sourceView struct {
	Name   string               `json:"name"`
	Status control.SourceStatus `json:"status"`
	Reason string               `json:"reason"`
	Origin control.Origin       `json:"origin"`
	Owner  string               `json:"owner"`
}

func (i *instance) source(name string) sourceView {
	i.t.Helper()
	return answer[sourceView](i, http.StatusOK, http.MethodGet, "/sources/"+name, "")
}

// A runView is a run and its log.
type runView struct {
	control.Run
	Log []map[string]any `json:"log"`
}

func (i *instance) run(id string) runView {
	i.t.Helper()
	return answer[runView](i, http.StatusOK, http.MethodGet, "/runs/"+id, "")
}

// follow passes on a run's events as they arrive; the channel is closed after the last
// one.
func (i *instance) follow(id string) <-chan control.Run {
	ctx, cancel := context.WithCancel(i.ctx)
	events := make(chan control.Run)
	i.t.Cleanup(func() {
		cancel()
		for range events { // until the stream ends
		}
	})
	go func() {
		defer close(events)
		if err := i.listen(ctx, id, events); err != nil && ctx.Err() == nil {
			i.t.Errorf("the events of run %s at %s: %v", id, i.what, err)
		}
	}()
	return events
}

func (i *instance) listen(ctx context.Context, id string, events chan<- control.Run) error {
	response, err := i.send(ctx, http.MethodGet, "/runs/"+id+"/events", "")
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return errors.New(response.Status)
	}
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		data, isData := bytes.CutPrefix(lines.Bytes(), []byte("data: "))
		if !isData {
			continue
		}
		var run control.Run
		if err := json.Unmarshal(data, &run); err != nil || run.ID != id {
			return fmt.Errorf("event %s: %w", data, cmp.Or(err, errors.New("it is of another run")))
		}
		select {
		case events <- run:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return lines.Err()
}

// awaitEvent returns the first event that matches.
func (i *instance) awaitEvent(events <-chan control.Run, what string, good func(control.Run) bool) control.Run {
	i.t.Helper()
	var last control.Run
	for run := range events {
		if last = run; good(run) {
			return run
		}
	}
	i.t.Fatalf("the events ended before %s, with %+v", what, last)
	return last
}

// published is how many pages and databases a run published.
func published(run control.Run) (count int) {
	for _, one := range run.Streams {
		count += one.Published
	}
	return count
}

func hasEnded(run control.Run) bool { return run.Status.Ended() }

// until repeats a check until it succeeds.
func (s *stage) until(what string, good func() bool) {
	s.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !good() {
		select {
		case <-tick.C:
		case <-s.ctx.Done():
			s.t.Fatalf("waited in vain until %s", what)
		}
	}
}

// ownerOf waits until the group has assigned all shards and every instance knows the
// owner of a source.
func (s *stage) ownerOf(source string, all ...*instance) (owner *instance, others []*instance) {
	s.t.Helper()
	name := s.divided(len(all))[state.ShardOf(source, shards)]
	s.until("every instance knows that "+name+" owns "+source, func() bool {
		return !slices.ContainsFunc(all, func(i *instance) bool { return i.source(source).Owner != name })
	})
	for _, i := range all {
		if strings.HasSuffix(name, "-"+i.pid()) {
			owner = i
		} else {
			others = append(others, i)
		}
	}
	if owner == nil {
		s.t.Fatalf("%s owns source %s, and is none of ours", name, source)
	}
	return owner, others
}

// divided waits until the group has assigned every shard to one of so many members, and
// returns their names by shard.
func (s *stage) divided(members int) (owners map[int32]string) {
	s.t.Helper()
	admin := s.admin()
	s.until(fmt.Sprintf("the shards are divided among %d instances", members), func() bool {
		groups, err := admin.DescribeGroups(s.ctx, s.name)
		if err != nil || groups.Error() != nil {
			return false // the group exists once a member has joined it
		}
		owners = byShard(groups[s.name])
		return groups[s.name].State == "Stable" && len(groups[s.name].Members) == members && len(owners) == shards
	})
	return owners
}

func byShard(group kadm.DescribedGroup) map[int32]string {
	owners := map[int32]string{}
	for _, member := range group.Members {
		assigned, ok := member.Assigned.AsConsumer()
		if !ok {
			continue
		}
		for _, topic := range assigned.Topics {
			for _, shard := range topic.Partitions {
				owners[shard] = member.ClientID
			}
		}
	}
	return owners
}
