package notion

import "testing"

func TestSameValue(t *testing.T) {
	file := func(url, expires string) string {
		return `{"id":"f","type":"files","files":[{"name":"a.pdf","type":"file","file":{"url":"` + url + `","expiry_time":"` + expires + `"}}]}`
	}
	for _, test := range []struct {
		a, b string
		same bool
	}{
		{`{"id":"a","type":"checkbox","checkbox":true}`, `{"checkbox": true, "type":"checkbox","id":"a"}`, true},
		{`{"checkbox":true}`, `{"checkbox":false}`, false},
		{file("https://files.example/a.pdf?sig=1", "2026-11-29T10:00:00Z"), file("https://files.example/a.pdf?sig=2", "2026-11-29T11:00:00Z"), true},
		{file("https://files.example/a.pdf?sig=1", ""), file("https://files.example/b.pdf?sig=1", ""), false},
		{`{"type":"external","external":{"url":"https://x/?v=1"}}`, `{"type":"external","external":{"url":"https://x/?v=2"}}`, false},
		{`{"object":"user","id":"u","avatar_url":"1"}`, `{"object":"user","id":"u","avatar_url":"2"}`, true},
		{`"é"`, `"é"`, true},
		{`12345678901234567890`, `12345678901234567891`, false},
		{`null`, ``, false},
		{`[1`, `[1`, true},
		{`[1`, `[1]`, false},
	} {
		if got := SameValue([]byte(test.a), []byte(test.b)); got != test.same {
			t.Errorf("%s and %s: %t", test.a, test.b, got)
		}
	}
	if !SameValue(nil, []byte("null")) || SameValue(nil, []byte("0")) {
		t.Error("nil is not null")
	}
}
