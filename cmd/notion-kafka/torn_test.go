package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer/state"
)

// diskImage runs the daemon until its first run is done and copies its data directory
// while it still runs, as after a power cut.
func (tt *terminal) diskImage() string {
	tt.t.Helper()
	ctx, stop := context.WithCancel(tt.t.Context())
	talk := newWatched(`"msg":"run done"`)
	ended := make(chan int, 1)
	go func() {
		ended <- execute(ctx, append([]string{"run"}, tt.flags...), process{Out: &bytes.Buffer{}, Err: talk, Environ: tt.environ})
	}()
	<-talk.seen
	image := filepath.Join(tt.t.TempDir(), "image")
	_, dataDir, _ := strings.Cut(tt.flags[1], "=")
	if err := os.CopyFS(image, os.DirFS(dataDir)); err != nil {
		tt.t.Fatal(err)
	}
	stop()
	if code := <-ended; code != 0 {
		tt.t.Fatalf("the daemon ended with exit %d\n%s", code, talk)
	}
	return image
}

// cutTail removes the last bytes of a partition's newest segment.
func cutTail(t *testing.T, image, partition string, bytes int64) {
	t.Helper()
	file := filepath.Join(image, "kafka", "partitions", partition, "0.dat")
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(file, info.Size()-bytes); err != nil {
		t.Fatal(err)
	}
}

// A write that a power cut tore, in a topic or in the state, loses no page: the
// embedded broker starts, the stream notices the disagreement and publishes again.
func TestTornLastWrite(t *testing.T) {
	statePartition := fmt.Sprintf("notion-kafka.state-%d", state.ShardOf("notion", 16))
	for name, partition := range map[string]string{"of the topic": "notion.notion.engineering_tasks-0", "of the state": statePartition} {
		t.Run(name, func(t *testing.T) {
			tt := newTerminal(t)
			db := tt.addTasks(150)
			image := tt.diskImage()
			cutTail(t, image, partition, 500)
			tt.flags[1] = "data_dir=" + image
			if code, out, talk := tt.run("once"); code != 0 {
				t.Fatalf("once after the power cut: exit %d\n%s%s", code, out, talk)
			}
			_, out, _ := tt.run("tail", "notion.notion.engineering_tasks", "--no-follow")
			seen := map[string]bool{}
			for line := range strings.Lines(out) {
				var record struct{ Key string }
				if err := json.Unmarshal([]byte(line), &record); err != nil {
					t.Fatal(err)
				}
				seen[record.Key] = true
			}
			for _, id := range db.Pages(notiontest.Live) {
				if !seen[id] {
					t.Errorf("page %s is not in the topic", id)
				}
			}
			if code, out, talk := tt.run("once"); code != 0 || !strings.Contains(out, "succeeded") {
				t.Errorf("the run after: exit %d\n%s%s", code, out, talk)
			}
		})
	}
}
