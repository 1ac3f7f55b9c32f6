package daemon

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"notion-kafka/notion"
	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
	"notion-kafka/producer/state"
)

// newerForm is the fingerprint form of a future version.
var newerForm = producer.Form{Version: notion.FingerprintForm + 1, Before: &producer.CurrentForm, Of: func(one producer.Fingerprinted) uint64 { return producer.CurrentForm.Of(one) ^ 0x5555 }}

// A newer version uses another form of fingerprints. Pages that are unchanged in the
// form before take the new fingerprint without a record; the others are published.
func TestNewFormOfFingerprintsRepublishesNothingUnchanged(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db, project, tasks := w.projects(40) // one page is completed
		w.mustRun(byHand)
		edited := db.AddPage("edited", nil)
		w.mustRun(bySchedule)
		before := len(w.records(projectsTopic))
		upgraded := func(order producer.Order) control.StreamRun {
			p := w.start()
			defer p.cluster.Close()
			p.form = newerForm
			report, err := p.run(t.Context(), order)
			if err != nil {
				t.Fatal(err)
			}
			return streamOf(report, producer.DatabaseStream(db.ID()))
		}
		w.notion.EditSilently(edited, notiontest.Values{"Salary": 1})
		if s := upgraded(fullScan); s.Published != 1 || s.Unchanged != 2 {
			t.Errorf("after the upgrade: %+v", s)
		}
		if n := len(w.records(projectsTopic)) - before; n != 1 {
			t.Errorf("%d records after the upgrade, want the changed page alone", n)
		}
		w.notion.EditSilently(edited, notiontest.Values{"Salary": 2})
		w.notion.EditSilently(project, notiontest.Values{"Tasks": tasks[:41]})
		if s := upgraded(fullScan); s.Published != 2 || s.Unchanged != 1 {
			t.Errorf("with what was adopted: %+v", s)
		}
		w.pass(time.Hour)
		if s := upgraded(bySchedule); s.Published != 0 {
			t.Errorf("a poll: %+v", s)
		}
	})
}

// leftBehind writes what a program of format 1 left of a database in Kafka: its pages in
// their topic, and a state topic in that format. It has not seen one page.
func (w *world) leftBehind(db *notiontest.Database, unseen string) {
	w.t.Helper()
	p := w.start()
	defer p.cluster.Close()
	p.beginWith(w.t, w.shards, "meta", `{"format":1,"shards":2,"cluster":"kfake"}`)
	topic := p.opts.DataTopic
	topic.Name = projectsTopic
	p.ensure(w.t, topic)
	info, err := p.cluster.Topic(w.t.Context(), projectsTopic)
	if err != nil {
		w.t.Fatal(err)
	}
	owner := kafka.KeyValue{Key: []byte(state.OwnerKey()), Value: []byte(`{"group":"group","instance":"instance","nonce":"then","at":"2000-01-01T00:00:00Z"}`)}
	writer, err := p.cluster.Claim(w.t.Context(), state.ShardOf("acme", w.shards), owner)
	if err != nil {
		w.t.Fatal(err)
	}
	defer writer.Close()
	database, source := db.ID(), db.DataSource().ID()
	stream := "acme/database_" + database
	var records []kafka.Record
	said := map[string]string{
		"source/acme": fmt.Sprintf(`{"workspace":%q,"bot":"then"}`, w.notion.ID()),
		"database/acme/" + database: fmt.Sprintf(`{"title":"Projects","created":"2000-01-01T00:00:00Z","data_sources":[{"id":%q,"name":"Projects",`+
			`"last_edited":"2000-01-01T00:00:00Z"}],"retrieved":"2000-01-01T01:00:00Z"}`, source),
		"cursor/" + stream + "/" + source: `{"watermark":"2000-01-01T00:00:00Z"}`,
		"schedule/" + stream + "/run":     `{"last_start":"2000-01-01T01:00:00Z"}`,
	}
	for _, id := range db.Pages(notiontest.Live) {
		if id == unseen {
			continue
		}
		listed, err := p.source.Notion.Page(w.t.Context(), id)
		if err != nil {
			w.t.Fatal(err)
		}
		whole := *listed
		if err := p.source.Notion.Complete(w.t.Context(), &whole); err != nil {
			w.t.Fatal(err)
		}
		note := ""
		if listed.Fingerprint() != whole.Fingerprint() {
			note = fmt.Sprintf(`,"l":"%x"`, listed.Fingerprint())
		}
		said["page/"+stream+"/"+id] = fmt.Sprintf(`{"h":"%x","f":%d,"c":%d,"e":%d%s}`,
			whole.Fingerprint(), notion.FingerprintForm, whole.CreatedTime.Unix()/60, whole.LastEditedTime.Unix()/60, note)
		records = append(records, kafka.Record{Topic: projectsTopic, Partitions: info.Partitions, Key: []byte(id), Value: []byte("as it was")})
	}
	err = writer.Commit(w.t.Context(), records, func(written []kafka.Position) (out []kafka.KeyValue, err error) {
		last := map[int32]int64{}
		for _, at := range written {
			last[at.Partition] = at.Offset
		}
		offsets, err := json.Marshal(last)
		if err != nil {
			return nil, err
		}
		said["topic/"+stream] = fmt.Sprintf(`{"name":"projects","topic":%q,"id":%q,"partitions":%d,"form":"json","scanned":true,"sources":[%q],"offsets":%s}`,
			projectsTopic, info.ID, info.Partitions, source, offsets)
		for key, value := range said {
			out = append(out, kafka.KeyValue{Key: []byte(key), Value: []byte(value)})
		}
		return out, nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// A newer program takes over the state of format 1. Unchanged pages are not published
// again, neither by polls nor by scans.
func TestUpgradeFromFormatOneRepublishesNothingUnchanged(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db, _, _ := w.projects(40) // one page is completed
		for n := range 20 {
			db.AddPage(fmt.Sprint("more ", n), nil)
		}
		unseen := db.AddPage("new since then", nil)
		w.pass(time.Hour)
		w.leftBehind(db, unseen)
		before := len(w.records(projectsTopic))
		for _, order := range []producer.Order{bySchedule, fullScan, fullScan} {
			p := w.start(with(producer.Settings{}))
			p.form = newerForm
			if report, err := p.run(t.Context(), order); err != nil || report.Status != control.Succeeded {
				t.Errorf("%v, %+v", err, report)
			}
			p.cluster.Close()
			if n := len(w.records(projectsTopic)) - before; n != 1 {
				t.Errorf("after a run (a scan: %v) there are %d more records, want the new page alone", order.Full, n)
			}
		}
		if op := w.lastOp(projectsTopic, unseen); op != producer.OpCreate {
			t.Errorf("the new page is a %s", op)
		}
	})
}
