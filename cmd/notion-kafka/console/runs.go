package console

import (
	"net/http"
	"net/url"

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
