package main

import (
	"bytes"
	"errors"
	"testing"
)

func TestOpen(t *testing.T) {
	d := newFakeDaemon(t, map[string][]string{
		"GET /api/v1/sources": {"200 []"}, "GET /api/v1/sources/acme": {"200 " + source}, "GET /api/v1/sources/gone": {"404 " + problemText(404, "there is no source")},
	})
	for _, test := range []struct {
		args    []string
		code    int
		at      string // printed
		browsed bool
		fails   error
	}{
		{args: []string{"open"}, at: "/", browsed: true},
		{args: []string{"open", "acme"}, at: "/sources/acme", browsed: true, fails: errors.New("no display")},
		{args: []string{"open", "acme", "--no-browser"}, at: "/sources/acme"},
		{args: []string{"open", "gone"}, code: 2},
	} {
		var out, talk bytes.Buffer
		opened := ""
		p := process{Out: &out, Err: &talk, Environ: []string{"NOTION_TOKEN=t"}, Browse: func(address string) error {
			opened = address
			return test.fails
		}}
		code := execute(t.Context(), append(test.args, "--api", d.url), p)
		want, browsed := "", ""
		if test.at != "" {
			want = d.url + test.at + "\n"
		}
		if test.browsed {
			browsed = d.url + test.at
		}
		if code != test.code || out.String() != want || opened != browsed {
			t.Errorf("%q: exit %d, printed %q, opened %q\n%s", test.args, code, out.String(), opened, talk.String())
		}
	}
}
