package pages

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"notion-kafka/cmd/notion-kafka/console/draft"
	"notion-kafka/producer/control"
)

// An adding is a draft in the gallery, and what the backend says of it.
type adding struct {
	draft  control.Draft
	review control.Review
	sample *control.Sample
	can    ConnectWays
}

// spec is the definition of the draft.
func (a adding) spec() draft.Spec {
	spec, err := draft.Parse(a.draft.Spec)
	if err != nil {
		panic(err)
	}
	return spec
}

// steps returns all five steps.
func (a adding) steps(shell Shell, name string) []piece {
	spec := a.spec()
	return []piece{
		{"add-connect-" + name, NewAddConnect(shell, a.draft, spec, a.review, a.can)},
		{"add-streams-" + name, NewAddStreams(shell, a.draft, spec, a.review, a.sample)},
		{"add-tables-" + name, NewAddTables(shell, a.draft, spec, a.review)},
		{"add-schedule-" + name, NewAddSchedule(shell, a.draft, spec, a.review)},
		{"add-review-" + name, NewAddReview(shell, a.draft, spec, a.review)},
	}
}

const redirectURI = "https://kafka.example.com/nk/oauth/callback"

// galleryOfAdd are the steps of Add source in every state.
func galleryOfAdd(shell, readOnly Shell) (all []piece) {
	add := func(name string, page Page) { all = append(all, piece{name, page}) }
	oauth, token := ConnectWays{OAuth: true, RedirectURI: redirectURI}, ConnectWays{RedirectURI: redirectURI}
	sealed := ConnectWays{RedirectURI: redirectURI, NoKey: "no secret can be sealed: secrets.key is not set, and the brokers are not the embedded ones"}
	add("add-start", NewAddStart(shell, oauth))
	add("add-start-no-key", NewAddStart(shell, sealed))
	add("add-start-read-only", NewAddStart(readOnly, token))

	one := addingOf(4)
	one.can = oauth
	all = append(all, one.steps(shell, "one")...)
	all = append(all, one.steps(readOnly, "read-only")...)
	all = append(all, adding{draft: control.Draft{ID: "fresh", Version: 1, Spec: json.RawMessage(`{}`)}, can: oauth}.steps(shell, "empty")...)
	all = append(all, wrongAdding().steps(shell, "errors")...)
	all = append(all, uglyAdding().steps(shell, "ugly")...)
	all = append(all, addingOf(500).steps(shell, "500")...)

	typed := addingOf(4)
	typed.review.Typed = true
	for i := range typed.review.Tables {
		typed.review.Tables[i].Typed = i > 0 && i != 2
	}
	for i, form := range []string{"json", "json", "json", "typed"} {
		typed.review.Tables[i].Published = form
	}
	typed.review.Tables[1].Problem = "this topic was begun without typed columns, and cannot get them: give the table another topic, where it begins again, or leave it without typed columns"
	add("add-tables-typed", NewAddTables(shell, typed.draft, typed.spec(), typed.review))
	add("add-review-typed", NewAddReview(shell, typed.draft, typed.spec(), typed.review))

	edit := addingOf(4)
	edit.draft.Source, edit.can = "acme", token
	edit.review.Effects = []string{
		"Customers starts again with a snapshot in notion.acme.clients. Its old topic, notion.acme.customers, stays as it is.",
		"Incidents is not read any more. Its topic notion.acme.incidents stays as it is.",
	}
	all = append(all, edit.steps(shell, "edit")...)
	edit.draft.Spec = json.RawMessage(`{"name":"acme","oauth":true}`)
	add("add-connect-edit-oauth", NewAddConnect(shell, edit.draft, edit.spec(), edit.review, oauth))

	add("add-connect-token-first", NewAddConnect(shell, control.Draft{ID: "fresh", Version: 1, Spec: json.RawMessage(`{}`)}, draft.Spec{}, control.Review{}, token))
	granted := addingOf(4)
	granted.draft.Spec, granted.draft.Granted = json.RawMessage(`{"name":"acme","oauth":true}`), &control.DraftGrant{Workspace: "Acme Inc.", Person: "Ada Lovelace", At: noon.Add(-time.Minute)}
	add("add-connect-granted", NewAddConnect(shell, granted.draft, granted.spec(), granted.review, oauth))
	nothing := addingOf(0)
	nothing.draft.Reached = 0
	nothing.draft.Found.Checks = append(nothing.draft.Found.Checks[:3:3], control.Check{Name: "shared", Result: control.CheckFailed, Text: "nothing is shared with the connection yet: open a database in Notion, choose •••, then Connections, then kafka, and look again"})
	add("add-connect-nothing-shared", NewAddConnect(shell, nothing.draft, nothing.spec(), nothing.review, token))
	failed := shell
	failed.Failed = "asking Notion: it did not answer within 10 s; try again in a moment"
	add("add-streams-failed", NewAddStreams(failed, one.draft, one.spec(), one.review, nil))
	hidden := shell
	hidden.NoContents = true
	add("add-streams-no-contents", NewAddStreams(hidden, one.draft, one.spec(), one.review, nil))
	for _, trigger := range []string{`{"daily_at":"06:00","timezone":"Europe/Berlin"}`, `{"weekly_on":"friday","at":"17:30"}`, `{"manual":true}`} {
		other := addingOf(4)
		other.draft.Spec = json.RawMessage(`{"name":"acme","sweep":"off","trigger":` + trigger + `}`)
		add("add-schedule-"+other.spec().Trigger.Kind(), NewAddSchedule(shell, other.draft, other.spec(), other.review))
	}
	drafts := []control.Draft{one.draft, wrongAdding().draft, uglyAdding().draft, edit.draft, {ID: "fresh", Updated: noon.Add(-3 * time.Hour), Spec: json.RawMessage(`{}`)}}
	add("sources-drafts", NewSources(shell, company(), lately, SourceFilter{}, drafts))
	add("sources-drafts-read-only", NewSources(readOnly, company(), lately, SourceFilter{}, drafts))
	add("sources-drafts-alone", NewSources(shell, nil, lately, SourceFilter{}, drafts[:1]))
	return all
}

// foundDatabases are databases of a company.
func foundDatabases(n int) (all []control.FoundDatabase) {
	titles, icons := []string{"Projects", "Customers", "Incidents", "Content calendar", "Old wiki"}, []string{"📋", "🧑‍💼", "", "🗓️", ""}
	for i := range n {
		title, stream := titles[i%5], fmt.Sprintf("database_248104cd477e80fdb757%012x", i)
		if i >= 5 {
			title = fmt.Sprintf("%s %d", title, i/5+1)
		}
		all = append(all, control.FoundDatabase{
			Stream: stream, Title: title, Icon: icons[i%5], LastEdited: noon.Add(-time.Duration(i*i+3) * time.Minute), Properties: make([]string, 12-i%12),
			Topic: "notion.acme." + strings.ReplaceAll(strings.ToLower(title), " ", "_"), Sync: "incremental", Enabled: i%5 < 4,
		})
	}
	return all
}

// addingOf is a source of so many databases that is fully described.
func addingOf(n int) adding {
	found := &control.Discovery{Workspace: "Acme Inc.", Connection: "kafka", At: noon.Add(-time.Minute), Databases: foundDatabases(n), Checks: []control.Check{
		{Name: "token", Result: control.CheckPassed, Text: "the token works"},
		{Name: "workspace", Result: control.CheckPassed, Text: "workspace Acme Inc., connection kafka"},
		{Name: "capabilities", Result: control.CheckNoted, Text: "the connection cannot see user information: names of people will be missing; allow it in the connection's settings if they are wanted"},
		{Name: "shared", Result: control.CheckPassed, Text: some(n, "database") + " shared"},
	}}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	review := control.Review{
		Tables: []control.ReviewedTable{{Stream: "databases", Enabled: true, Rule: 0, Topic: "notion.acme.databases", Sync: "full_table"}}, Requests: 8 + n, PerMinute: 180,
		Trigger: control.TriggerReview{Sentence: "at 06:00 from Monday to Friday (Europe/Berlin)", Zone: "Europe/Berlin"}, Sweep: control.TriggerReview{Sentence: "every 24 hours", Zone: "UTC"},
		YAML: "- name: acme\n  description: Product and CRM, owned by the data team\n  token: ${NOTION_TOKEN}\n  trigger: {cron: \"0 6 * * 1-5\", timezone: Europe/Berlin}\n  streams:\n    - match: databases\n",
	}
	for i := range 5 {
		review.Trigger.Next = append(review.Trigger.Next, time.Date(2026, 11, 30+i, 6, 0, 0, 0, berlin))
	}
	for i, db := range found.Databases {
		review.Tables = append(review.Tables, control.ReviewedTable{Stream: db.Stream, Title: db.Title, Icon: db.Icon, Enabled: db.Enabled, Rule: i + 1, Topic: db.Topic, Sync: db.Sync})
	}
	one := adding{review: review, draft: control.Draft{
		ID: "01KB8DRAFT", Version: 7, Updated: noon.Add(-20 * time.Minute), Found: found, Reached: 4,
		Spec: json.RawMessage(`{"name":"acme","token":"ntn_secret","description":"Product and CRM, owned by the data team","trigger":{"cron":"0 6 * * 1-5","timezone":"Europe/Berlin"},"exclude_properties":["Salary","Notes"],"streams":[{"match":"databases"},{"match":"database_*"}]}`),
	}}
	if n > 0 {
		one.sample = &control.Sample{Stream: found.Databases[0].Stream, Columns: []string{"Name", "Status", "Customer", "Due", "Tags"}, More: true}
		for i := range 5 {
			one.sample.Rows = append(one.sample.Rows, []string{fmt.Sprintf("Website relaunch %d", i), "In progress", "2 pages", "2026-12-01", "web, q4"})
		}
	}
	if n > 3 {
		one.review.Tables[2].Existing = &control.ExistingTopic{Partitions: 3, Cleanup: "compact"}
		one.review.Tables[3].Existing = &control.ExistingTopic{Partitions: 1, Cleanup: "delete"}
		one.review.Tables[4].Topic = "content"
	}
	return one
}

// wrongAdding is wrong in every way that a step tells at a field.
func wrongAdding() adding {
	one := addingOf(4)
	one.draft.ID, one.draft.Found.Checks[0] = "01KB8WRONG", control.Check{Name: "token", Result: control.CheckFailed, Text: "Notion refuses the token: it was revoked, or it is not complete"}
	one.draft.Spec = json.RawMessage(`{"name":"Bad Name","topic_prefix":"my topics.","deletes":"never","trigger":{"cron":"0 6 * *","timezone":"Mars/Olympus"},"sweep":{"every":"soon"},"streams":[]}`)
	one.review.Tables[1].Problem = "the topic notion.acme.projects is also that of Customers"
	one.review.Problems = []control.SpecProblem{
		{Path: "name", Message: `"Bad Name" is not a source's name`, Hint: "use 1 to 40 of a-z, 0-9 and -"},
		{Path: "token", Message: "is missing or empty", Hint: "give a token, or oauth: true"},
		{Path: "streams", Message: "is empty", Hint: "name the streams that are wanted"},
		{Path: "topic_prefix", Message: `"my topics." cannot begin a name that Kafka allows`, Hint: "use letters, digits and . _ - only"},
		{Path: "streams[2].topic", Message: `"notion acme" is not a name that Kafka allows`, Hint: "use letters, digits and . _ - only"},
		{Path: "streams[3].sync", Message: `"sometimes" is not a mode`},
		{Path: "deletes", Message: `"never" is not known`, Hint: "use tombstone, soft, both or none"},
		{Path: "trigger.cron", Message: `"0 6 * *" has 4 fields, a cron line has 5`, Hint: "write minute hour day-of-month month day-of-week"},
		{Path: "trigger.timezone", Message: `"Mars/Olympus" is not a known time zone`, Hint: "write a name such as Europe/Berlin or UTC"},
		{Path: "sweep.every", Message: `"soon" is not a duration`, Hint: "write it as 5m or 24h"},
		{Path: "streams[0].publish", Message: "of the list of databases only changes are published", Hint: "remove the line"},
	}
	one.review.Trigger, one.review.Sweep = control.TriggerReview{}, control.TriggerReview{}
	return one
}

// uglyAdding has texts of attackers wherever a text can be.
func uglyAdding() adding {
	one := addingOf(len(ugly))
	spec := draft.Spec{Name: ugly[1], Description: ugly[0], TopicPrefix: ugly[3], ExcludeProperties: &ugly, Trigger: &draft.Trigger{Cron: ugly[4], Timezone: ugly[8]}, Sweep: &draft.Trigger{Every: ugly[6]}}
	one.draft.ID, one.draft.Spec = "01KB8UGLY", spec.JSON()
	found := one.draft.Found
	found.Workspace, found.Connection = ugly[6], ugly[11]
	for i, text := range ugly {
		db, table := &found.Databases[i], &one.review.Tables[i+1]
		db.Title, db.Icon, table.Title, table.Icon, table.Topic, table.Enabled = text, text, text, text, text, true
		table.Problem, table.Existing = text, &control.ExistingTopic{Partitions: 1, Cleanup: text, Stream: text}
		one.review.Problems = append(one.review.Problems, control.SpecProblem{Path: text, Message: text, Hint: text})
		one.review.Effects = append(one.review.Effects, text)
		found.Checks = append(found.Checks, control.Check{Name: text, Result: control.CheckNoted, Text: text})
	}
	one.sample.Columns, one.sample.Rows = ugly, [][]string{ugly, ugly}
	one.review.YAML = strings.Join(ugly, "\n")
	one.review.Trigger = control.TriggerReview{Sentence: ugly[6], Zone: ugly[4], Next: []time.Time{noon}}
	one.can = ConnectWays{RedirectURI: ugly[1], NoKey: ugly[6]}
	return one
}
