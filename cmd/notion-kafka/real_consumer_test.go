//go:build real

package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A record is one line of deploy/real/consume.py, and of tail.
type record struct {
	Topic     string            `json:"topic"`
	Partition int32             `json:"partition"`
	Offset    int64             `json:"offset"`
	Timestamp time.Time         `json:"timestamp"`
	Key       string            `json:"key"`
	Headers   map[string]string `json:"headers"`
	Value     json.RawMessage   `json:"value"`
}

// readerPatience is how long consume.py may read a topic; it needs one or two seconds.
const readerPatience = 40 * time.Second

// consume reads a topic as a read_committed consumer, with Confluent's client and the
// schemas of the registry. A reader that stands still has its stacks logged, and a second
// one has to come to the end. args are further arguments of consume.py.
func (s *stage) consume(topic string, args ...string) []record {
	s.t.Helper()
	out, err := s.consumed(topic, args)
	if err != nil && s.ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		s.t.Logf("reading again: %v", err)
		out, err = s.consumed(topic, args)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return records(s.t, out)
}

func (s *stage) consumed(topic string, args []string) (out string, err error) {
	ctx, cancel := context.WithTimeout(s.ctx, readerPatience)
	defer cancel()
	script := filepath.Join(root(s.t), "deploy", "real", "consume.py")
	args = append([]string{script, "--brokers", s.brokers, "--registry", s.registry, "--topic", topic}, args...)
	cmd := exec.CommandContext(ctx, s.python, args...)
	cmd.Env = s.environ()
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGABRT) } // it prints its stacks
	cmd.WaitDelay = 5 * time.Second
	var talk bytes.Buffer
	cmd.Stderr = &talk
	printed, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("consume.py --topic %s, after %d bytes: %w\n%s", topic, len(printed), errors.Join(err, ctx.Err()), talk.String())
	}
	return string(printed), nil
}

func records(t *testing.T, lines string) []record {
	t.Helper()
	var out []record
	for line := range strings.Lines(lines) {
		out = append(out, strictly[record](t, []byte(line)))
	}
	return out
}

// byKey fails the test if a key occurs twice.
func byKey(t *testing.T, all []record) map[string]record {
	t.Helper()
	out := map[string]record{}
	for _, r := range all {
		if before, twice := out[r.Key]; twice {
			t.Errorf("key %s is in topic %s twice, at offsets %d and %d", r.Key, r.Topic, before.Offset, r.Offset)
		}
		out[r.Key] = r
	}
	return out
}

// strictly decodes JSON that must have no other fields than T.
func strictly[T any](t *testing.T, text []byte) T {
	t.Helper()
	var value T
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return value
}

// jsonText is a field that holds JSON as text.
type jsonText string

// sameJSON makes cmp compare the meaning of JSON texts, not their form.
func sameJSON() cmp.Option {
	return cmp.Transformer("json", func(text jsonText) (value any) {
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			return err.Error()
		}
		return value
	})
}

// A pageValue is a decoded notion.Page, the fields as the contract has them.
type pageValue struct {
	ID             string    `json:"id"`
	Object         string    `json:"object"`
	LastEditedTime time.Time `json:"last_edited_time"`
	Properties     string    `json:"properties"` // compared byte for byte
	CreatedTime    time.Time `json:"created_time"`
	CreatedBy      *jsonText `json:"created_by"`
	LastEditedBy   *jsonText `json:"last_edited_by"`
	Cover          *jsonText `json:"cover"`
	Icon           *jsonText `json:"icon"`
	Parent         jsonText  `json:"parent"`
	Archived       bool      `json:"archived"`
	InTrash        bool      `json:"in_trash"`
	URL            string    `json:"url"`
	PublicURL      *string   `json:"public_url"`
	Title          *string   `json:"title"`
	DatabaseID     *string   `json:"database_id"`
	DataSourceID   *string   `json:"data_source_id"`
	CreatedByID    *string   `json:"created_by_id"`
	LastEditedByID *string   `json:"last_edited_by_id"`
	IsArchived     bool      `json:"is_archived"`
	IsLocked       bool      `json:"is_locked"`
}
