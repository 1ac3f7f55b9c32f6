package producer

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/producer/shard"
	"notion-kafka/producer/state"
)

// What is suggested for a list of databases is what a run gives them: of any list, with
// explicit topics and names pinned before, and no two of them are one topic.
func TestSuggestedTopicsAreThoseThatARunGives(t *testing.T) {
	for seed := range uint64(500) {
		random := rand.New(rand.NewPCG(seed, 1))
		src := &Source{Name: "acme", TopicPrefix: "notion.acme.", NameByID: random.IntN(4) == 0}
		list := someDatabases(random)
		reserved := []string{"notion.acme.goals"}
		want := namedByRun(src, list, reserved)
		got := SuggestTopics(src.TopicPrefix, src.NameByID, list, reserved...)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("of the list %+v, the run's topics and the suggested ones differ (-run +suggested):\n%s", list, diff)
		}
		owner := map[string]string{sameTopic("notion.acme.databases"): "databases", sameTopic(reserved[0]): "another"}
		for id, topic := range got {
			if before, twice := owner[sameTopic(topic)]; twice {
				t.Fatalf("of the list %+v, %s and %s get the topic %s", list, before, id, topic)
			}
			owner[sameTopic(topic)] = id
		}
	}
}

// someDatabases is a list of databases with few titles, so that many of them collide.
func someDatabases(random *rand.Rand) (list []ToName) {
	titles := []string{"Tasks", "tasks!", "Goals", "Databases", "🚀", "My Tasks", ""}
	topics := []string{"notion.acme.tasks", "notion_acme.my.tasks", "elsewhere", "notion.acme.tasks_00000000000a"}
	names := []string{"tasks_a", "roadmap", "old"}
	for i := range 1 + random.IntN(8) {
		db := ToName{
			DatabaseID: fmt.Sprintf("aaaaaaaa-0000-0000-0000-%012x", i+8), Title: titles[random.IntN(len(titles))],
			Created: time.Date(2026, 1, 1+random.IntN(3), 0, 0, 0, 0, time.UTC),
		}
		if random.IntN(4) == 0 && len(topics) > 0 {
			db.Topic, topics = topics[0], topics[1:]
		}
		if random.IntN(4) == 0 && len(names) > 0 {
			db.Name, names = names[0], names[1:]
		}
		list = append(list, db)
	}
	return list
}

// namedByRun is what a run makes of the databases, by id.
func namedByRun(src *Source, list []ToName, reserved []string) map[string]string {
	f := &found{databases: map[string]state.Database{}, problems: map[string]error{}}
	memory, selected := state.NewMemory(), map[string]Settings{}
	for _, db := range list {
		f.databases[db.DatabaseID] = state.Database{Title: db.Title, Created: db.Created}
		selected[DatabaseStream(db.DatabaseID)] = Settings{Topic: db.Topic}
		if db.Name != "" {
			pinned := state.Topic{Name: db.Name, Topic: src.TopicPrefix + db.Name, Form: "json"}
			memory.Source(src.Name).Stream(DatabaseStream(db.DatabaseID)).Topic = &pinned
		}
	}
	env := &Env{Reserved: reserved, Sources: func() []string { return nil }, Taken: func(string) map[string]string { return map[string]string{} }}
	pinned, _ := NewTask(env, shard.ReadOnly(memory, slog.New(slog.DiscardHandler)), src, nil).pinTopics(f, selected)
	topics := map[string]string{}
	for stream, topic := range pinned {
		topics[DatabaseOf(stream)] = topic.Topic
	}
	return topics
}
