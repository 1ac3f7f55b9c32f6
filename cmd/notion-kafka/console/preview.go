package console

import (
	"context"
	"net/http"

	"notion-kafka/producer/control"
)

// A hidden backend returns no contents of records or of Notion pages, whoever asks.
type hidden struct{ Backend }

// previewed returns a backend with the contents or without them.
func previewed(backend Backend, contents bool) Backend {
	if contents {
		return backend
	}
	return hidden{backend}
}

// Records refuses, and says which setting does.
func (hidden) Records(context.Context, string, control.RecordQuery) (control.RecordPage, error) {
	return control.RecordPage{}, errHidden()
}

// Record refuses.
func (hidden) Record(context.Context, string, int32, int64) (control.TopicRecord, error) {
	return control.TopicRecord{}, errHidden()
}

// History refuses.
func (hidden) History(context.Context, string, string) (control.History, error) {
	return control.History{}, errHidden()
}

// Find says where a page is without its title.
func (h hidden) Find(ctx context.Context, page string) (control.Finding, error) {
	found, err := h.Backend.Find(ctx, page)
	found.Title = ""
	for i := range found.Places {
		if record := found.Places[i].Record; record != nil {
			record.Title = ""
		}
	}
	return found, err
}

// Held returns the held pages without their titles.
func (h hidden) Held(ctx context.Context, source, stream string, look int) (control.HeldDeletes, error) {
	held, err := h.Backend.Held(ctx, source, stream, look)
	for i := range held.Pages {
		held.Pages[i].Title = ""
	}
	return held, err
}

// Sample refuses.
func (hidden) Sample(context.Context, control.Draft, string) (control.Sample, error) {
	return control.Sample{}, errHidden()
}

func errHidden() error {
	return refuse(http.StatusForbidden, "this console shows no contents of records or pages (console.preview: false): consume the topic, for example with notion-kafka tail")
}
