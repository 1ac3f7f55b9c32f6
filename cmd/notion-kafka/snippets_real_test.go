//go:build real

package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"notion-kafka/avro"
	"notion-kafka/cmd/notion-kafka/catalog"
	"notion-kafka/notion/notiontest"
	"notion-kafka/producer/control"
)

// hostileProperty is a name that people can give to a property in Notion.
const hostileProperty = "it's \"a\" `b` $HOME ${c} $.d[0]; -- e */ f\\g\nh 🚀"

// Each of the snippets runs as it is printed, and reads the committed records with their deletes:
// tail, kcat, Go and Python record by record, Flink as tables, with a join over each relation. Only
// ksqlDB is not here, because there is none to run.
func TestSnippetsRunAsPrinted(t *testing.T) {
	t.Parallel()
	s := newStageOn(t, sharedParts(t), 2*longestTest, notiontest.Options{})
	customers := s.workspace.AddDatabase("Customers", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
	projects := s.workspace.AddDatabase("Projects", notiontest.Prop{Name: "Project", Kind: notiontest.KindTitle},
		notiontest.Prop{Name: "Status", Kind: notiontest.KindSelect}, notiontest.Prop{Name: "Customer", Kind: notiontest.KindRelation, Target: customers},
		notiontest.Prop{Name: hostileProperty, Kind: notiontest.KindRelation, Target: customers})
	acme, blue := customers.AddPage("Acme 🚀", nil), customers.AddPage("Blue's", nil)
	gone := projects.AddPage("Old", notiontest.Values{"Customer": []string{acme}})
	site := projects.AddPage("Website", notiontest.Values{"Status": "Open", "Customer": []string{acme, blue}, hostileProperty: []string{blue}})
	alone := projects.AddPage("Alone", nil)
	topic := s.topic("projects")
	s.mustRun("once")
	s.publishAborted(topic)
	s.workspace.Trash(gone)
	s.workspace.Edit(alone, notiontest.Values{"Project": "Still alone"})
	s.mustRun("once", "--full")

	printed := s.snippets(topic,
		control.Property{Name: "Project", Type: "title"}, control.Property{Name: "Status", Type: "select"},
		control.Property{Name: "Customer", Type: "relation", RelatedTopic: s.topic("customers")},
		control.Property{Name: hostileProperty, Type: "relation", RelatedTopic: s.topic("customers")})
	var lines []string // of Go and Python: key, operation and title
	all := s.consume(topic)
	for _, r := range all {
		line := r.Key + "\t" + r.Headers["notion-kafka.op"]
		if string(r.Value) != "null" {
			line += "\t" + *strictly[pageValue](t, r.Value).Title
		}
		lines = append(lines, line+"\n")
	}
	if len(lines) != 5 || !strings.Contains(strings.Join(lines, ""), gone+"\tdelete\n") {
		t.Fatalf("want three snapshots, an update and a tombstone:\n%s", lines)
	}

	// One after the other: a parallel subtest waits for its turn behind all other tests, and
	// the time of the stage runs on.
	t.Run("flink", func(t *testing.T) {
		s.in(t).wantFlink(printed["flink"].Text, gone, map[int][][]string{
			1: {{site, "Website", "Open"}, {alone, "Still alone", ""}},
			2: {{site, "Website", acme, "Acme 🚀"}, {site, "Website", blue, "Blue's"}},
			3: {{site, "Website", blue, "Blue's"}},
		})
	})
	t.Run("tail", func(t *testing.T) {
		found := records(t, strings.Join(s.in(t).shell(printed["tail"].Text, nil).lines(len(all)), ""))
		if diff := cmp.Diff(all, found, sameValue()); diff != "" {
			t.Errorf("tail (-Confluent +tail):\n%s", diff)
		}
	})
	t.Run("kcat", func(t *testing.T) {
		s.in(t).wantKcat(printed["kcat"].Text, all)
	})
	t.Run("go", func(t *testing.T) {
		if got := s.in(t).goProgram(printed["go"].Text, nil).lines(len(lines)); !slices.Equal(got, lines) {
			t.Errorf("got\n%s\nwant\n%s", got, lines)
		}
	})
	t.Run("python", func(t *testing.T) {
		if got := s.in(t).pythonProgram(printed["python"].Text, nil).lines(len(lines)); !slices.Equal(got, lines) {
			t.Errorf("got\n%s\nwant\n%s", got, lines)
		}
	})
}

// snippets returns what the catalog prints for a topic of pages, by name.
func (s *stage) snippets(topic string, properties ...control.Property) map[string]control.Snippet {
	s.t.Helper()
	return snippetsOf(s.t, catalog.Access{Brokers: strings.Split(s.brokers, ","), Registry: s.registry}, topic, properties...)
}

func snippetsOf(t *testing.T, access catalog.Access, topic string, properties ...control.Property) map[string]control.Snippet {
	t.Helper()
	all, err := access.Snippets(control.TableDetail{Table: control.Table{Topic: topic, Schema: json.RawMessage(avro.PageSchema)}, Properties: properties})
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]control.Snippet{}
	for _, s := range all {
		named[s.Name] = s
	}
	return named
}

// publishAborted puts a record into a topic that only a read_uncommitted consumer sees, and
// that nothing decodes.
func (s *stage) publishAborted(topic string) {
	s.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(s.brokers, ",")...), kgo.TransactionalID(s.name+".aborted"), kgo.DefaultProduceTopic(topic))
	if err != nil {
		s.t.Fatal(err)
	}
	defer client.Close()
	if err := client.BeginTransaction(); err != nil {
		s.t.Fatal(err)
	}
	record := &kgo.Record{Key: []byte("aborted"), Value: []byte("garbage"), Headers: []kgo.RecordHeader{{Key: "notion-kafka.op", Value: []byte("create")}}}
	if err := client.ProduceSync(s.ctx, record).FirstErr(); err != nil {
		s.t.Fatal(err)
	}
	if err := client.EndTransaction(s.ctx, kgo.TryAbort); err != nil {
		s.t.Fatal(err)
	}
}

// in returns the stage for a subtest, with a working directory of its own for what is run.
func (s *stage) in(t *testing.T) *stage {
	sub := *s
	sub.t, sub.dir = t, t.TempDir()
	return &sub
}

// paste starts a command that a person would start in s.dir, with the program on the PATH
// and more variables. It is killed with everything it started.
func (s *stage) paste(what string, variables []string, name string, args ...string) *child {
	s.t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = s.dir, append([]string{"PATH=" + filepath.Dir(program) + ":" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "PYTHONFAULTHANDLER=1"}, variables...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c := s.startCommand(what, cmd)
	s.t.Cleanup(func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }) // it may have ended
	return c
}

// shell starts a line for a shell.
func (s *stage) shell(text string, variables []string) *child {
	s.t.Helper()
	return s.paste(text, variables, "sh", "-c", text)
}

// goProgram builds a program with the versions of go.mod, and starts it.
func (s *stage) goProgram(text string, variables []string) *child {
	s.t.Helper()
	source, binary := filepath.Join(s.dir, "main.go"), filepath.Join(s.dir, "reader")
	if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	build := exec.CommandContext(s.ctx, "go", "build", "-o", binary, source)
	build.Dir = root(s.t)
	if out, err := build.CombinedOutput(); err != nil {
		s.t.Fatalf("building the Go program: %v\n%s", err, out)
	}
	return s.paste("the Go program", variables, binary)
}

func (s *stage) pythonProgram(text string, variables []string) *child {
	s.t.Helper()
	file := filepath.Join(s.dir, "main.py")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return s.paste("the Python program", variables, s.python, file)
}

// lines waits for so many lines of output.
func (c *child) lines(n int) (lines []string) {
	c.t.Helper()
	c.await(c.out, fmt.Sprint(n, " lines"), func(line string) bool {
		lines = append(lines, line)
		return len(lines) == n
	})
	return lines
}

// wantKcat runs kcat, which prints the offset, the key, the size and the headers of every record.
func (s *stage) wantKcat(text string, all []record) {
	s.t.Helper()
	end := s.shell(text, nil).wait()
	if end.code != 0 {
		s.t.Fatalf("exit code %d (is kcat installed?)\n%s", end.code, end.talk)
	}
	lines := strings.Split(strings.TrimSuffix(end.out, "\n"), "\n")
	if len(lines) != len(all) {
		s.t.Fatalf("want %d lines:\n%s", len(all), end.out)
	}
	for i, r := range all {
		if !strings.HasPrefix(lines[i], fmt.Sprintf("%d  %s  ", r.Offset, r.Key)) || strings.Contains(lines[i], "  -1 bytes  ") != (string(r.Value) == "null") ||
			!strings.Contains(lines[i], "notion-kafka.op="+r.Headers["notion-kafka.op"]) {
			s.t.Errorf("record %d of key %s: %s", r.Offset, r.Key, lines[i])
		}
	}
}

// sameValue makes cmp compare the meaning of values.
func sameValue() cmp.Option {
	return cmp.Transformer("value", func(value json.RawMessage) (meaning any) {
		if err := json.Unmarshal(value, &meaning); err != nil {
			return err.Error()
		}
		return meaning
	})
}

// flinkChange reads a line of deploy/real/flink-sql; null is "".
func flinkChange(t *testing.T, line string) (query int, kind string, row []string) {
	t.Helper()
	change := strictly[[]any](t, []byte(line))
	row = []string{}
	for _, column := range change[2:] {
		value, _ := column.(string)
		row = append(row, value)
	}
	return int(change[0].(float64)), change[1].(string), row
}

// wantFlink runs statements on Flink, and compares the rows that each of the queries ends with. The
// columns with times are left out. The deleted page has to have been there and to be taken back.
func (s *stage) wantFlink(text, deleted string, want map[int][][]string) {
	s.t.Helper()
	end := s.flinkSQL(text, nil).wait()
	if end.code != 0 {
		s.t.Fatalf("exit code %d\n%s%s", end.code, end.out, end.talk)
	}
	found, retracted := map[int][][]string{}, false
	for line := range strings.Lines(end.out) {
		query, kind, row := flinkChange(s.t, line)
		if query == 1 {
			row = slices.Delete(row, 2, 3) // last_edited_time
		}
		if kind == "+I" || kind == "+U" {
			found[query] = append(found[query], row)
			continue
		}
		retracted = retracted || query == 1 && kind == "-D" && row[0] == deleted
		before := len(found[query])
		found[query] = slices.DeleteFunc(found[query], func(other []string) bool { return slices.Equal(other, row) })
		if len(found[query]) == before {
			s.t.Errorf("it takes back a row that was not there: %s", line)
		}
	}
	for _, rows := range []map[int][][]string{want, found} {
		for _, of := range rows {
			slices.SortFunc(of, slices.Compare)
		}
	}
	if diff := cmp.Diff(want, found); diff != "" {
		s.t.Errorf("(-want +Flink):\n%s\n%s", diff, end.out)
	}
	if !retracted {
		s.t.Errorf("the page %s is deleted, and its row was not taken back:\n%s", deleted, end.out)
	}
}
