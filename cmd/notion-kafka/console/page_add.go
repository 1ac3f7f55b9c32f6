package console

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"notion-kafka/cmd/notion-kafka/console/draft"
	"notion-kafka/cmd/notion-kafka/console/pages"
	"notion-kafka/producer/control"
)

// adding returns the routes of Add source. They are not under /sources, where a source may
// have any of their names.
func (s *Server) adding() map[string]http.HandlerFunc {
	const add = "/add/{draft}"
	routes := map[string]http.HandlerFunc{
		"GET /add":                    s.page(s.addPage),
		"POST /add":                   s.form(s.beginDraft),
		"GET " + add:                  s.goOnWithDraft,
		"POST " + add + "/discard":    s.form(s.discardDraft),
		"POST /sources/{source}/edit": s.form(s.editSource, "step"),
		"POST " + add + "/connect":    s.form(s.step(pages.StepConnect, s.connectBy), "v", "name", "token", "do"),
		"POST " + add + "/streams":    s.form(s.step(pages.StepStreams, s.chooseBy), "v", "databases", "later", "s.*", "do"),
		"POST " + add + "/tables":     s.form(s.step(pages.StepTables, s.nameBy), "v", "prefix", "sync", "deletes", "properties", "exclude", "n.*", "t.*", "m.*", "c.*", "do"),
		"POST " + add + "/schedule":   s.form(s.step(pages.StepSchedule, s.scheduleBy), append(scheduleFields(), "v", "description", "do")...),
		"POST " + add + "/review":     s.form(s.finishBy, "v", "do"),
	}
	for _, step := range pages.Steps() {
		routes["GET "+add+"/"+step] = s.page(s.draftPage(step))
	}
	return routes
}

func (s *Server) addPage(r *http.Request) (pages.Page, error) {
	return pages.NewAddStart(s.shell(r, s.backend.Sources()), s.backend.ConnectWays()), nil
}

func (s *Server) beginDraft(c call) (string, error) {
	d, err := s.backend.SaveDraft(c.Context(), control.Draft{Spec: draft.Spec{}.JSON()})
	return stepOf(d, pages.StepConnect), err
}

// editSource makes a draft of a source, and goes to one of its steps.
func (s *Server) editSource(c call) (string, error) {
	step := c.query.Get("step")
	if pages.StepNumber(step) == 0 {
		return "", refuse(http.StatusBadRequest, "the form does not say what to change: go back, and press one of its buttons")
	}
	d, err := s.backend.DraftOf(c.Context(), c.PathValue("source"))
	if err != nil {
		return "", err
	}
	if found, err := s.backend.Discover(c.Context(), d); err == nil {
		d.Found = &found // else its streams are those that the source knows
	}
	d, err = s.backend.SaveDraft(c.Context(), d)
	return stepOf(d, step), err
}

func (s *Server) discardDraft(c call) (string, error) {
	return said(path("sources"), pages.DraftDiscarded), s.backend.DropDraft(c.Context(), c.PathValue("draft"))
}

// goOnWithDraft leads to the first step of a draft that was not filled in.
func (s *Server) goOnWithDraft(w http.ResponseWriter, r *http.Request) {
	d, err := s.draftOf(r.Context(), r.PathValue("draft"), "")
	if err != nil {
		s.fail(w, r, err)
		return
	}
	seeOther(w, r, stepOf(d, pages.StepAfter(d)))
}

// draftOf returns a draft that is at least as new as the page or form that names it: the
// page before may have come from another instance.
func (s *Server) draftOf(ctx context.Context, id, version string) (control.Draft, error) {
	atLeast, err := strconv.Atoi(version)
	if version != "" && (err != nil || atLeast < 0) {
		return control.Draft{}, refuse(http.StatusBadRequest, "the address or the form has no version of the draft: go back to Sources, and continue there")
	}
	return s.backend.Draft(ctx, id, atLeast)
}

// stepOf returns the path of a step of a draft.
func stepOf(d control.Draft, step string) string {
	return path("add", d.ID, step) + "?v=" + strconv.Itoa(d.Version)
}

// asks is what a script sends for a button that a person did not press: the step is not
// filled in yet, and what it lacks is no mistake.
const asks = "ask"

// A workshop is a draft while a form changes it.
type workshop struct {
	control.Draft
	spec   draft.Spec
	review control.Review // empty unless asked for: see [Server.reviewed]
	form   url.Values
	before json.RawMessage // the definition before the form
	stale  bool            // the form shows an older version
}

// workshopOf reads what a draft defines.
func workshopOf(d control.Draft) (w workshop, err error) {
	w.Draft = d
	if w.spec, err = draft.Parse(d.Spec); err != nil {
		return w, err
	}
	w.before = w.spec.JSON()
	return w, nil
}

// reviewed sees what the draft would do as it is stored, which takes looks at Kafka.
func (s *Server) reviewed(ctx context.Context, w *workshop) (err error) {
	if w.review, err = s.backend.Review(ctx, w.Draft); err != nil {
		return err
	}
	if nothing := w.spec.NothingSelected(w.review); nothing != nil {
		w.review.Problems = append(w.review.Problems, *nothing)
	}
	return nil
}

// save stores the draft with what the form made of it. A form that shows an older version
// may not take back what another window has saved meanwhile.
func (s *Server) save(ctx context.Context, w *workshop) (err error) {
	w.Spec = w.spec.JSON()
	if w.stale && !bytes.Equal(w.Spec, w.before) {
		return refuse(http.StatusConflict, "this source was changed in another window meanwhile, so what you sent is not saved: here is how it is now")
	}
	w.stale = false
	w.Draft, err = s.backend.SaveDraft(ctx, w.Draft)
	return err
}

// step handles the form of a step: whatever it has is saved, valid or not. change returns
// where to go on, the step itself or the next; "" is the next, unless this one has a
// problem.
func (s *Server) step(step string, change func(ctx context.Context, w *workshop) (next string, err error)) func(call) (string, error) {
	return func(c call) (string, error) {
		d, err := s.draftOf(c.Context(), c.PathValue("draft"), c.query.Get("v"))
		if err != nil {
			return "", err
		}
		w, err := workshopOf(d)
		if err != nil {
			return "", err
		}
		w.form = c.query
		shown, err := strconv.Atoi(c.query.Get("v"))
		w.stale = err == nil && shown < d.Version
		next, err := change(c.Context(), &w)
		if err != nil {
			return "", err
		}
		goesOn := next == ""
		if goesOn || w.form.Get("do") != asks && step != pages.StepConnect {
			w.Reached = max(w.Reached, pages.StepNumber(step))
		}
		if err := s.save(c.Context(), &w); err != nil {
			return "", err
		}
		if !goesOn {
			return strings.Replace(next, "{v}", strconv.Itoa(w.Version), 1), nil
		}
		if err := s.reviewed(c.Context(), &w); err != nil || pages.IsFaulty(w.review, step) {
			return stepOf(w.Draft, step), err
		}
		return stepOf(w.Draft, pages.Steps()[pages.StepNumber(step)]), nil
	}
}

// draftPage returns a step as a page.
func (s *Server) draftPage(step string) func(r *http.Request) (pages.Page, error) {
	return func(r *http.Request) (pages.Page, error) {
		d, err := s.draftOf(r.Context(), r.PathValue("draft"), r.URL.Query().Get("v"))
		if err != nil {
			return nil, err
		}
		w, err := workshopOf(d)
		if err != nil {
			return nil, err
		}
		if err := s.lookOnce(r.Context(), &w); err != nil {
			return nil, err
		}
		if err := s.reviewed(r.Context(), &w); err != nil {
			return nil, err
		}
		d = w.Draft
		shell := s.shell(r, s.backend.Sources())
		switch step {
		case pages.StepConnect:
			return pages.NewAddConnect(shell, d, w.spec, w.review, s.backend.ConnectWays()), nil
		case pages.StepStreams:
			sample, err := s.sampleOf(r, d)
			if err != nil {
				shell.Failed = s.problem(r, err).Detail
			}
			return pages.NewAddStreams(shell, d, w.spec, w.review, sample), nil
		case pages.StepTables:
			return pages.NewAddTables(shell, d, w.spec, w.review), nil
		case pages.StepSchedule:
			return pages.NewAddSchedule(shell, d, w.spec, w.review), nil
		default:
			return pages.NewAddReview(shell, d, w.spec, w.review), nil
		}
	}
}

// lookOnce takes what Notion granted into the definition of a draft that has just come
// back from the consent page, and asks Notion what that shows.
func (s *Server) lookOnce(ctx context.Context, w *workshop) error {
	if w.Granted == nil || s.readOnly || w.spec.OAuth && w.Found != nil {
		return nil
	}
	w.spec.OAuth, w.spec.Token = true, ""
	w.Spec = w.spec.JSON()
	if found, err := s.backend.Discover(ctx, w.Draft); err == nil { // else the page has a button to look again, which says why
		w.Found = &found
		if w.spec.Name == "" {
			w.spec.Rename(draft.NameFor(found.Workspace))
		}
	}
	return s.save(ctx, w)
}

// sampleOf returns the rows that a page of streams shows; nil: none were asked for.
func (s *Server) sampleOf(r *http.Request, d control.Draft) (*control.Sample, error) {
	stream := r.URL.Query().Get("sample")
	if stream == "" {
		return nil, nil //nolint:nilnil // no sample is no error
	}
	sample, err := s.backend.Sample(r.Context(), d, stream)
	if err != nil {
		return nil, err
	}
	return &sample, nil
}
