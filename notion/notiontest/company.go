package notiontest

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// A Company is a small firm that works in a workspace: customers, projects and
// a content calendar, and people who keep editing them.
type Company struct {
	Customers, Projects, Calendar *Database

	w     *Workspace
	rng   *rand.Rand
	trash []string // trashed pages that may be restored
}

// SeedCompany fills a workspace with a company's databases, some 120 pages, as if
// they had been created over the last months. The workspace's seed determines the
// pages, and what Step does.
func SeedCompany(w *Workspace) *Company {
	c := &Company{w: w, rng: rand.New(rand.NewPCG(w.opts.Seed, 0x636f6d70616e79))}
	for _, name := range []string{"Dana Whitfield", "Emeka Obi", "Freja Lund", "Goran Petrović"} {
		w.AddUser(name)
	}
	c.Customers = w.AddDatabase("Customers",
		Prop{Name: "Name", Kind: KindTitle},
		Prop{Name: "Stage", Kind: KindSelect, Options: stages()},
		Prop{Name: "Contact", Kind: KindEmail},
		Prop{Name: "Phone", Kind: KindPhoneNumber},
		Prop{Name: "Website", Kind: KindURL},
		Prop{Name: "Yearly value", Kind: KindNumber},
		Prop{Name: "Account owner", Kind: KindPeople},
		Prop{Name: "Contract", Kind: KindFiles},
		Prop{Name: "Since", Kind: KindDate},
	)
	c.Projects = w.AddDatabase("Projects 🚀",
		Prop{Name: "Project", Kind: KindTitle},
		Prop{Name: "Status", Kind: KindStatus, Options: statuses()},
		Prop{Name: "Customer", Kind: KindRelation, Target: c.Customers},
		Prop{Name: "Lead", Kind: KindPeople},
		Prop{Name: "Due", Kind: KindDate},
		Prop{Name: "Tags", Kind: KindMultiSelect, Options: tags()},
		Prop{Name: "Estimate (days)", Kind: KindNumber},
		Prop{Name: "Estimate doubled", Kind: KindFormula},
		Prop{Name: "Billable", Kind: KindCheckbox},
		Prop{Name: "Notes", Kind: KindRichText},
		Prop{Name: "Project ID", Kind: KindUniqueID, Prefix: "PRJ"},
		Prop{Name: "Last touched by", Kind: KindLastEditedBy},
	)
	c.Calendar = w.AddDatabase("Content calendar",
		Prop{Name: "Headline", Kind: KindTitle},
		Prop{Name: "Channel", Kind: KindSelect, Options: channels()},
		Prop{Name: "Publish at", Kind: KindDate},
		Prop{Name: "Author", Kind: KindPeople},
		Prop{Name: "Approved", Kind: KindCheckbox},
		Prop{Name: "Teaser", Kind: KindRichText},
		Prop{Name: "Created", Kind: KindCreatedTime},
	)
	c.Customers.begin("🤝")
	c.Projects.begin("📋")
	c.Calendar.begin("📅")
	c.fill(c.Customers, 32, c.customer)
	c.fill(c.Projects, 47, c.project)
	c.fill(c.Calendar, 40, c.article)
	return c
}

// begin gives a new database and its data source an emoji as their icon.
func (db *Database) begin(emoji string) {
	db.w.mu.Lock()
	defer db.w.mu.Unlock()
	db.icon = []byte(`{"type":"emoji","emoji":"` + emoji + `"}`)
	db.sources[0].icon = db.icon
}

// fill adds pages that were created in the past, one or two a day.
func (c *Company) fill(db *Database, n int, draw func() (string, Values)) {
	start := c.w.opts.Now().Add(-time.Duration(n) * 17 * time.Hour)
	ids := db.DataSource().AddPages(n, start, 17*time.Hour, func(int) Values { return nil })
	for _, id := range ids {
		title, values := draw()
		values[db.DataSource().title().name] = title
		c.w.EditSilently(id, values)
	}
}

func stages() []string { return []string{"Lead", "Trial", "Customer", "Churned"} }

func statuses() []string { return []string{"Not started", "In progress", "Blocked", "Done"} }

func tags() []string {
	return []string{"design", "backend", "mobile", "research", "urgent", "internal"}
}

func channels() []string { return []string{"Blog", "Newsletter", "LinkedIn", "Podcast"} }

// one draws a random element.
func one[T any](c *Company, from []T) T { return from[c.rng.IntN(len(from))] }

func (c *Company) customer() (string, Values) {
	name := one(c, []string{"Aurora", "Baltic", "Cobalt", "Delta", "Ember", "Fjord", "Granite", "Harbor", "Iris", "Juniper"}) + " " +
		one(c, []string{"Foods", "Logistics", "Robotics", "Textiles", "Energy", "Health", "Studios", "Bikes"})
	host := fmt.Sprintf("client%d.example", c.rng.IntN(900)+100)
	values := Values{
		"Stage":         one(c, stages()),
		"Contact":       "office@" + host,
		"Phone":         fmt.Sprintf("+49 30 555 %04d", c.rng.IntN(10_000)),
		"Website":       "https://" + host,
		"Yearly value":  500 * (c.rng.IntN(80) + 1),
		"Account owner": []string{one(c, c.w.People())},
		"Since":         c.day(-500, 0),
	}
	if c.rng.IntN(3) == 0 {
		values["Contract"] = []File{{Name: "Contract " + name + ".pdf"}}
	}
	return name, values
}

func (c *Company) project() (string, Values) {
	name := one(c, []string{"Relaunch", "Migrate", "Redesign", "Automate", "Measure", "Document", "Speed up"}) + " " +
		one(c, []string{"the web shop", "the booking app", "billing", "the data warehouse", "onboarding", "search", "the café kiosk ☕"})
	days := c.rng.IntN(30) + 1
	return name, Values{
		"Status":           one(c, statuses()),
		"Customer":         []string{one(c, c.Customers.Pages(Live))},
		"Lead":             []string{one(c, c.w.People())},
		"Due":              c.day(-20, 90),
		"Tags":             []string{one(c, tags()[:3]), one(c, tags()[3:])},
		"Estimate (days)":  days,
		"Estimate doubled": 2 * days,
		"Billable":         c.rng.IntN(2) == 0,
		"Notes":            c.sentence(),
	}
}

func (c *Company) article() (string, Values) {
	name := one(c, []string{"How we", "Why we", "What happens when you", "Ten times we"}) + " " +
		one(c, []string{"ship on Fridays", "answer support mail", "write less code", "meet customers", "plan a quarter", "test in the open"})
	at := c.w.opts.Now().Add(time.Duration(c.rng.IntN(60*24)) * time.Hour).Truncate(time.Hour)
	return name, Values{
		"Channel":    one(c, channels()),
		"Publish at": Date{Start: at.UTC().Format("2006-01-02T15:04:05.000+00:00")},
		"Author":     []string{one(c, c.w.People())},
		"Approved":   c.rng.IntN(3) == 0,
		"Teaser":     c.sentence(),
	}
}

// day draws a random date, in days from today.
func (c *Company) day(from, to int) string {
	return c.w.opts.Now().AddDate(0, 0, from+c.rng.IntN(to-from)).UTC().Format(time.DateOnly)
}

func (c *Company) sentence() string {
	return one(c, []string{"Waiting for feedback", "Went well so far", "Needs a second look", "Talked it through today", "Budget agreed"}) + " " +
		one(c, []string{"– more on Monday.", "with “finance”.", "👍", "(see the minutes).", "& then some."})
}
