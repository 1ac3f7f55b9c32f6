package pages

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"notion-kafka/producer/control"
)

// company is a group's sources, one of each status.
func company() []control.Source {
	last := func(name string) *control.Run { run := lately(name)[0]; return &run }
	define := func(text string) json.RawMessage { return json.RawMessage(text) }
	return []control.Source{
		{
			Name: "acme", Status: control.SourceNeedsAttention, Reason: "2,114 of 4,211 pages of Customers were not found, and their deletes are held back", Origin: control.FromFile,
			Definition: define(`{"name":"acme","description":"Product and CRM, owned by the data team","trigger":{"every":"5m"}}`), Workspace: "Acme Inc.", Schedule: "every 5 min", Owner: "host-a-1",
			LastRun: last("acme"), NextRun: noon.Add(3 * time.Minute), Totals: control.Totals{Streams: 12, Rows: 12431, Held: 2114, Stuck: 1}, Days: days(),
		},
		{Name: "crm", Status: control.SourceNeedsReconnect, Reason: "Notion refuses the token since 09:14: connect the source again", Origin: control.FromConsole, Workspace: "Acme Inc.", Definition: define(`{"name":"crm","oauth":true,"description":"Sales"}`), LastRun: last("crm")},
		{
			Name: "hotel", Status: control.SourceReady, Origin: control.FromConsole, Workspace: "Hotel 🏨", Definition: define(`{"name":"hotel","oauth":true}`), LastRun: last("hotel"), NextRun: noon.Add(26 * time.Hour), Totals: control.Totals{Streams: 3, Rows: 88},
			Connection: &control.Connection{Workspace: "Hotel 🏨", Person: "Ada Lovelace", GrantedAt: noon.Add(-99 * time.Hour)}, Schedule: "daily at 06:00 Europe/Berlin",
		},
		{Name: "hr", Status: control.SourcePaused, Origin: control.FromFile, Workspace: "People", LastRun: last("hr"), Definition: define(`{"name":"hr","description":"Handbook"}`)},
		{Name: "late", Status: control.SourceLate, Reason: "no run has succeeded since 09:14 UTC, and its trigger was due three times", Origin: control.FromFile, LastRun: last("late"), Workspace: "Late Ltd."},
		{Name: "ops", Status: control.SourceFailing, Reason: "Incidents: Notion answered 502 five times in a row; the run gave up", Origin: control.FromFile, LastRun: last("ops"), Workspace: "Acme Inc.", NextRun: noon.Add(40 * time.Second)},
		{Name: "run", Status: control.SourceRunning, Origin: control.FromConsole, LastRun: last("run"), Workspace: "Running Club"},
		{Name: "soon", Status: control.SourceWaiting, Origin: control.FromConsole, NextRun: noon.Add(5 * time.Second)},
		{Name: "soon", Status: control.SourceWaiting, Origin: control.FromConsole, Shadowed: true},
	}
}

func hundred() (sources []control.Source) {
	for i := range 100 {
		one := company()[i%6]
		one.Name = fmt.Sprintf("%s-%d", one.Name, i)
		sources = append(sources, one)
	}
	return sources
}

func uglySources() (sources []control.Source) {
	for i, text := range ugly {
		definition, err := json.Marshal(map[string]string{"name": text, "description": text})
		if err != nil {
			panic(err)
		}
		name := fmt.Sprintf("ugly-%d", i)
		if i == 1 {
			name = "new"
		}
		sources = append(sources, control.Source{Name: name, Status: control.SourceFailing, Reason: text, Workspace: text, Owner: text, Definition: definition, Origin: control.FromConsole})
	}
	return sources
}

func days() (all []control.Day) {
	for i, n := range []int{12000, 0, 40, 214, 3, 99, 120, 0, 0, 310, 180, 44, 20, 214} {
		day := control.Day{Day: noon.AddDate(0, 0, i-13).Format(time.DateOnly), Created: n / 4, Updated: n / 2, Deleted: n / 8, Failed: i % 5 / 4}
		if i == 0 {
			day = control.Day{Day: day.Day, Snapshot: n}
		}
		all = append(all, day)
	}
	return all
}

func spentLately() control.Spending {
	spent := control.Spending{Limit: 180}
	for i := range 60 {
		minute := control.Minute{At: noon.Add(time.Duration(i-59) * time.Minute), Requests: (i * 37) % 90}
		if i > 50 {
			minute.Requests = 180
		}
		if i == 55 {
			minute.Refused, minute.Waited = 2, 31.5
		}
		spent.Minutes = append(spent.Minutes, minute)
	}
	return spent
}

const (
	projects  = "database_248104cd477e80fdb757e945d38000bd"
	customers = "database_11a104cd477e80fdb757e945d38000aa"
)

func streamsOfAcme() []control.Stream {
	return []control.Stream{
		{Stream: "databases", Topic: "notion.acme.databases", Sync: "incremental", Enabled: true, Health: control.SourceReady, Status: control.Succeeded, Rows: 15, LastRun: noon.Add(-2 * time.Minute), Scanned: true},
		{
			Stream: projects, Title: "Projects", Icon: "📋", URL: "https://www.notion.so/248104cd477e80fdb757e945d38000bd", Topic: "notion.acme.projects", Sync: "incremental", Enabled: true, Health: control.SourceReady, Status: control.Succeeded,
			Rows: 4211, Cursor: noon.Add(-4 * time.Minute), LastChange: noon.Add(-3 * time.Minute), LastRun: noon.Add(-2 * time.Minute), LastScan: noon.Add(-9 * time.Hour), NextRun: noon.Add(3 * time.Minute), Overdue: noon.Add(13 * time.Minute), Scanned: true,
		},
		{
			Stream: customers, Title: "Customers", Icon: "🧑‍💼", Topic: "notion.acme.customers", Sync: "full_table", Enabled: true, Health: control.SourceNeedsAttention, Status: control.NeedsAttention,
			Rows: 4211, Held: 2114, Stuck: 1, LastRun: noon.Add(-2 * time.Minute), Cursor: noon.Add(-4 * time.Minute), Left: []string{"notion.acme.clients"},
		},
		{Stream: "database_33a104cd477e80fdb757e945d38000cc", Title: "Incidents", Topic: "notion.acme.incidents", Sync: "incremental", Enabled: true, Health: control.SourceFailing, Status: control.Failed, Error: "reading database Incidents: Notion answered 502 five times in a row; the next run goes on here", Rows: 120},
		{Stream: "database_44a104cd477e80fdb757e945d38000dd", Title: "Content calendar", Topic: "notion.acme.content_calendar", Sync: "incremental", Enabled: true, Health: control.SourceRunning, Status: control.Running, Scanning: "3,400 of about 9,000 rows", Rows: 3400},
		{Stream: "database_55a104cd477e80fdb757e945d38000ee", Title: "Old wiki"},
	}
}

func manyStreams(n int) (streams []control.Stream) {
	for i := range n {
		one := streamsOfAcme()[i%5]
		one.Stream, one.Title = fmt.Sprintf("database_%032x", i), fmt.Sprintf("%s %d", one.Title, i)
		one.Topic = fmt.Sprintf("notion.acme.table_%d", i)
		streams = append(streams, one)
	}
	return streams
}

func uglyStreams() (streams []control.Stream) {
	for i, text := range ugly {
		streams = append(streams, control.Stream{
			Stream: fmt.Sprintf("database_%032x", i), Title: text, Icon: text, URL: text, Topic: "notion.ugly.t" + fmt.Sprint(i), Enabled: true, Health: control.SourceFailing, Error: text, Scanning: text, Left: []string{text},
		})
	}
	return streams
}

// lately is the history of a source of the company, which fits its status.
func lately(source string) []control.Run {
	if source == "soon" {
		return nil
	}
	newest := map[string]int{"acme": 3, "crm": 2, "hotel": 6, "hr": 4, "late": 5, "ops": 2, "run": 0}
	return historyOf(source)[newest[source]:]
}

// historyOf is a history with a run of each kind, the newest first.
func historyOf(source string) (runs []control.Run) {
	stream := func(status control.Status, n int) []control.StreamRun {
		return []control.StreamRun{
			{Stream: projects, Title: "Projects", Topic: "notion.acme.projects", Sync: "incremental", Kind: control.Incremental, Status: control.Succeeded, Read: n, Published: n, Created: n / 3, Updated: n - n/3, Unchanged: 2},
			{Stream: customers, Title: "Customers", Topic: "notion.acme.customers", Sync: "incremental", Kind: control.FullScan, Status: status, Read: 3400, Expected: 9000, Published: 3398 * min(n, 1), Snapshot: 3398 * min(n, 1), Unchanged: 2},
		}
	}
	at := noon.Add(-42 * time.Second)
	add := func(status control.Status, took time.Duration, change func(*control.Run)) {
		run := control.Run{ID: fmt.Sprintf("01KB8%s%02d", strings.ToUpper(source), len(runs)), Source: source, Trigger: control.BySchedule, Status: status, StartedAt: at, Requests: 38, ThrottledSeconds: 1.25, Streams: stream(status, 3)}
		if status.Ended() {
			run.FinishedAt = at.Add(took)
		}
		change(&run)
		runs = append(runs, run)
		at = at.Add(-5 * time.Minute)
	}
	add(control.Running, 0, func(r *control.Run) { r.Trigger = control.ByHand })
	add(control.Queued, 0, func(r *control.Run) { r.Streams = nil })
	add(control.Failed, 12*time.Second, func(r *control.Run) {
		r.Streams[1].Error = "reading database Customers: Notion answered 502 five times in a row; the next run goes on here"
	})
	add(control.NeedsAttention, 3*time.Second, func(r *control.Run) {
		r.Streams[1].Held, r.Streams[1].Stuck, r.Streams[1].Partial = 2114, 1, 7
		r.Streams[1].Error = "2,114 of 4,211 pages were not found: their deletes are held back until a person decides"
	})
	add(control.Cancelled, 70*time.Second, func(r *control.Run) { r.Error = "a person cancelled it"; r.StreamsLeftOut = 12 })
	add(control.Succeeded, 1300*time.Millisecond, func(r *control.Run) {
		r.Streams[0].Columns = []string{
			`property "Estimate" is a text now: column estimate_rich_text begins, estimate stays and is null`,
			`property "Sprint" was removed: column sprint stays and is null`,
		}
	})
	add(control.Succeeded, 400*time.Millisecond, func(r *control.Run) {
		r.Streams, r.Folded, r.FoldedSince = r.Streams[:1], 288, at.Add(-24*time.Hour)
		r.Streams[0].Published, r.Streams[0].Created, r.Streams[0].Updated = 0, 0, 0
	})
	for i := range 20 {
		add(control.Succeeded, time.Duration(i*i*i)*time.Second, func(*control.Run) {})
	}
	return runs
}

func logOf(run control.Run) *control.Log {
	if !run.Status.Ended() {
		return nil
	}
	log := &control.Log{Run: run.ID, Cut: run.Status == control.Cancelled}
	for i, level := range []string{"INFO", "DEBUG", "WARN", "ERROR", "INFO"} {
		log.Lines = append(log.Lines, fmt.Sprintf(`{"time":"2026-11-29T11:59:%02d.1234Z","level":%q,"msg":"stream done","run":%q,"stream":"databases","read":%d,"error":"Notion answered 502"}`, i, level, run.ID, i*100))
	}
	return log
}

func uglyRun() control.Run {
	run := control.Run{ID: "ugly", Source: "new", Status: control.Failed, Trigger: control.AtStartup, StartedAt: noon.Add(-time.Minute), FinishedAt: noon, Error: ugly[0]}
	for i, text := range ugly {
		run.Streams = append(run.Streams, control.StreamRun{Stream: fmt.Sprintf("database_%032x", i), Title: text, Topic: text, Kind: control.Sweep, Status: control.Failed, Error: text, Columns: []string{text}})
	}
	return run
}

func heldPages() control.HeldDeletes {
	held := control.HeldDeletes{Source: "acme", Stream: customers, Title: "Customers", Topic: "notion.acme.customers", Rows: 4211, Held: 2114}
	for i := range 40 {
		id := fmt.Sprintf("11a104cd-477e-80fd-b757-%012x", i)
		held.Pages = append(held.Pages, control.HeldPage{Page: id, URL: "https://www.notion.so/" + strings.ReplaceAll(id, "-", ""), Edited: noon.Add(-time.Duration(i) * time.Hour), Missed: noon.Add(-9 * time.Hour)})
	}
	return held
}
