package producer

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"notion-kafka/avro"
	"notion-kafka/notion"
	"notion-kafka/notion/notiontest/canned"
	"notion-kafka/producer/shard"
	"notion-kafka/producer/state"
)

// BenchmarkPage is what each page costs between Notion's bytes and Kafka's: it is
// decoded with its fingerprint, compared, and encoded. A page whose properties were completed
// or removed is fingerprinted again. One op is one page.
func BenchmarkPage(b *testing.B) {
	rows := canned.New(b, canned.Bodies)
	var objects [][]byte
	var pages []notion.Page
	size := 0
	for i := range canned.Bodies {
		object := rows.AppendRow(nil, i)
		page, err := notion.DecodePage(object)
		if err != nil {
			b.Fatal(err)
		}
		objects, pages = append(objects, object), append(pages, page)
		size += len(object)
	}
	each := func(name string, step func(i int) error) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(size / canned.Bodies))
			for i := 0; b.Loop(); i++ {
				if err := step(i % canned.Bodies); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	each("decode-and-fingerprint", func(i int) error {
		_, err := notion.DecodePage(objects[i])
		return err
	})
	changed := slices.Clone(pages)
	for i := range changed {
		changed[i].Properties = bytes.Clone(changed[i].Properties)
	}
	each("fingerprint-again", func(i int) error {
		changed[i].Fingerprint()
		return nil
	})
	memory := state.NewMemory()
	s := shard.ReadOnly(memory, nil)
	j := &job{task: NewTask(&Env{Form: CurrentForm}, s, &Source{Name: "acme"}, nil), name: "tasks"}
	known := memory.Source("acme").Stream("tasks").Pages
	for i := range pages {
		r := row{item: pageItem{&pages[i]}, hash: pages[i].Fingerprint()}
		known[r.pageID()] = j.remembered(r)
	}
	j.topic.Scanned = true
	each("compare", func(i int) error {
		if changes := j.compare(batch{rows: []row{{item: pageItem{&pages[i]}, hash: 1}}}); len(changes) != 1 {
			return fmt.Errorf("%d changes", len(changes))
		}
		return nil
	})
	encoder := avro.NewPageEncoder(1)
	each("encode", func(i int) error {
		_, err := encoder.Append(nil, &pages[i])
		return err
	})
}
