//go:build real

package main_test

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// looking returns the path and query of a request that looks at topics, records and
// pages: of the API, or a page for people.
func (p plea) looking() string {
	topic := pick(p.malice, p.topic("victim.loot"), p.topic("victim.booty"), p.topic("victim.databases"), p.topic("victim.databases"),
		p.topic("good.tasks"), p.topic("control"), p.topic("state"), "__consumer_offsets", "%00", "..", strings.Repeat("t", 1+p.IntN(3000)))
	place := fmt.Sprintf("/records/%s/%s", pick(p.malice, "0", "0", "1", "-1", "2147483648", "x"), pick(p.malice, "0", "1", fmt.Sprint(p.IntN(200)), p.bound()))
	path := pick(p.malice, "catalog", "catalog/"+topic, "catalog/"+topic+"/records"+p.query(), "catalog/"+topic+"/records"+p.query(), "catalog/"+topic+place, "catalog/"+topic+place,
		"catalog/"+topic+"/history?key="+p.key(), "find?page="+p.key())
	if !p.once(3) {
		return "/api/v1/" + path
	}
	path = strings.Replace(path, "/records?", "?", 1) // a topic's page is that of its records
	return "/" + pick(p.malice, path, path, path, path, "catalog/"+topic+"/schema", "catalog/"+topic+"/schema.avsc", "catalog/"+topic+"/use")
}

// query returns the query of a request for records, mostly one that is taken.
func (p plea) query() string {
	given := url.Values{}
	of := map[string][]string{
		"limit": {"1", "20", "100", p.bound()}, "before": {"0:5", "0:5,1:9", "*:100", "all", p.bound(), strings.Repeat("0:1,", 1+p.IntN(3000))},
		"op": {"snapshot", "delete", "x"}, "view": {"now", "log", "x"}, "now": {"true", "x"}, "q": {"a", pick(p.malice, evilTexts...), strings.Repeat("q", 1+p.IntN(3000))},
		"key": {""}, "col": {"Name", "\x00"},
	}
	for _, name := range slices.Sorted(maps.Keys(of)) { // the order decides what a seed gives
		if p.once(4) {
			given.Set(name, pick(p.malice, of[name]...))
		}
	}
	if !given.Has("key") {
		return "?" + given.Encode()
	}
	given.Del("key")
	return "?" + given.Encode() + "&key=" + p.key()
}

// key returns a page's id, a link to one, or something else, as part of a query.
func (p plea) key() string {
	id := pick(p.malice, "248104cd-477e-80fd-b757-e945d38000bd", "248104cd477e80fdb757e945d38000bd", strings.Trim(pick(p.malice, evilIDs...), `"`), p.run())
	return url.QueryEscape(pick(p.malice, id, "https://www.notion.so/acme/Title-"+id+"?v="+id+"&p="+id, pick(p.malice, evilTexts...), strings.Repeat("k", 1+p.IntN(5000)), ""))
}

// bound returns a number at a bound, or none.
func (p plea) bound() string {
	return pick(p.malice, "-1", "0", "1e9", "", "\x00", "9223372036854775807", "9223372036854775808", "-9223372036854775808")
}

// writeBomb writes a record of a few kilobytes that becomes larger than the daemon may
// decompress.
func (h *hour) writeBomb(ctx context.Context) {
	const size = 200 << 20
	client := h.producer(kgo.ProducerBatchCompression(kgo.ZstdCompression()), kgo.ProducerBatchMaxBytes(2*size), kgo.BrokerMaxWriteBytes(2*size), kgo.BrokerMaxReadBytes(2*size))
	writing, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	record := &kgo.Record{Topic: h.topic("victim.booty"), Key: []byte("bomb"), Value: make([]byte, size)}
	h.told("a record that becomes huge", client.ProduceSync(writing, record).FirstErr())
}
