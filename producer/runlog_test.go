package producer

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestRunLogs(t *testing.T) {
	var program bytes.Buffer
	log := slog.New(KeepRunLogs(slog.NewTextHandler(&program, &slog.HandlerOptions{Level: slog.LevelWarn}))).With("shard", 7).WithGroup("g")
	said := &runLog{}
	inRun := withRunLog(t.Context(), said)
	log.DebugContext(inRun, "too quiet")
	log.InfoContext(inRun, "told", "n", 1)
	log.WarnContext(inRun, "loud")
	log.InfoContext(context.Background(), "elsewhere")
	kept, some := said.log("R")
	if got := strings.Join(kept.Lines, "\n"); !some || len(kept.Lines) != 2 || kept.Run != "R" || kept.Cut ||
		!strings.Contains(got, `"msg":"told","shard":7,"g":{"n":1}`) || !strings.Contains(got, "loud") {
		t.Errorf("kept %+v", kept)
	}
	if out := program.String(); strings.Contains(out, "told") || !strings.Contains(out, "loud") || strings.Count(out, "\n") != 1 {
		t.Errorf("the program's own log:\n%s", out)
	}
	if _, some := (&runLog{}).log("R"); some {
		t.Error("a run that logged nothing has a log")
	}
}

// The beginning and the end of a long log are kept.
func TestRunLogIsBounded(t *testing.T) {
	said := &runLog{}
	const lines = 20_000
	for n := range lines {
		said.add(fmt.Sprintf("%010d", n))
	}
	kept, _ := said.log("R")
	size := 0
	for _, line := range kept.Lines {
		size += len(line)
	}
	if !kept.Cut || size > firstLines+lastLines || kept.Lines[0] != "0000000000" || kept.Lines[len(kept.Lines)-1] != fmt.Sprintf("%010d", lines-1) {
		t.Errorf("%d bytes in %d lines, cut %v, from %s to %s", size, len(kept.Lines), kept.Cut, kept.Lines[0], kept.Lines[len(kept.Lines)-1])
	}
}
