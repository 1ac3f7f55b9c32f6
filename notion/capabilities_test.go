package notion

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

// Only what is unambiguous is claimed of a right.
func TestRightsAreJudged(t *testing.T) {
	tests := map[string]struct {
		reply reply
		want  Right
		err   error
	}{
		"done":                     {ok(`{"object":"list","results":[]}`), Granted, nil},
		"nothing of that id":       {reply{status: 404, body: errorJSON("object_not_found", "Could not find page.")}, Granted, nil},
		"refused":                  {reply{status: 403, body: errorJSON("restricted_resource", "Insufficient permissions.")}, Refused, nil},
		"refused for other causes": {reply{status: 403, body: errorJSON("something_new", "No.")}, Unknown, nil},
		"not a valid request":      {reply{status: 400, body: errorJSON("validation_error", "body.children should be longer.")}, Unknown, nil},
		"no such endpoint":         {reply{status: 404, body: errorJSON("invalid_request_url", "Invalid request URL.")}, Unknown, nil},
		"a proxy's 403":            {reply{status: 403, header: html, body: page404}, Unknown, ErrUnavailable},
		"a proxy's 404":            {reply{status: 404, header: html, body: page404}, Unknown, ErrUnavailable},
		"unavailable":              {reply{status: 503, body: errorJSON("service_unavailable", "No.")}, Unknown, ErrUnavailable},
		"token refused":            {reply{status: 401, body: errorJSON("unauthorized", "API token is invalid.")}, Unknown, ErrUnauthorized},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, _ := newScripted(t, test.reply)
				all, err := c.Capabilities(t.Context(), Bot{})
				if want := (Capabilities{test.want, test.want, test.want}); all != want || !errors.Is(err, test.err) {
					t.Errorf("capabilities %v and error %v, want %v and %v", all, err, want, test.err)
				}
				update, insert, err := c.MayWrite(t.Context())
				if update != test.want || insert != test.want || !errors.Is(err, test.err) {
					t.Errorf("update %v, insert %v and error %v, want %v and %v", update, insert, err, test.want, test.err)
				}
			})
		})
	}
}

// The rights to write are tried on nothing, with nothing.
func TestNothingIsChangedToFindOutAboutRights(t *testing.T) {
	c, s := newScripted(t, ok(`{}`))
	if _, err := c.Capabilities(t.Context(), Bot{}); err != nil {
		t.Fatal(err)
	}
	for _, one := range s.requests {
		if one.method != "GET" {
			t.Errorf("the rights to read are tried with %s %s", one.method, one.url)
		}
	}
	s.requests = nil
	if _, _, err := c.MayWrite(t.Context()); err != nil {
		t.Fatal(err)
	}
	var sent []string
	for _, one := range s.requests {
		sent = append(sent, one.method+" "+strings.TrimPrefix(one.url, "https://api.notion.com")+" "+one.body)
	}
	const none = "00000000-0000-4000-8000-000000000000"
	want := []string{"PATCH /v1/pages/" + none + ` {"properties":{}}`, "PATCH /v1/blocks/" + none + `/children {"children":[]}`}
	if diff := cmp.Diff(want, sent); diff != "" {
		t.Errorf("sent (-want +got)\n%s", diff)
	}
}

// A personal token cannot list users, which says nothing of the names that it sees
// (Notion: users).
func TestRightsOfAPersonalToken(t *testing.T) {
	c, s := newScripted(t,
		ok(`{"object":"user","id":"`+userA+`","name":"Ada","type":"person","person":{}}`),
		ok(`{"object":"list","results":[]}`))
	whose, err := c.Me(t.Context())
	if err != nil || !whose.Person {
		t.Fatalf("%+v, %v", whose, err)
	}
	if all, err := c.Capabilities(t.Context(), whose); err != nil || all != (Capabilities{ReadContent: Granted, ReadComments: Granted}) {
		t.Errorf("%+v, %v", all, err)
	}
	for _, one := range s.requests {
		if strings.Contains(one.url, "/v1/users?") {
			t.Error("users are listed")
		}
	}
}
