//go:build real

package main_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// evilSchemas are schemas that cost far more than the records that name them, or that
// never end. A registry may refuse some.
func evilSchemas() []string {
	const many = 60_000
	var wide, symbols strings.Builder
	for i := range many {
		fmt.Fprintf(&wide, `,{"name":"f%d","type":"null"}`, i)
		fmt.Fprintf(&symbols, `,"S%d"`, i)
	}
	deep := func(levels int, kind string) string {
		return strings.Repeat(`{"type":"array","items":`, levels) + kind + strings.Repeat("}", levels)
	}
	doubled := `"null"`
	for i := range 25 { // two fields of a type that has two fields itself, and so on
		doubled = fmt.Sprintf(`{"type":"record","name":"D%d","fields":[{"name":"a","type":%s},{"name":"b","type":"D%d"}]}`, i, doubled, max(i-1, 0))
	}
	return []string{
		`{"type":"fixed","name":"F","size":4000000000000}`, `{"type":"fixed","name":"G","size":1000000}`,
		deep(1, `"null"`), deep(2, `"null"`), deep(8, `"null"`), deep(500, `"int"`),
		`{"type":"map","values":{"type":"map","values":"null"}}`,
		`{"type":"record","name":"W","fields":[` + wide.String()[1:] + `]}`,
		`{"type":"array","items":{"type":"record","name":"E","fields":[]}}`,
		`{"type":"enum","name":"S","symbols":[` + symbols.String()[1:] + `]}`,
		`{"type":"record","name":"R","fields":[{"name":"next","type":["null","R"]},{"name":"all","type":{"type":"array","items":"R"}}]}`,
		`{"type":"record","name":"L","fields":[{"name":"itself","type":"L"}]}`,
		doubled, `"string"`, `"bytes"`, `"double"`, `{"type":"bytes","logicalType":"decimal","precision":1000000,"scale":999999}`,
		`{"type":"long","logicalType":"timestamp-millis"}`, `["null","string","long",{"type":"array","items":"bytes"}]`,
	}
}

// registerEvil registers the schemas and returns the ids of the accepted ones.
func (h *hour) registerEvil(ctx context.Context) (ids []uint32) {
	for n, schema := range evilSchemas() {
		body, err := json.Marshal(map[string]string{"schemaType": "AVRO", "schema": schema})
		if err != nil {
			panic(err) // of strings
		}
		var made struct {
			ID uint32 `json:"id"`
		}
		status := h.toRegistry(ctx, http.MethodPost, fmt.Sprintf("/subjects/%s-evil-%d/versions", h.name, n), body, &made)
		h.tally.count(fmt.Sprintf("registry: a hostile schema, %d", status))
		if made.ID > 0 {
			ids = append(ids, made.ID)
		}
	}
	return ids
}

func (h *hour) toRegistry(ctx context.Context, method, path string, body []byte, into any) (status int) {
	request, err := http.NewRequestWithContext(ctx, method, h.registry+path, bytes.NewReader(body))
	if err != nil {
		h.t.Error(err)
		return 0
	}
	request.Header.Set("Content-Type", "application/vnd.schemaregistry.v1+json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	_ = json.Unmarshal(text, into) // the status reports errors
	return response.StatusCode
}

// besetTopics writes invalid records into the data topics of a source, and reads them
// through the console.
func (h *hour) besetTopics(ctx context.Context) {
	ids := h.registerEvil(ctx)
	h.writeBomb(ctx)
	producers := []*kgo.Client{h.producer(), h.producer(kgo.TransactionalID(h.name + "-evil"))}
	var sent int
	paced(ctx, 20, func(n uint64) {
		m := newMalice(h.seed^0x70b1c, n)
		record := m.record(ids)
		record.Topic = h.topic(pick(m, "victim.loot", "victim.booty", "victim.databases"))
		if len(record.Value) > 1<<20 {
			const most = 300 << 20 // the disk is shared
			if sent += len(record.Value); sent > most {
				return
			}
		}
		writing, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		if !m.once(4) {
			h.told("a record", producers[0].ProduceSync(writing, record).FirstErr())
			return
		}
		h.told("an aborted record", abort(writing, producers[1], record))
	})
}

// told counts the records that were written, and those that were not.
func (h *hour) told(what string, err error) {
	if err != nil {
		what += ", refused"
	}
	h.tally.count("Kafka: " + what)
}

func abort(ctx context.Context, producer *kgo.Client, record *kgo.Record) error {
	if err := producer.BeginTransaction(); err != nil {
		return err
	}
	err := producer.ProduceSync(ctx, record).FirstErr()
	if end := producer.EndTransaction(ctx, kgo.TryAbort); end != nil {
		return end
	}
	return err
}

func (h *hour) producer(more ...kgo.Opt) *kgo.Client {
	h.t.Helper()
	usual := []kgo.Opt{kgo.SeedBrokers(strings.Split(h.brokers, ",")...), kgo.ProducerBatchMaxBytes(9 << 20), kgo.RecordPartitioner(kgo.ManualPartitioner())}
	client, err := kgo.NewClient(append(usual, more...)...)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(client.Close)
	return client
}

// record returns a record that the program would never write.
func (m malice) record(ids []uint32) *kgo.Record {
	r := &kgo.Record{Key: []byte(strings.Trim(pick(m, evilIDs...), `"`)), Value: m.bytes(m.IntN(300))}
	switch m.IntN(8) {
	case 0:
		r.Value = nil
	case 1:
		r.Key = nil
	case 2:
		r.Key = m.bytes(m.IntN(1000))
	case 3:
		if m.once(10) {
			r.Value = append(wireHead(m.id(ids)), bytes.Repeat([]byte{byte(m.Uint32())}, 8<<20-1000)...)
		}
	default: // a schema's id, and something or the most expensive of what fits it
		body := pick(m, []byte{}, []byte{0}, m.bytes(m.IntN(2000)), bytes.Repeat([]byte{0xfe, 0xff, 0xff, 0xff, 0x0f}, 1000), bytes.Repeat([]byte{2}, 200_000),
			binary.AppendVarint(nil, 1<<40), binary.AppendVarint(nil, -1<<40), append(binary.AppendVarint(nil, 1_000_000_000), 0))
		r.Value = append(wireHead(m.id(ids)), body...)
	}
	for range m.IntN(3) {
		r.Headers = append(r.Headers, kgo.RecordHeader{Key: pick(m, "notion-kafka.op", "notion-kafka.run", "", "\x1b[2J"), Value: m.bytes(m.IntN(1000))})
	}
	if m.once(10) {
		r.Timestamp = time.UnixMilli(pick[int64](m, 0, 1, 1<<40, 1<<53))
	}
	return r
}

func (m malice) id(ids []uint32) uint32 {
	if len(ids) == 0 || m.once(10) {
		return pick(m, 0, 1<<31-1, 1<<32-1, m.Uint32())
	}
	return pick(m, ids...)
}

func wireHead(id uint32) []byte { return binary.BigEndian.AppendUint32([]byte{0}, id) }

// besetControl writes into the control topic, as anybody with the right to do so may.
func (h *hour) besetControl(ctx context.Context) {
	producer := h.producer()
	paced(ctx, 10, func(n uint64) {
		m := newMalice(h.seed^0xc047, n)
		key, value := h.order(m)
		writing, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		h.told("a control record", producer.ProduceSync(writing, &kgo.Record{Topic: h.topic("control"), Key: []byte(key), Value: value}).FirstErr())
	})
}

// order returns a control record: junk, or a plausible one that wants too much. None
// does to the good source what an administrator may do.
func (h *hour) order(m malice) (key string, value []byte) {
	f := forger{m, 6}
	source := pick(m, harmed...)
	spec := func(name string) string {
		return f.object("name", quoted(name), "topic_prefix", quoted(h.topic("good.")), "trigger", f.object("every", `"1s"`))
	}
	sealed := f.object("token", pick(m, `"AAAA"`, `""`, quoted(strings.Repeat("A", 5000))))
	never := pick(m, `"9999-12-31T23:59:59Z"`, `"2026-11-29T23:00:00Z"`, `"0001-01-01T00:00:00Z"`)
	id := fmt.Sprintf("evil-%x", m.Uint32())
	switch m.IntN(10) {
	case 0:
		return pick(m, "", "/", "source", "source//", "run/x", "x/y/z", "log/victim/last", "run/good/7", "standing/good", "instance/", string(m.bytes(20))), m.bytes(m.IntN(500))
	case 1:
		return "source/" + pick(m, "zzz", "made-1", "made-2"), []byte(f.object("spec", spec("good"), "sealed", sealed, "updated", never))
	case 2:
		return "source/" + pick(m, "made-2", "made-3"), []byte(f.object("spec", spec(source), "sealed", sealed, "updated", never))
	case 3:
		return "command/" + id, []byte(f.object("source", quoted(source), "verb", quoted(pick(m, "run", "cancel", "pause", "resume", "reset", "streams", "position", "put", "explode")),
			"body", f.value(), "expires", never))
	case 4:
		return "answer/" + id, []byte(f.object("body", f.value(), "error", f.object("kind", `"invalid"`, "message", f.text("no"))))
	case 5:
		return "instance/" + id, []byte(f.object("started", never, "at", never, "version", f.text("9"), "console", `"javascript:alert(1)"`, "shards", "[0,1,-1,99]",
			"sources", f.object("good", `"x"`), "seen", pick(m, evilNumbers...)))
	case 6:
		return fmt.Sprintf("run/%s/%d", source, m.IntN(120)-10), []byte(f.object("n", fmt.Sprint(m.IntN(200)), "run", f.object("id", quoted(id), "source", quoted(source), "status", f.text("running"))))
	case 7:
		return "log/" + source + "/" + pick(m, "last", "failed", "first"), []byte(f.object("run", quoted(id), "lines", f.list(f.text("{}"), f.text("x"))))
	case 8:
		return "standing/" + source, []byte(f.object("owner", f.text("nobody"), "workspace", f.text("w"), "paused", "false", "next_run", never))
	default:
		return pick(m, "source/", "command/", "answer/", "instance/") + id, pick(m, nil, []byte(f.value()), bytes.Repeat([]byte(" "), 900_000))
	}
}
