package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"notion-kafka/producer/control"
)

// followAttempts is how many times in a row a broken stream of events is requested
// again.
const followAttempts = 30

// follow calls tell with a run as it is and with every change, and returns the run once
// it ended. It survives restarts of the daemon: any instance serves every run.
func (c *apiClient) follow(ctx context.Context, id string, tell func(control.Run)) (last control.Run, err error) {
	for attempt := 1; ; attempt++ {
		err := c.events(ctx, id, func(run control.Run) {
			last, attempt = run, 1
			tell(run)
		})
		refused := new(refusal)
		switch {
		case err == nil && last.ID != "" && last.Status.Ended():
			return last, nil
		case err == nil:
			err = io.ErrUnexpectedEOF
		case errors.As(err, &refused) && refused.status != http.StatusServiceUnavailable:
			attempt = followAttempts // the next response will not differ
		}
		if attempt >= followAttempts || !rest(ctx, c.pause) {
			return last, fmt.Errorf("following run %s: %w", id, err)
		}
	}
}

// rest waits, and returns false if ctx ended meanwhile.
func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// events reads one stream of server-sent events (WHATWG HTML, 9.2) until the run or the
// stream ends.
func (c *apiClient) events(ctx context.Context, id string, tell func(control.Run)) error {
	response, err := c.send(ctx, http.MethodGet, apiPath("runs", id, "events"), "", nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	lines := bufio.NewReader(response.Body)
	var event, data string
	for {
		line, err := lines.ReadString('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return c.unreached(ctx, http.MethodGet, err)
		}
		line = strings.TrimRight(line, "\r\n")
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case field == "event":
			event = value
		case field == "data":
			data += value
		case line == "": // the end of an event; a comment begins with the colon
			over, err := handleEvent(event, data, tell)
			if over || err != nil {
				return err
			}
			event, data = "", ""
		}
	}
}

// handleEvent handles one event, and reports whether it ends the run. Events with unknown
// names are ignored.
func handleEvent(event, data string, tell func(control.Run)) (over bool, err error) {
	switch event {
	case "run":
		var run control.Run
		if err := json.Unmarshal([]byte(data), &run); err != nil {
			return false, fmt.Errorf("an event cannot be read, is the daemon of another version? (%w)", err)
		}
		tell(run)
		return run.Status.Ended(), nil
	case "problem":
		var told problem
		if err := json.Unmarshal([]byte(data), &told); err != nil {
			return false, fmt.Errorf("an event cannot be read, is the daemon of another version? (%w)", err)
		}
		return true, told.refusal()
	}
	return false, nil
}
