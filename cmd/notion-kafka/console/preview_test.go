package console

import (
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Without console.preview no response has the contents of records, and the rest is as
// ever.
func TestWithoutPreviewThereAreNoContents(t *testing.T) {
	backend := newFake()
	s := newServerAsIs(t, backend, Options{})
	expect(t, s, request("GET", "/api/v1/catalog/"+topic+"/records", ""), http.StatusForbidden,
		"this console shows no contents of records or pages (console.preview: false): consume the topic, for example with notion-kafka tail")
	if answer := ask(t, s.handler(), request("GET", "/api/v1/catalog", "")); answer.status != http.StatusOK {
		t.Errorf("GET /catalog: %d", answer.status)
	}
	if diff := cmp.Diff([]string{"catalog"}, backend.done); diff != "" {
		t.Errorf("the backend was asked (-want +got):\n%s", diff)
	}
}

// The titles are contents; which pages are held, and whether they are gone, is not.
func TestWithoutPreviewHeldPagesHaveNoTitles(t *testing.T) {
	path := "/api/v1/sources/acme/streams/" + stream + "/held?look=20"
	shown := ask(t, newServer(t, newFake(), Options{}).handler(), request("GET", path, ""))
	hidden := ask(t, newServerAsIs(t, newFake(), Options{}).handler(), request("GET", path, ""))
	if want := strings.ReplaceAll(shown.body, `,"title":"Old"`, ""); want == shown.body || hidden.body != want {
		t.Errorf("with contents    %s\nwithout contents %s", shown.body, hidden.body)
	}
}

// Where a page is, is shown; what it is called, is not.
func TestWithoutPreviewFoundPagesHaveNoTitles(t *testing.T) {
	found, err := previewed(newFake(), false).Find(t.Context(), "p")
	if err != nil || found.Title != "" || len(found.Places) != 1 || found.Places[0].Record == nil || found.Places[0].Record.Title != "" {
		t.Errorf("a finding without contents: %+v, %v", found, err)
	}
}

// Pages know it, so that they offer nothing that would be refused.
func TestWithoutPreviewPagesOfferNoContents(t *testing.T) {
	for preview, s := range map[bool]*Server{true: newServer(t, newFake(), Options{}), false: newServerAsIs(t, newFake(), Options{})} {
		if shell := s.shell(request("GET", "/sources", ""), nil); shell.NoContents == preview {
			t.Errorf("with console.preview: %t, pages offer no contents: %t", preview, shell.NoContents)
		}
	}
}

// Every method of a backend either has no contents of records or pages, or is one that
// hidden withholds, whole or in part. A new method must be put into one of the lists.
func TestEveryMethodOfABackendIsJudgedForContents(t *testing.T) {
	withheld := []string{"History", "Record", "Records", "Sample"}
	thinned := []string{"Find", "Held"} // see TestWithoutPreviewHeldPagesHaveNoTitles, TestWithoutPreviewFoundPagesHaveNoTitles
	without := []string{
		"AllRuns", "AsyncAPI", "Awake", "BeginOAuth", "Cancel", "CatchUp", "Catalog", "ConnectWays", "ConfirmDeletes", "DeleteSource", "Discover", "DismissDeletes", "Draft", "DraftOf", "Drafts", "DropDraft", "FinishDraft", "FinishOAuth", "Follow",
		"Instances", "Pause", "Position", "PutSource", "Ready", "Reset", "Resume", "Run", "Runs", "SaveDraft", "Sources", "Spending", "Start", "Streams",
		"Definition", "Review", "Table", "Usage",
	}
	judged := map[string]bool{}
	for _, name := range slices.Concat(withheld, thinned, without) {
		judged[name] = true
	}
	all := map[string]bool{}
	for method := range reflect.TypeFor[Backend]().Methods() {
		all[method.Name] = true
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(all)), slices.Sorted(maps.Keys(judged))); diff != "" {
		t.Errorf("the methods of a backend (-are +judged): does a new one return contents of records or pages? Then hidden must have it.\n%s", diff)
	}
	for _, name := range withheld {
		method, _ := reflect.TypeFor[hidden]().MethodByName(name)
		if answer := called(method.Func, reflect.ValueOf(hidden{})); answer == nil || answer.Error() != errHidden().Error() {
			t.Errorf("%s of a hidden backend: %v", name, answer)
		}
	}
}

// called calls a method with zero values, and returns its error. A method that reaches for
// a backend, which is nil here, panics.
func called(method, receiver reflect.Value) error {
	arguments := []reflect.Value{receiver}
	for i := 1; i < method.Type().NumIn(); i++ {
		arguments = append(arguments, reflect.Zero(method.Type().In(i)))
	}
	results := method.Call(arguments)
	err, _ := results[len(results)-1].Interface().(error)
	return err
}
