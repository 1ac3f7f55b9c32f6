package console

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"notion-kafka/cmd/notion-kafka/console/draft"
	"notion-kafka/cmd/notion-kafka/console/pages"
	"notion-kafka/producer/control"
)

// connectBy takes a name and a token, and looks what they show. What was typed is kept when
// Notion does not answer.
func (s *Server) connectBy(ctx context.Context, w *workshop) (string, error) {
	if w.Source == "" {
		w.spec.Rename(strings.TrimSpace(w.form.Get("name")))
	}
	if token := strings.TrimSpace(w.form.Get("token")); token != "" {
		w.spec.Token, w.spec.OAuth, w.Granted, w.Found = token, false, nil, nil
	}
	if w.spec.Name != "" {
		w.Reached = max(w.Reached, pages.StepNumber(pages.StepConnect)) // what is wrong with it is told
	}
	if w.form.Get("do") != "check" && w.Found != nil && !failed(*w.Found) {
		return "", nil
	}
	return stepAgain(w, pages.StepConnect), s.look(ctx, w) // a person sees what was found before going on
}

// look asks Notion what the draft's connection shows. The draft is saved first.
func (s *Server) look(ctx context.Context, w *workshop) error {
	if err := s.save(ctx, w); err != nil {
		return err
	}
	found, err := s.backend.Discover(ctx, w.Draft)
	if err != nil {
		return err
	}
	w.Found = &found
	if w.spec.Name == "" {
		w.spec.Rename(draft.NameFor(found.Workspace))
	}
	return nil
}

// failed reports whether no source can be made of a discovery.
func failed(found control.Discovery) bool {
	return slices.ContainsFunc(found.Checks, func(c control.Check) bool { return c.Result == control.CheckFailed })
}

// stepAgain returns the path of a step of the draft; {v} stands for the version that it
// gets.
func stepAgain(w *workshop, step string) string {
	return path("add", w.ID, step) + "?v={v}"
}

// chooseBy takes which databases are read.
func (s *Server) chooseBy(ctx context.Context, w *workshop) (string, error) {
	if err := s.reviewed(ctx, w); err != nil {
		return "", err
	}
	do := w.form.Get("do")
	wanted := map[string]bool{"databases": w.form.Has("databases")}
	for _, table := range w.review.Tables {
		if table.Stream != "databases" {
			wanted[table.Stream] = do == "all" || do != "none" && w.form.Has("s."+table.Stream)
		}
	}
	w.spec.Select(w.review.Tables, wanted, w.form.Has("later"))
	stream, sample := strings.CutPrefix(do, "sample:")
	switch {
	case sample && !slices.ContainsFunc(w.review.Tables, func(t control.ReviewedTable) bool { return t.Stream == stream }):
		return "", refuse(http.StatusBadRequest, "the form names a database that is not in the list: reload its page")
	case sample:
		return stepAgain(w, pages.StepStreams) + "&sample=" + stream + "#sample", nil
	case do == "refresh":
		return stepAgain(w, pages.StepStreams), s.look(ctx, w)
	case do == "all" || do == "none":
		return stepAgain(w, pages.StepStreams), nil
	}
	return "", nil
}

// nameBy takes the topics and modes of the chosen streams. A form that was made for other
// streams leaves the others as they are.
func (s *Server) nameBy(ctx context.Context, w *workshop) (string, error) {
	if err := s.reviewed(ctx, w); err != nil {
		return "", err
	}
	before := w.spec.Prefix()
	if prefix := strings.TrimSpace(w.form.Get("prefix")); prefix != "" {
		w.spec.SetPrefix(prefix)
	}
	do, sync := w.form.Get("do"), w.form.Get("sync")
	forAll := sync != "" && (do == "all" || sync != cmp.Or(w.spec.Sync, "incremental"))
	if forAll {
		w.spec.SetSync(sync)
	}
	typed := w.form.Get("properties") == "typed"
	typedForAll := typed != w.review.Typed
	if typedForAll { // else the definition stays as it is
		w.spec.SetTyped(typed)
	}
	shown := slices.Clone(w.review.Tables)
	forms := map[string]draft.TableForm{}
	for i, table := range w.review.Tables {
		if name, has := strings.CutPrefix(table.Topic, before); has { // a suggestion follows the prefix
			w.review.Tables[i].Topic = w.spec.Prefix() + name
		}
		if forAll {
			w.review.Tables[i].Sync = sync
		}
		if typedForAll {
			w.review.Tables[i].Typed = typed && table.Stream != "databases"
		}
		form := draft.TableForm{Sync: w.form.Get("m." + table.Stream), Properties: w.form.Get("c." + table.Stream)}
		if forAll && (do == "all" || form.Sync == table.Sync || form.Sync == sync) { // one that was changed by hand beside stays so
			form.Sync = ""
		}
		name, whole := strings.TrimSpace(w.form.Get("n."+table.Stream)), strings.TrimSpace(w.form.Get("t."+table.Stream))
		switch {
		case name != "":
			form.Topic = w.spec.Prefix() + name
		case whole != "":
			form.Topic = whole
		case !w.form.Has("n."+table.Stream) && !w.form.Has("t."+table.Stream):
			if !typedForAll || table.Published == "" {
				continue
			}
			form.Topic = w.review.Tables[i].Topic
		}
		if typedForAll {
			form.Properties = besideAll(form, shown[i])
		}
		forms[table.Stream] = form
	}
	w.spec.SetTables(w.review.Tables, forms, w.Source != "")
	w.spec.Deletes = w.form.Get("deletes")
	w.spec.SetExcluded(w.form.Get("exclude"))
	if do == "all" || do == "apply" || do == asks {
		return stepAgain(w, pages.StepTables), nil
	}
	return "", nil
}

// besideAll is the form of the properties that a table keeps beside one for all tables; "":
// none. What a person chose for it in the same moment stays, and so does what its topic was
// begun with.
func besideAll(form draft.TableForm, shown control.ReviewedTable) string {
	switch {
	case form.Properties != "" && (form.Properties == "typed") != shown.Typed:
		return form.Properties
	case form.Topic == shown.Topic:
		return shown.Published
	}
	return ""
}

// scheduleFields are the fields of the two triggers.
func scheduleFields() (fields []string) {
	for _, field := range []string{"kind", "every_n", "every_unit", "daily_at", "weekly_on", "weekly_at", "cron", "zone"} {
		fields = append(fields, field, "sweep_"+field)
	}
	return fields
}

func (s *Server) scheduleBy(_ context.Context, w *workshop) (string, error) {
	w.spec.Description = strings.TrimSpace(w.form.Get("description"))
	w.spec.Trigger = triggerOf(w, "").Trigger()
	if w.form.Has("sweep_kind") {
		w.spec.Sweep = triggerOf(w, "sweep_").Trigger()
	}
	if do := w.form.Get("do"); do == "show" || do == asks {
		return stepAgain(w, pages.StepSchedule), nil
	}
	return "", nil
}

// triggerOf returns the trigger of a form whose fields have a prefix.
func triggerOf(w *workshop, prefix string) draft.TriggerForm {
	get := func(field string) string { return strings.TrimSpace(w.form.Get(prefix + field)) }
	zone := get("zone")
	if zone == "" {
		zone = strings.TrimSpace(w.form.Get("zone"))
	}
	return draft.TriggerForm{
		Kind: get("kind"), Number: get("every_n"), Unit: get("every_unit"), DailyAt: get("daily_at"), WeeklyOn: get("weekly_on"),
		WeeklyAt: get("weekly_at"), Cron: get("cron"), Zone: zone,
	}
}

// finishBy makes or changes the source that a draft describes.
func (s *Server) finishBy(c call) (string, error) {
	d, err := s.draftOf(c.Context(), c.PathValue("draft"), c.query.Get("v"))
	if err != nil {
		return "", err
	}
	w, err := workshopOf(d)
	if err != nil {
		return "", err
	}
	if err := s.reviewed(c.Context(), &w); err != nil {
		return "", err
	}
	if slices.ContainsFunc(pages.Steps(), func(step string) bool { return pages.IsFaulty(w.review, step) }) {
		return stepOf(d, pages.StepReview), nil // the page says what is wrong
	}
	if shown, err := strconv.Atoi(c.query.Get("v")); err == nil {
		d.Version = shown // what was changed in another window meanwhile, the person has not seen
	}
	paused := c.query.Get("do") == "paused"
	run, err := s.backend.FinishDraft(c.Context(), d, paused || d.Source != "") // a change waits for its trigger
	switch {
	case err != nil:
		return "", err
	case d.Source != "":
		return said(path("sources", d.Source), pages.SourceChanged), nil
	case paused:
		return said(path("sources", w.spec.Name), pages.SourcePaused), nil
	}
	return said(path("runs", run.ID), pages.SourceAdded), nil
}
