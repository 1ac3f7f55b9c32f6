//go:build real

package main_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
)

// mostResident bounds the resident memory of a daemon in bytes, whatever it is sent.
// Its parts: 100 MB for the program and the memory of pages; responses of Notion of 64
// MiB, which take about four times that while they are read, one at a time beside small
// ones; a records view of 32 MiB of values, which takes three times that.
const mostResident = 700 << 20

// The hostile hour. A daemon on Kafka with one good source is attacked from every side:
// by hostile Notions, by clients with the console's password, and by writers to its
// data topics, its control topic and the registry. Beside it a daemon with the embedded
// broker and registry is attacked on their ports. Both survive, stay below a bound of
// memory, and end well after SIGTERM, and every edit of the good source arrives.
//
// HOSTILE is how long it takes and HOSTILE_SEED decides what happens; without them the
// test is short, and different each time.
func TestHostileHour(t *testing.T) {
	length, seed := hostileTime(t), hostileSeed(t)
	t.Logf("HOSTILE=%v HOSTILE_SEED=%d", length, seed)
	h := newHour(t, length, seed)
	h.besiege()
	h.good.settle(h)
	h.apart.settle(h)
	h.judge()
}

// An hour is the state of this test.
type hour struct {
	*stage
	length time.Duration
	seed   uint64
	good   *quietSource // the source of the daemon on Kafka
	apart  *quietSource // the source of the daemon with the embedded broker
	victim *notiontest.Workspace
	siege  *instance // the daemon on Kafka
	lonely *instance // the daemon with the embedded broker
	key    string    // of its secrets

	kafkaPort, registryPort string // of the embedded ones

	watches []*watch
	tally   *tally
}

const consolePassword = "correct-horse-battery-staple"

func newHour(t *testing.T, length time.Duration, seed uint64) *hour {
	t.Helper()
	h := &hour{stage: emptyStage(t, sharedParts(t), length+4*time.Minute), length: length, seed: seed, tally: newTally()}
	h.good, h.apart = newQuietSource("good", seed), newQuietSource("apart", seed+1)
	h.victim = notiontest.New(notiontest.Options{Token: "ntn_victim", RequestsPerMinute: -1, Seed: seed + 2})
	for _, title := range []string{"Loot", "Booty"} {
		h.victim.AddDatabase(title, notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}).AddPage("a page", nil)
	}
	byToken := map[string]http.Handler{"ntn_good": h.good, "ntn_apart": h.apart, h.victim.Token(): h.victim}
	yaml := fmt.Sprintf("  - {name: good, token: ntn_good, topic_prefix: %s., trigger: {every: %v}}\n", h.topic("good"), h.pollEvery()) +
		fmt.Sprintf("  - {name: victim, token: %s, topic_prefix: %s., trigger: {every: 5s}}\n", h.victim.Token(), h.topic("victim"))
	for i, v := range h.villains() {
		byToken[v.token()] = v
		more := pick(newMalice(seed, uint64(i)), "", ", sync: full_table", ", deletes: both, sweep: {every: 20s}")
		yaml += fmt.Sprintf("  - {name: %s, token: %s, topic_prefix: %s., trigger: {every: 2s}%s}\n", v.name, v.token(), h.topic(v.name), more)
	}
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		notion := byToken[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
		if notion == nil { // of a source that the fuzzer made
			notion = byToken["ntn_villain_sly"]
		}
		notion.ServeHTTP(w, r)
	}))
	t.Cleanup(api.Close)
	h.configure(api.URL, yaml)
	var keyFile string
	h.key, keyFile = h.newKey()
	h.siege = h.startInstance("console.listen=127.0.0.1:0", "console.username=ada", "console.password="+consolePassword,
		"secrets.key_file="+keyFile, "notion.requests_per_minute=300", "notion.request_timeout=15s")
	h.startLonely(api.URL)
	h.siege.awaitConsole()
	h.good.awaitPoll(h.siege)
	h.apart.awaitPoll(h.lonely)
	return h
}

// startLonely starts the daemon with the embedded broker.
func (h *hour) startLonely(api string) {
	h.t.Helper()
	s := emptyStage(h.t, realParts{}, h.length+4*time.Minute)
	h.kafkaPort, h.registryPort = freeAddress(h.t), freeAddress(h.t)
	text := fmt.Sprintf(`
data_dir: %q
embedded: {kafka_listen: %q, registry_listen: %q}
notion: {api_url: %q}
console: {listen: ""}
sources: [{name: apart, token: ntn_apart, topic_prefix: notion.apart., trigger: {every: %v}}]
`, h.t.TempDir(), h.kafkaPort, h.registryPort, api, h.pollEvery())
	if err := os.WriteFile(s.dir+"/notion-kafka.yaml", []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
	h.lonely = s.startInstance()
}

// pollEvery is how often the good sources are read.
func (h *hour) pollEvery() time.Duration { return min(10*time.Second, max(h.length/10, time.Second)) }

// villains are Notions that are hostile in different ways: from one that is hostile in
// every way, little would be requested.
func (h *hour) villains() []*villain {
	all := []*villain{
		{name: "sly", field: 200, rows: 300},
		{name: "wild", whole: 20, field: 12, rows: 200},
		{name: "mad", whole: 2, field: 2, rows: 50},
		{name: "endless", field: 1000, rows: 10, endless: true},
		{name: "slow", field: 300, rows: 150, sluggish: true},
		{name: "refused", field: 3, rows: 1, refuses: true},
		{name: "heavy", whole: 4, field: 40, rows: 100},
	}
	for i, v := range all {
		v.seed, v.gone = h.seed+uint64(i)<<8, h.ctx.Done()
	}
	return all
}

// besiege runs all attacks at once, for a given time.
func (h *hour) besiege() {
	ctx, over := context.WithTimeout(h.ctx, h.length)
	defer over()
	h.watches = []*watch{watchMemory(ctx, h.siege), watchMemory(ctx, h.lonely)}
	var all sync.WaitGroup
	for _, attack := range []func(context.Context){
		h.good.live, h.apart.live, h.besetAPI, h.besetTopics, h.besetControl, h.besetBroker, h.besetRegistry,
	} {
		all.Go(func() { attack(ctx) })
	}
	all.Wait()
}

// judge stops both daemons and checks how they ended.
func (h *hour) judge() {
	for n, i := range []*instance{h.siege, h.lonely} {
		select {
		case <-i.isEnded:
			h.t.Errorf("%s ended by itself with exit code %d: %s", i.what, i.end.code, lastLines(i.talk.String(), 60))
		default:
			h.t.Logf("%s: SIGTERM took %v; %v", []string{"on Kafka", "embedded"}[n], i.endsInBound().Round(time.Millisecond), h.watches[n])
		}
		if most := h.watches[n].most(); most > mostResident {
			h.t.Errorf("%s had %d MB resident, the bound is %d MB", i.what, most>>20, mostResident>>20)
		}
		h.judgeLog(i)
	}
	h.t.Logf("polls of the good source every %v: %v", h.pollEvery(), h.good.intervals())
	h.t.Logf("polls of the source apart: %v", h.apart.intervals())
	h.t.Logf("done:\n%v", h.tally)
}

// longestLine bounds a line of the log, in bytes: text from outside is cut.
const longestLine = 64 << 10

// judgeLog looks for secrets, for messages that must never appear and for overlong
// lines.
func (h *hour) judgeLog(i *instance) {
	h.t.Helper()
	said := i.talk.String() + i.out.String()
	secrets := []string{consolePassword, h.key, "ntn_good", "ntn_apart", h.victim.Token(), "ntn_villain_", fuzzToken}
	for _, secret := range secrets {
		if at := strings.Index(said, secret); at >= 0 {
			h.t.Errorf("%s wrote a secret: …%q…", i.what, said[max(0, at-300):min(len(said), at+100)])
		}
	}
	longest := 0
	for line := range strings.Lines(said) {
		longest = max(longest, len(line))
		if strings.Contains(line, `"panic":`) || strings.Contains(line, "panic: ") {
			h.t.Errorf("%s met a fault of its own: %.3000s", i.what, line)
		}
	}
	if longest > longestLine {
		h.t.Errorf("%s wrote a line of %d bytes", i.what, longest)
	}
	h.t.Logf("%s wrote %d kB, the longest line has %d bytes", i.what, len(said)>>10, longest)
	if file := os.Getenv("HOSTILE_LOGS"); file != "" {
		if err := os.WriteFile(file+"."+i.pid(), []byte(said), 0o600); err != nil {
			h.t.Error(err)
		}
	}
}

func lastLines(text string, n int) string {
	lines := strings.Split(text, "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

func hostileTime(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("HOSTILE")
	if text == "" {
		return 20 * time.Second
	}
	length, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("HOSTILE: %v", err)
	}
	return length
}

func hostileSeed(t *testing.T) uint64 {
	t.Helper()
	text := os.Getenv("HOSTILE_SEED")
	if text == "" {
		return uint64(time.Now().UnixNano())
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("HOSTILE_SEED: %v", err)
	}
	return seed
}
