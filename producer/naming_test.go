package producer

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/producer/state"
)

func TestTopicName(t *testing.T) {
	for title, want := range map[string]string{
		"Tasks":                        "tasks",
		"Engineering Tasks":            "engineering_tasks",
		"  Engineering -- Tasks!  ":    "engineering_tasks",
		"a.b_c-d":                      "a_b_c_d",
		"__tasks__":                    "tasks",
		"Q3 2026":                      "q3_2026",
		"2026":                         "2026",
		"Café":                         "cafe",
		"Cafe\u0301":                   "cafe",
		"Müller":                       "muller",
		"Ångström":                     "angstrom",
		"mañana":                       "manana",
		"façade":                       "facade",
		"żółć":                         "zolc",
		"Øst":                          "ost",
		"Łódź":                         "lodz",
		"Đà Nẵng":                      "da_nang",
		"İstanbul":                     "istanbul",
		"ısı":                          "isi",
		"Straße":                       "stra_e", // a letter of its own, not one with a mark
		"GROẞ":                         "gro",
		"CRM 🚀 Deals":                  "crm_deals",
		"🚀":                            "",
		"数据库":                          "",
		"Tasks 数据":                     "tasks",
		"Задачи":                       "",
		"":                             "",
		" \t\n":                        "",
		"...":                          "",
		"..":                           "",
		"\xff\xfe":                     "",
		"Databases":                    "",
		"users!":                       "",
		"Comments":                     "",
		" content ":                    "",
		"Content 2":                    "content_2",
		"user":                         "user",
		"Dätabases":                    "",
		"state":                        "state",
		strings.Repeat("a", 100):       strings.Repeat("a", 100),
		strings.Repeat("a", 101):       strings.Repeat("a", 100),
		strings.Repeat("é", 150):       strings.Repeat("e", 100),
		strings.Repeat("a", 99) + " b": strings.Repeat("a", 99),
	} {
		if got := topicName(title); got != want {
			t.Errorf("the title %q suggests %q, want %q", title, got, want)
		}
	}
}

var legalName = regexp.MustCompile(`^[a-z0-9]+(_[a-z0-9]+)*$`)

func FuzzTopicName(f *testing.F) {
	for _, title := range []string{"Engineering Tasks", "Café", "żółć ß İ", "🚀", "数据库", "users", "a__b", strings.Repeat("x ", 80), "\xff", "ｆｕｌｌ", "ﬁ"} {
		f.Add(title)
	}
	f.Fuzz(func(t *testing.T, title string) {
		name := topicName(title)
		switch {
		case name == "":
		case !legalName.MatchString(name):
			t.Errorf("%q suggests %q, which is not words of a-z and 0-9 joined by underscores", title, name)
		case len(name) > maxTopicName:
			t.Errorf("%q suggests a name of %d characters", title, len(name))
		case slices.Contains(reserved, name):
			t.Errorf("%q suggests the reserved name %q", title, name)
		case topicName(name) != name:
			t.Errorf("%q suggests %q, which in turn suggests %q", title, name, topicName(name))
		}
		//nolint:staticcheck // EqualFold folds more than our lower-casing does
		if shouted := strings.ToUpper(title); utf8.ValidString(title) && strings.ToLower(shouted) == strings.ToLower(title) && topicName(shouted) != name {
			t.Errorf("%q suggests %q, and in capitals %q", title, name, topicName(shouted))
		}
	})
}

const (
	idA, endA = "aaaaaaaa-0000-0000-0000-00000000000a", "00000000000a"
	idB, endB = "bbbbbbbb-0000-0000-0000-00000000000b", "00000000000b"
	idC, endC = "cccccccc-0000-0000-0000-00000000000c", "00000000000c"
)

// firstSeen is the unnamed stream of a database that was created on a day of January 2026.
func firstSeen(id, title string, day int, topic string) unnamed {
	created := time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC)
	return unnamed{DatabaseStream(id), id, state.Database{Title: title, Created: created}, topic}
}

func TestPinNames(t *testing.T) {
	long := strings.Repeat("long ", 30)
	cut := strings.Repeat("long_", 20)[:99]
	for name, c := range map[string]struct {
		streams []unnamed
		taken   []string
		byID    bool
		want    map[string]string // by database id
	}{
		"alone": {
			streams: []unnamed{firstSeen(idA, "Tasks", 1, "")},
			want:    map[string]string{idA: "tasks"},
		},
		"titles that suggest no name": {
			streams: []unnamed{firstSeen(idA, "🚀", 1, ""), firstSeen(idB, "Users", 1, "")},
			want:    map[string]string{idA: DatabaseStream(idA), idB: DatabaseStream(idB)},
		},
		"the older twin keeps the bare name": {
			streams: []unnamed{firstSeen(idA, "Tasks", 3, ""), firstSeen(idB, "tasks!", 1, ""), firstSeen(idC, "TASKS", 2, "")},
			want:    map[string]string{idA: "tasks_" + endA, idB: "tasks", idC: "tasks_" + endC},
		},
		"the same age: the smaller id": {
			streams: []unnamed{firstSeen(idB, "Tasks", 1, ""), firstSeen(idA, "Tasks", 1, "")},
			want:    map[string]string{idA: "tasks", idB: "tasks_" + endB},
		},
		"a pinned name stays where it is, however young": {
			streams: []unnamed{firstSeen(idA, "Tasks", 1, "")},
			taken:   []string{"notion.acme.tasks"},
			want:    map[string]string{idA: "tasks_" + endA},
		},
		"the suffixed name is taken too": {
			streams: []unnamed{firstSeen(idB, "Tasks", 2, ""), firstSeen(idA, "Tasks "+endB, 1, ""), firstSeen(idC, "Tasks", 1, "")},
			want:    map[string]string{idA: "tasks_" + endB, idB: "tasks_" + endB + "_" + endB, idC: "tasks"},
		},
		"another's explicit topic": {
			streams: []unnamed{firstSeen(idA, "Tasks", 1, ""), firstSeen(idB, "Other", 2, "notion.acme.tasks")},
			want:    map[string]string{idA: "tasks_" + endA, idB: "other"},
		},
		"dots and underscores are one": {
			streams: []unnamed{firstSeen(idA, "My Tasks", 1, ""), firstSeen(idB, "Other", 2, "notion.acme.my.tasks")},
			taken:   []string{"notion_acme.other"},
			want:    map[string]string{idA: "my_tasks_" + endA, idB: "other_" + endB},
		},
		"a twin with a topic of its own leaves the bare name": {
			streams: []unnamed{firstSeen(idA, "Tasks", 1, "elsewhere"), firstSeen(idB, "Tasks", 2, "")},
			want:    map[string]string{idA: "tasks_" + endA, idB: "tasks"},
		},
		"twins only once they are cut": {
			streams: []unnamed{firstSeen(idA, long+"a", 1, ""), firstSeen(idB, long+"b", 2, "")},
			want:    map[string]string{idA: cut, idB: cut + "_" + endB},
		},
		"by id": {
			streams: []unnamed{firstSeen(idA, "Tasks", 1, ""), firstSeen(idB, "Tasks", 2, "")},
			byID:    true,
			want:    map[string]string{idA: DatabaseStream(idA), idB: DatabaseStream(idB)},
		},
		"by id, but another's explicit topic": {
			streams: []unnamed{firstSeen(idA, "Tasks", 1, ""), firstSeen(idB, "Tasks", 2, "notion.acme."+DatabaseStream(idA))},
			byID:    true,
			want:    map[string]string{idA: DatabaseStream(idA) + "_" + endA, idB: DatabaseStream(idB)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			want := map[string]string{}
			for id, name := range c.want {
				want[DatabaseStream(id)] = name
			}
			src := &Source{Name: "acme", TopicPrefix: "notion.acme.", NameByID: c.byID}
			for range 2 { // in either order
				if diff := cmp.Diff(want, src.pinNames(slices.Clone(c.streams), c.taken)); diff != "" {
					t.Error(diff)
				}
				slices.Reverse(c.streams)
			}
		})
	}
}
