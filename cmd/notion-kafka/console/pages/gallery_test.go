package pages

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"notion-kafka/producer/control"
)

// The gallery is every page in every state, made from data that no system has to be run
// for. GALLERY names a folder in which its files stay, for a person to look at.

// noon is when the pages of the gallery are made.
var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// ugly are texts that people and attackers put into names.
var ugly = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `{{.}}`, `</textarea></title></table>`, "abc\u202edlrow\u202c",
	"\u200b\u200b", strings.Repeat("W", 2000), "👨‍👩‍👧‍👦🏳️‍🌈", "nul\x00 bell\x07 esc\x1b[31mred", "\xed\xa0\x80 surrogate", `javascript:alert(1)`, "עברית و العربية", "../../x", "' onmouseover='alert(1)",
}

// A piece is one page of the gallery.
type piece struct {
	name string
	page Page
}

func gallery() (all []piece) {
	add := func(name string, page Page) { all = append(all, piece{name, page}) }
	shell := Shell{Root: "../", Now: noon, Version: "v1.0.0"}
	readOnly := shell
	readOnly.ReadOnly = true
	noRuns := func(string) []control.Run { return nil }

	add("sources-empty", NewSources(shell, nil, noRuns, SourceFilter{}, nil))
	sources := company()
	waiting := shell
	waiting.Waiting, waiting.SignedIn, waiting.Said = 2, true, Paused
	waiting.Warnings = []string{"This instance cannot reach Kafka: dial tcp kafka-1.internal:9092: connection refused"}
	add("sources", NewSources(shell, sources, lately, SourceFilter{}, nil))
	add("sources-warned", NewSources(waiting, sources, lately, SourceFilter{}, nil))
	add("sources-read-only", NewSources(readOnly, sources, lately, SourceFilter{}, nil))
	add("sources-none-fits", NewSources(shell, sources, lately, SourceFilter{Text: "nothing like it"}, nil))
	add("sources-ugly", NewSources(shell, uglySources(), noRuns, SourceFilter{}, nil))
	add("sources-hundred", NewSources(shell, hundred(), historyOf, SourceFilter{}, nil))

	acme, streams := sources[0], streamsOfAcme()
	spent := spentLately()
	add("source", NewSourceStreams(shell, acme, SourceDetail{Runs: historyOf("acme"), Streams: streams, Spent: &spent}))
	add("source-read-only", NewSourceStreams(readOnly, acme, SourceDetail{Runs: historyOf("acme"), Streams: streams, Spent: &spent}))
	add("source-new", NewSourceStreams(shell, control.Source{Name: "new", Status: control.SourceWaiting, Origin: control.FromConsole}, SourceDetail{}))
	add("source-unknown", NewSourceStreams(shell, acme, SourceDetail{Runs: historyOf("acme"), Unknown: errors.New("the owner of source acme, host-a, did not answer within 10s: try again in a moment")}))
	add("source-paused", NewSourceStreams(shell, sources[3], SourceDetail{Runs: historyOf("hr"), Streams: streams}))
	add("source-ugly", NewSourceStreams(shell, uglySources()[0], SourceDetail{Streams: uglyStreams()}))
	add("source-500-streams", NewSourceStreams(shell, acme, SourceDetail{Runs: historyOf("acme"), Streams: manyStreams(500), Spent: &spent}))
	add("source-runs", NewSourceRuns(shell, acme, historyOf("acme")))
	add("source-runs-none", NewSourceRuns(shell, acme, nil))
	add("source-settings", NewSourceSettings(shell, acme))
	add("source-settings-console", NewSourceSettings(shell, sources[2]))
	add("source-delete", NewSourceDelete(shell, sources[2], streams))
	add("source-again", NewSourceAgain(shell, acme, streams, "", 180))

	for i, stream := range streams {
		add(fmt.Sprintf("stream-%d", i), NewStream(shell, acme, stream, historyOf("acme")))
	}
	add("stream-ugly", NewStream(shell, uglySources()[1], uglyStreams()[1], nil))
	add("stream-reset", NewSourceAgain(shell, acme, streams, streams[1].Stream, 180))
	held := heldPages()
	add("held", NewHeld(shell, held))
	add("held-read-only", NewHeld(readOnly, held))
	looked := heldPages()
	for i, fate := range []control.Fate{control.Trashed, control.Gone, control.StillThere, control.Unknown} {
		looked.Pages[i].Fate, looked.Pages[i].Title = fate, ugly[i]
	}
	looked.Pages[3].Error = "Notion did not answer in time"
	add("held-looked", NewHeld(shell, looked))
	add("held-none", NewHeld(shell, control.HeldDeletes{Source: "acme", Stream: streams[1].Stream, Title: "Customers"}))

	filter := control.RunFilter{Source: "acme", Limit: 100}
	add("runs", NewRuns(shell, filter, []string{"acme", "crm"}, historyOf("acme")))
	add("runs-none", NewRuns(shell, filter, []string{"acme"}, nil))
	for _, run := range historyOf("acme")[:7] {
		add("run-"+string(run.Status)+"-"+run.ID[len(run.ID)-2:], NewRun(shell, run, RunDetail{Log: logOf(run), Source: acme, Limit: 180}))
	}
	broken := historyOf("acme")[2]
	add("run-log-filtered", NewRun(readOnly, broken, RunDetail{Log: logOf(broken), Source: acme, Level: "warn", Text: "zzz"}))
	add("run-ugly", NewRun(shell, uglyRun(), RunDetail{Log: &control.Log{Run: "ugly", Lines: ugly, Cut: true}}))

	add("find", NewFind(shell, "", sources, lately, nil))
	add("find-some", NewFind(shell, " ACME", sources, lately, nil))
	add("find-none", NewFind(shell, ugly[1], sources, lately, nil))
	failed := shell
	failed.Failed = "source acme is paused: resume it first"
	add("source-refused", NewSourceStreams(failed, acme, SourceDetail{Streams: streams}))
	group := control.Group{Disagreements: []string{"acme"}, Instances: []control.InstanceView{
		{ID: "host-a-1", Version: "v1.0.0", StartedAt: noon.Add(-50 * time.Hour), HeardAt: noon.Add(-20 * time.Second), Shards: []int32{0, 1, 2}, Sources: []string{"acme", "crm"}, This: true},
		{ID: "host-b-1", Version: "v0.9.0", StartedAt: noon.Add(-time.Hour), HeardAt: noon.Add(-time.Minute), Shards: []int32{3}, Sources: nil, Stalled: map[int32]string{4: "claiming shard 4: not authorized for transactional id notion-kafka.state-4"}},
	}}
	add("system", NewSystem(shell, group, nil, "info", sources, lately))
	add("system-broken", NewSystem(readOnly, control.Group{}, map[string]error{"kafka": errors.New("dial tcp 127.0.0.1:9092: connection refused"), "disk": errors.New(ugly[0])}, "debug", nil, lately))
	add("problem", NewProblem(shell, 404, "Not Found", `there is no source "acmee"`, ""))
	add("problem-ugly", NewProblem(shell, 500, "Internal Server Error", ugly[0], "../sources"))
	signIn := NewProblem(shell, 401, "Unauthorized", "You are not signed in, or no longer. Nothing was changed.", "")
	signIn.SignIn = true
	add("problem-sign-in", signIn)
	add("login", NewLogin(shell, "/sources", "", ""))
	add("login-wrong", NewLogin(shell, "/sources/acme", "", "The user name or the password is wrong."))
	add("login-signed-in", NewLogin(waiting, "/"+ugly[1], ugly[1], ""))
	return append(append(all, galleryOfAdd(shell, readOnly)...), galleryOfCatalog(shell, readOnly)...)
}

// draw returns the HTML of a piece.
func draw(t testing.TB, p piece) string {
	t.Helper()
	html, err := Render(p.page)
	if err != nil {
		t.Fatalf("%s: %v", p.name, err)
	}
	return string(html)
}

func TestGallery(t *testing.T) {
	folder := os.Getenv("GALLERY")
	for _, p := range gallery() {
		t.Run(p.name, func(t *testing.T) {
			html := draw(t, p)
			checkPage(t, html)
			if folder != "" {
				write(t, filepath.Join(folder, "pages", p.name+".html"), []byte(html))
			}
		})
	}
	for name, content := range assets {
		if folder != "" {
			write(t, filepath.Join(folder, filepath.FromSlash(AssetPath(name))), content)
		}
	}
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
