package console

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"notion-kafka/cmd/notion-kafka/console/pages"
	"notion-kafka/producer/control"
)

// recordsOnPage is how many records a page shows.
const recordsOnPage = 50

// exploring returns the routes of the catalog's pages.
func (s *Server) exploring() map[string]http.HandlerFunc {
	const topic = "/catalog/{topic}"
	return map[string]http.HandlerFunc{
		"GET /catalog":                                   s.page(s.catalogPage),
		"GET " + topic:                                   s.page(s.topicPage),
		"GET " + topic + "/schema":                       s.page(s.schemaPage),
		"GET " + topic + "/schema.avsc":                  s.schemaFile,
		"GET " + topic + "/use":                          s.page(s.usePage),
		"GET " + topic + "/records/{partition}/{offset}": s.page(s.recordPage),
	}
}

func (s *Server) catalogPage(r *http.Request) (pages.Page, error) {
	tables, err := s.backend.Catalog(r.Context())
	return pages.NewCatalog(s.shell(r, s.backend.Sources()), tables, r.URL.Query().Get("q")), err
}

// topicPage shows what a topic holds. A table whose records cannot be read is shown without
// them.
func (s *Server) topicPage(r *http.Request) (pages.Page, error) {
	given := r.URL.Query()
	query := pages.TopicQuery{
		View: given.Get("view"), Op: given.Get("op"), Key: given.Get("key"), Text: given.Get("q"), Columns: given["col"], Before: given.Get("before"),
	}
	wanted, err := recordsOf(query)
	if err != nil {
		return nil, err
	}
	table, err := s.backend.Table(r.Context(), r.PathValue("topic"))
	if err != nil {
		return nil, err
	}
	shell := s.shell(r, s.backend.Sources())
	if shell.NoContents {
		return pages.NewTopic(shell, table, query, control.RecordPage{}), nil
	}
	records, err := s.backend.Records(r.Context(), table.Topic, wanted)
	if err != nil {
		query.Failed = s.problem(r, err).Detail
	}
	return pages.NewTopic(shell, table, query, records), nil
}

// recordsOf returns what a page of a topic asks for.
func recordsOf(query pages.TopicQuery) (control.RecordQuery, error) {
	wanted := control.RecordQuery{Limit: recordsOnPage, Now: query.View != pages.ViewLog, Op: query.Op, Key: strings.TrimSpace(query.Key), Text: query.Text}
	if err := checkOp(query.Op); err != nil {
		return wanted, err
	}
	before, err := control.ParseBefore(query.Before)
	if err != nil {
		return wanted, refuse(http.StatusBadRequest, "before %v", err)
	}
	wanted.Before = before
	return wanted, nil
}

func (s *Server) schemaPage(r *http.Request) (pages.Page, error) {
	table, err := s.backend.Table(r.Context(), r.PathValue("topic"))
	if err != nil {
		return nil, err
	}
	version, err := versionOf(r, "version")
	if err != nil {
		return nil, err
	}
	with, err := versionOf(r, "with")
	return pages.NewSchema(s.shell(r, s.backend.Sources()), table, pages.SchemaChoice{Version: version, With: with}), err
}

// versionOf returns the version of a schema that a query parameter names; 0: none.
func versionOf(r *http.Request, name string) (int, error) {
	given := r.URL.Query().Get(name)
	if given == "" {
		return 0, nil
	}
	version, err := strconv.Atoi(given)
	if err != nil || version < 1 {
		return 0, refuse(http.StatusBadRequest, "%s is a version of the schema, such as 2, not %q", name, given)
	}
	return version, nil
}

func (s *Server) usePage(r *http.Request) (pages.Page, error) {
	table, err := s.backend.Table(r.Context(), r.PathValue("topic"))
	if err != nil {
		return nil, err
	}
	snippets, err := s.backend.Usage(table)
	return pages.NewUse(s.shell(r, s.backend.Sources()), table, snippets), err
}

func (s *Server) recordPage(r *http.Request) (pages.Page, error) {
	partition, offset, err := placeOf(r)
	if err != nil {
		return nil, err
	}
	table, err := s.backend.Table(r.Context(), r.PathValue("topic"))
	if err != nil {
		return nil, err
	}
	shell := s.shell(r, s.backend.Sources())
	if shell.NoContents {
		return pages.NewRecord(shell, table, control.TopicRecord{Topic: table.Topic, Partition: partition, Offset: offset}, control.History{}), nil
	}
	record, err := s.backend.Record(r.Context(), table.Topic, partition, offset)
	if err != nil {
		return nil, err
	}
	history, err := s.backend.History(r.Context(), table.Topic, record.Key)
	if err != nil {
		history.Bound = "The earlier records of the key could not be read: " + s.problem(r, err).Detail
	}
	return pages.NewRecord(shell, table, record, history), nil
}

// placeOf returns the partition and the offset that the path of a record names.
func placeOf(r *http.Request) (partition int32, offset int64, err error) {
	p, err := strconv.ParseInt(r.PathValue("partition"), 10, 32)
	if err == nil {
		offset, err = strconv.ParseInt(r.PathValue("offset"), 10, 64)
	}
	if err != nil || p < 0 || offset < 0 {
		return 0, 0, refuse(http.StatusNotFound, "the path of a record ends in its partition and its offset, as in records/0/4711, not in records/%s/%s",
			r.PathValue("partition"), r.PathValue("offset"))
	}
	return int32(p), offset, nil
}

// schemaFile responds with a version of a topic's schema as a file; without ?version= with
// the newest.
func (s *Server) schemaFile(w http.ResponseWriter, r *http.Request) {
	schema, name, err := s.schemaOf(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
	s.write(w, r, http.StatusOK, "application/json", schema)
}

func (s *Server) schemaOf(r *http.Request) (schema json.RawMessage, name string, err error) {
	wanted, err := versionOf(r, "version")
	if err != nil {
		return nil, "", err
	}
	ctx, cancel := context.WithTimeout(r.Context(), answerWithin)
	defer cancel()
	var table control.TableDetail
	err = s.patiently(ctx, func() (err error) {
		table, err = s.backend.Table(ctx, r.PathValue("topic"))
		return err
	})
	if err != nil {
		return nil, "", err
	}
	for _, v := range table.Versions {
		if wanted == 0 || wanted == v.Version {
			return v.Schema, fmt.Sprintf("%s-v%d.avsc", table.Subject, v.Version), nil
		}
	}
	if wanted != 0 {
		return nil, "", refuse(http.StatusNotFound, "subject %s has no version %d among its last ones: its page lists them", table.Subject, wanted)
	}
	return table.Schema, table.Subject + ".avsc", nil
}
