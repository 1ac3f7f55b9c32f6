package console

import (
	"context"
	"encoding/json"
	"net/http"
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
func (hidden) Records(context.Context, string, int) ([]json.RawMessage, error) {
	return nil, errHidden()
}

func errHidden() error {
	return refuse(http.StatusForbidden, "this console shows no contents of records or pages (console.preview: false): consume the topic, for example with notion-kafka tail")
}
