package console

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"

	"notion-kafka/producer/control"
)

// jsonLines is the media type of a log: a JSON object a line.
const jsonLines = "application/x-ndjson"

// cutLine is the last line of a log that was too long to be kept whole.
const cutLine = `{"log_cut":true,"msg":"the log was longer: lines in the middle are left out"}`

// runLog answers with the lines of a run's log.
func (s *Server) runLog(w http.ResponseWriter, r *http.Request) {
	body, err := s.logOf(w, r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.write(w, r, http.StatusOK, jsonLines, body)
}

// logOf returns the lines of a run's log that a request wants.
func (s *Server) logOf(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if err := accepts(r, jsonLines); err != nil {
		return nil, err
	}
	query, err := readQuery(r, []string{"level"})
	if err != nil {
		return nil, err
	}
	if _, err := readBody(w, r, false); err != nil {
		return nil, err
	}
	least := slog.LevelDebug
	if query.Has("level") {
		var known bool
		if least, known = levelNamed(query.Get("level")); !known {
			return nil, refuse(http.StatusBadRequest, "query parameter level is %q; use debug, info, warn or error", query.Get("level"))
		}
	}
	ctx, cancel := context.WithTimeout(r.Context(), answerWithin)
	defer cancel()
	var run control.Run
	var log *control.Log
	err = s.patiently(ctx, func() (err error) {
		run, log, err = s.backend.Run(r.PathValue("run"))
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case log == nil && !run.Status.Ended():
		return nil, refuse(http.StatusNotFound, "run %s has not ended, and its log is kept at its end; %s/events follows it", run.ID, runPath(run.ID))
	case log == nil:
		return nil, refuse(http.StatusNotFound, "the log of run %s is not kept: of a source, the logs of its last run and of the last one that failed are", run.ID)
	}
	return linesFrom(*log, least), nil
}

// linesFrom returns the lines of a log of a level or worse, and those that have no level.
func linesFrom(log control.Log, least slog.Level) []byte {
	var lines [][]byte
	for _, text := range log.Lines {
		line := logLine(text)
		var said struct{ Level string }
		_ = json.Unmarshal(line, &said) // where it has no level, or a strange one, it is kept
		if level, known := levelNamed(said.Level); known && level < least {
			continue
		}
		_ = line.Compact() // it is valid
		lines = append(lines, line)
	}
	if log.Cut {
		lines = append(lines, []byte(cutLine))
	}
	return bytes.Join(lines, []byte("\n"))
}
