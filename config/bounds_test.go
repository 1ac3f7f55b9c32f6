package config

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestASourceOverTheNetworkIsBounded(t *testing.T) {
	many := func(n int, one string) string { return "[" + strings.TrimSuffix(strings.Repeat(one+",", n), ",") + "]" }
	rules := func(n int) string {
		all := make([]string, n)
		for i := range all {
			all[i] = fmt.Sprintf(`{"match":"title:%d"}`, i)
		}
		return "[" + strings.Join(all, ",") + "]"
	}
	const head = `{"name":"acme","token":"ntn_x",`
	sized := func(size int) string {
		const frame = head + `"description":""}`
		return head + `"description":"` + strings.Repeat("d", size-len(frame)) + `"}`
	}
	for what, test := range map[string]struct{ spec, problem string }{
		"1,000 streams":               {head + `"streams":` + rules(1000) + `}`, ""},
		"1,001 streams":               {head + `"streams":` + rules(1001) + `}`, "streams: has 1001 elements"},
		"1,000 excluded":              {head + `"exclude_properties":` + many(1000, `"x"`) + `}`, ""},
		"1,001 excluded":              {head + `"exclude_properties":` + many(1001, `"x"`) + `}`, "exclude_properties: has 1001 elements"},
		"1,001 excluded of a stream":  {head + `"streams":[{"match":"databases","exclude_properties":` + many(1001, `"x"`) + `}]}`, "streams[0].exclude_properties: has 1001 elements"},
		"64 KiB":                      {sized(64 << 10), ""},
		"a byte more":                 {sized(64<<10 + 1), "the source has 65537 bytes"},
		"more, in a key that is none": {head + `"x":` + many(1<<16, "0") + `}`, "the source has "},
		"more, and it is no JSON":     {strings.Repeat("[", 1<<16+1), "the source has "},
	} {
		_, err := ParseSource(json.RawMessage(test.spec), plain(t), nil)
		switch {
		case test.problem == "" && err != nil:
			t.Errorf("%s: %.300v", what, err)
		case test.problem != "" && (err == nil || !strings.Contains(err.Error(), test.problem)):
			t.Errorf("%s: %.300v, want %q", what, err, test.problem)
		case err != nil && len(err.Error()) > 500:
			t.Errorf("%s: the error has %d characters", what, len(err.Error()))
		}
	}
}

// The cost of a source grows with its size, not with the square of its size.
func BenchmarkParseSource(b *testing.B) {
	cfg, err := Load(Options{File: os.DevNull})
	if err != nil {
		b.Fatal(err)
	}
	for _, size := range []int{1 << 10, 16 << 10, 63 << 10, 1 << 20} {
		spec := json.RawMessage(`{"name":"acme","token":"ntn_x","exclude_properties":["x"` + strings.Repeat(`,"x"`, size/4) + `]}`)
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			for b.Loop() {
				_, _ = ParseSource(spec, cfg, nil)
			}
		})
	}
}
