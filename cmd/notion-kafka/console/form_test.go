package console

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// posted is the request of a form, as a browser sends it.
func posted(path string, form url.Values) *http.Request {
	r := request("POST", path, form.Encode())
	r.Header.Set("Content-Type", formType)
	return r
}

func TestAFormOfAPage(t *testing.T) {
	sent := url.Values{"name": {"Ünïcode & = + 🚀"}, "empty": {""}}
	got, err := readForm(httptest.NewRecorder(), posted("/add?name=query", sent), "name", "empty", "absent")
	if diff := cmp.Diff(sent, got); diff != "" || err != nil {
		t.Errorf("%v (-sent +read):\n%s", err, diff)
	}
	got, err = readForm(httptest.NewRecorder(), posted("/add", nil), "name")
	if len(got) > 0 || err != nil {
		t.Errorf("an empty form: %v, %v", got, err)
	}
}

func TestFormsThatAreRefused(t *testing.T) {
	as := func(method, contentType, body string) *http.Request {
		r := request(method, "/add", body)
		r.Header.Set("Content-Type", contentType)
		return r
	}
	for name, test := range map[string]struct {
		request *http.Request
		status  int
		says    string
	}{
		"by GET":         {as("GET", formType, "a=1"), 405, "a form is sent by POST, not by GET"},
		"JSON":           {as("POST", "application/json", "{}"), 415, `the body must be the form of a page, application/x-www-form-urlencoded, not "application/json"`},
		"no type":        {as("POST", "", "a=1"), 415, `the body must be the form of a page, application/x-www-form-urlencoded, not ""`},
		"with files":     {as("POST", "multipart/form-data; boundary=x", "--x"), 415, `the body must be the form of a page, application/x-www-form-urlencoded, not "multipart/form-data; boundary=x"`},
		"plain text":     {as("POST", "text/plain", "a=1"), 415, `the body must be the form of a page, application/x-www-form-urlencoded, not "text/plain"`},
		"1 MB":           {as("POST", formType, "a="+strings.Repeat("x", 1<<20)), 413, "the body is longer than 65536 bytes"},
		"10,000 fields":  {as("POST", formType, strings.Repeat("a&", 9_999)), 413, "the form has 10000 fields, and the maximum is 1000"},
		"a broken one":   {as("POST", formType, "a=%zz"), 400, `the form cannot be read: invalid URL escape "%zz"`},
		"semicolons":     {as("POST", formType, "a=1;b=2"), 400, "the form cannot be read: invalid semicolon separator in query"},
		"unknown":        {as("POST", formType, "a=1&_method=DELETE"), 400, `the form has an unknown field "_method": reload its page, and send it again`},
		"a field twice":  {as("POST", formType, "a=1&a=1"), 400, `the form has the field "a" 2 times`},
		"not in Unicode": {as("POST", formType, "a=%ff"), 400, `the field "a" of the form is not UTF-8`},
	} {
		form, err := readForm(httptest.NewRecorder(), test.request, "a", "b")
		p, is := errors.AsType[*problem](err)
		if !is || p.Status != test.status || p.Detail != test.says || form != nil {
			t.Errorf("%s: %v, %+v", name, form, err)
		}
	}
}

// A form of the maximum is read.
func TestTheLargestForm(t *testing.T) {
	var names []string
	form := url.Values{}
	for n := range usualForm.fields {
		names = append(names, strconv.Itoa(n))
		form.Set(names[n], "")
	}
	got, err := readForm(httptest.NewRecorder(), posted("/add", form), names...)
	if err != nil || len(got) != len(form) || len(form) != usualForm.fields {
		t.Errorf("%d of %d fields, %v", len(got), len(form), err)
	}
	value := strings.Repeat("x", usualForm.bytes-len("a="))
	if got, err := readForm(httptest.NewRecorder(), posted("/add", url.Values{"a": {value}}), "a"); err != nil || got.Get("a") != value {
		t.Errorf("64 KB: %v", err)
	}
}

// A form with a field for each stream of a large source is read whole. Only the fields
// that begin as named are taken.
func TestAFormWithManyStreams(t *testing.T) {
	form := url.Values{"v": {"3"}}
	for n := range 1000 {
		form.Set("n.database_248104cd-477e-80fd-b757-"+strconv.Itoa(100_000_000_000+n), strings.Repeat("x", 100))
		form.Set("m.database_248104cd-477e-80fd-b757-"+strconv.Itoa(100_000_000_000+n), "full_table")
	}
	got, err := readForm(httptest.NewRecorder(), posted("/add/x/tables", form), "v", "n.*", "m.*")
	if diff := cmp.Diff(form, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	for name, test := range map[string]struct {
		body string
		says string
	}{
		"another field": {"v=1&q.x=1", `unknown field "q.x"`},
		"1 MB":          {"n.x=" + strings.Repeat("x", 1<<20), "longer than 524288 bytes"},
		"too many":      {strings.Repeat("n.x&", 4000), "the maximum is 4000"},
	} {
		r := request("POST", "/add/x/tables", test.body)
		r.Header.Set("Content-Type", formType)
		if _, err := readForm(httptest.NewRecorder(), r, "v", "n.*", "m.*"); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
