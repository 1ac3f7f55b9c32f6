package console

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"notion-kafka/producer/control"
)

// A runView is a run and its log.
type runView struct {
	control.Run
	Log    []jsontext.Value `json:"log,omitzero"` // nil if it was not kept
	LogCut bool             `json:"log_cut,omitzero"`
}

func runPath(id string) string { return "/api/v1/runs/" + url.PathEscape(id) }

func (s *Server) startRun(c call) (answer, error) {
	var order control.Order
	if c.body != nil {
		if err := decode(c.body, &order); err != nil {
			return answer{}, err
		}
	}
	run, err := s.backend.Start(c.Context(), c.PathValue("source"), order)
	return ordered(run), err
}

func (s *Server) listRuns(c call) (answer, error) {
	runs, err := s.backend.Runs(c.PathValue("source"))
	return ok(runs), err
}

// How many runs of all sources are listed: by default, and at most.
const (
	usualRuns = 100
	mostRuns  = 1000
)

func (s *Server) listAllRuns(c call) (answer, error) {
	filter, err := runFilter(c)
	if err != nil {
		return answer{}, err
	}
	runs := s.backend.AllRuns(filter)
	if len(runs) == 0 && filter.Source != "" { // a source without such runs, or none at all
		if _, err := s.sourceNamed(filter.Source); err != nil {
			return answer{}, err
		}
	}
	return ok(append([]control.Run{}, runs...)), nil
}

// runFilter reads which runs are asked for. A word that no run has is an error, not an
// empty list.
func runFilter(c call) (filter control.RunFilter, err error) {
	filter.Source = c.query.Get("source")
	filter.Status = control.Status(c.query.Get("status"))
	filter.Trigger = control.Trigger(c.query.Get("trigger"))
	if filter.Status != "" && !slices.Contains(control.Statuses, filter.Status) {
		return filter, refuse(http.StatusBadRequest, "query parameter status must be one of %v, not %q", control.Statuses, filter.Status)
	}
	if filter.Trigger != "" && !slices.Contains(control.Triggers, filter.Trigger) {
		return filter, refuse(http.StatusBadRequest, "query parameter trigger must be one of %v, not %q", control.Triggers, filter.Trigger)
	}
	filter.Limit, err = c.number("limit", usualRuns, 1, mostRuns)
	return filter, err
}

func (s *Server) showRun(c call) (answer, error) {
	run, log, err := s.backend.Run(c.PathValue("run"))
	view := runView{Run: run}
	if log != nil {
		view.LogCut, view.Log = log.Cut, []jsontext.Value{}
		for _, line := range log.Lines {
			view.Log = append(view.Log, logLine(line))
		}
	}
	return ok(view), err
}

// logLine returns a log line as a JSON object; any other line becomes its msg.
func logLine(line string) jsontext.Value {
	if value := jsontext.Value(line); value.Kind() == jsontext.KindBeginObject && value.IsValid() {
		return value
	}
	value, err := encode(map[string]string{"msg": line})
	if err != nil {
		return jsontext.Value(`{"msg":"(a line that cannot be shown)"}`)
	}
	return value
}

func (s *Server) cancelRun(c call) (answer, error) {
	run, err := s.backend.Cancel(c.Context(), c.PathValue("run"))
	return answer{status: http.StatusAccepted, body: run}, err
}
