package notiontest

import "fmt"

// Step makes one everyday change to the workspace and describes it in one line.
func (c *Company) Step() string {
	switch n := c.rng.IntN(100); {
	case n < 22:
		return c.editProject("Status", one(c, statuses()))
	case n < 34:
		return c.editProject("Due", c.day(0, 90))
	case n < 44:
		return c.editProject("Notes", c.sentence())
	case n < 58:
		value := 500 * (c.rng.IntN(80) + 1)
		return c.edit(c.Customers, "Yearly value", value)
	case n < 66:
		return c.edit(c.Customers, "Stage", one(c, stages()))
	case n < 76:
		return c.edit(c.Calendar, "Approved", c.rng.IntN(2) == 0)
	case n < 80:
		return c.writeBody()
	case n < 93:
		return c.add()
	case n < 97 || len(c.trash) == 0:
		return c.throwAway()
	default:
		return c.takeBack()
	}
}

func (c *Company) editProject(property string, value any) string {
	return c.edit(c.Projects, property, value)
}

func (c *Company) edit(db *Database, property string, value any) string {
	page := one(c, db.Pages(Live))
	c.w.Edit(page, Values{property: value})
	return fmt.Sprintf("%s: %q now has %s = %v", db.Title(), c.w.TitleOf(page), property, value)
}

func (c *Company) writeBody() string {
	page := one(c, c.Calendar.Pages(Live))
	c.w.EditBody(page)
	return fmt.Sprintf("%s: somebody wrote in %q", c.Calendar.Title(), c.w.TitleOf(page))
}

func (c *Company) add() string {
	db, draw := c.Projects, c.project
	switch c.rng.IntN(3) {
	case 0:
		db, draw = c.Customers, c.customer
	case 1:
		db, draw = c.Calendar, c.article
	}
	title, values := draw()
	db.AddPage(title, values)
	return fmt.Sprintf("%s: new page %q", db.Title(), title)
}

// throwAway trashes a page of a database that has enough pages.
func (c *Company) throwAway() string {
	db := one(c, []*Database{c.Projects, c.Calendar})
	pages := db.Pages(Live)
	if len(pages) < 10 {
		return c.add()
	}
	page := one(c, pages)
	c.w.Trash(page)
	c.trash = append(c.trash, page)
	return fmt.Sprintf("%s: %q went to the trash", db.Title(), c.w.TitleOf(page))
}

// Blunder moves nearly all articles to the trash, as a person does by mistake, and
// describes it in one line.
func (c *Company) Blunder() string {
	const left = 5
	pages := c.Calendar.Pages(Live)
	gone := pages[:max(len(pages)-left, 0)]
	for _, page := range gone {
		c.w.Trash(page)
	}
	return fmt.Sprintf("%s: somebody selected %d pages and pressed Delete", c.Calendar.Title(), len(gone))
}

func (c *Company) takeBack() string {
	page := c.trash[len(c.trash)-1]
	c.trash = c.trash[:len(c.trash)-1]
	c.w.Restore(page)
	return fmt.Sprintf("%q was restored from the trash", c.w.TitleOf(page))
}
