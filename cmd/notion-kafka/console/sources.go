package console

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"notion-kafka/producer/control"
)

// A sourceView is a source as the API shows it: the keys of its definition and its
// status.
type sourceView struct {
	Name      string               `json:"name"`
	Status    control.SourceStatus `json:"status"`
	Reason    string               `json:"reason,omitzero"`
	Origin    control.Origin       `json:"origin"`
	Shadowed  bool                 `json:"shadowed,omitzero"`
	Owner     string               `json:"owner,omitzero"`
	Workspace string               `json:"workspace"`
	Connected *control.Connection  `json:"connection,omitzero"`
	LastRun   *control.Run         `json:"last_run"`
	NextRun   *time.Time           `json:"next_run"`
	Sweeps    bool                 `json:"next_run_sweeps,omitzero"`
	Totals    control.Totals       `json:"totals"`
	Days      []control.Day        `json:"days"`
	// Definition has no name, which is above.
	Definition jsontext.Value `json:",embed"`
}

// An element is one element of sources:, its name apart from the rest.
type element struct {
	Name string         `json:"name"`
	Rest jsontext.Value `json:",embed"`
}

// viewOf leaves out a definition that cannot be shown. Anybody who may write the control
// topic can write any definition, and it must not hide the other sources.
func viewOf(source control.Source) sourceView {
	view := sourceView{
		Name: source.Name, Status: source.Status, Reason: source.Reason, Origin: source.Origin, Shadowed: source.Shadowed,
		Owner: source.Owner, Workspace: source.Workspace, Connected: source.Connection, LastRun: source.LastRun, Totals: source.Totals,
		Days: append([]control.Day{}, source.Days...),
	}
	if !source.NextRun.IsZero() {
		view.NextRun, view.Sweeps = &source.NextRun, source.NextRunSweeps
	}
	var definition element
	if source.Definition == nil || json.Unmarshal(source.Definition, &definition) != nil {
		return view
	}
	whole := view
	whole.Definition = definition.Rest
	if _, err := json.Marshal(whole); err != nil {
		return view
	}
	return whole
}

func (s *Server) listSources(call) (answer, error) {
	views := []sourceView{}
	for _, source := range s.backend.Sources() {
		views = append(views, viewOf(source))
	}
	return ok(views), nil
}

func (s *Server) showSource(c call) (answer, error) { return s.sourceNamed(c.PathValue("source")) }

// sourceNamed responds with a source.
func (s *Server) sourceNamed(name string) (answer, error) {
	source, err := sourceIn(s.backend.Sources(), name)
	if err != nil {
		return answer{}, err
	}
	return ok(viewOf(source)), nil
}

// sourceIn returns a source by name; of two with the same name, the one that runs.
func sourceIn(sources []control.Source, name string) (control.Source, error) {
	at := slices.IndexFunc(sources, func(source control.Source) bool { return source.Name == name })
	if at < 0 {
		return control.Source{}, &control.Error{Kind: control.NotFound, Message: fmt.Sprintf("there is no source %q", name)}
	}
	return sources[at], nil
}

func (s *Server) addSource(c call) (answer, error) {
	var spec element
	if err := decode(c.body, &spec); err != nil {
		return answer{}, err
	}
	if spec.Name == "" {
		return answer{}, refuse(http.StatusUnprocessableEntity, "name is missing: every source has one, such as acme")
	}
	return s.store(c, spec, true)
}

func (s *Server) putSource(c call) (answer, error) {
	var spec element
	if err := decode(c.body, &spec); err != nil {
		return answer{}, err
	}
	name := c.PathValue("source")
	if spec.Name != "" && spec.Name != name {
		return answer{}, refuse(http.StatusUnprocessableEntity,
			"name is %q in the body and %q in the path: a source cannot be renamed; leave the name out of the body, or make another source", spec.Name, name)
	}
	spec.Name = name
	return s.store(c, spec, false)
}

// store makes or replaces a source, and returns it.
func (s *Server) store(c call, spec element, create bool) (answer, error) {
	raw, err := json.Marshal(spec)
	if err != nil {
		return answer{}, err
	}
	if err := s.beginDefining(c.Context()); err != nil {
		return answer{}, err
	}
	defer s.endDefining()
	created, err := s.backend.PutSource(c.Context(), spec.Name, raw, create)
	if err != nil {
		return answer{}, err
	}
	answer, err := s.sourceNamed(spec.Name)
	if created {
		answer.status, answer.location = http.StatusCreated, "/api/v1/sources/"+url.PathEscape(spec.Name)
	}
	return answer, err
}

// mostDefining bounds the sources that are defined at a time: validating one takes up to a
// tenth of a second of CPU.
const mostDefining = 4

// beginDefining waits for a request's turn, at most until ctx ends.
func (s *Server) beginDefining(ctx context.Context) error {
	select {
	case s.defining <- struct{}{}:
		return nil
	case <-ctx.Done():
		return refuse(http.StatusServiceUnavailable,
			"%d other sources are being defined, and this one had to wait longer than %s: nothing was changed, try again in a moment", mostDefining, answerWithin)
	}
}

func (s *Server) endDefining() { <-s.defining }

func (s *Server) deleteSource(c call) (answer, error) {
	return answer{status: http.StatusNoContent}, s.backend.DeleteSource(c.Context(), c.PathValue("source"))
}

func (s *Server) showBudget(c call) (answer, error) {
	spent, err := s.backend.Spending(c.Context(), c.PathValue("source"))
	return ok(spent), err
}

func (s *Server) pauseSource(c call) (answer, error) {
	name := c.PathValue("source")
	if err := s.backend.Pause(c.Context(), name); err != nil {
		return answer{}, err
	}
	return s.sourceNamed(name)
}

func (s *Server) resumeSource(c call) (answer, error) {
	name := c.PathValue("source")
	if err := s.backend.Resume(c.Context(), name); err != nil {
		return answer{}, err
	}
	return s.sourceNamed(name)
}
