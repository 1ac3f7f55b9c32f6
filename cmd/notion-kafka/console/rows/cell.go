package rows

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"notion-kafka/notion"
)

// A Cell is a value of a property as a table shows it.
type Cell struct {
	Text   string // on one line, of at most 120 characters; "": empty
	Colour string // one of [Colours], of an option that has one; ""
	Link   string // an http or https address; ""
	// Pages are the first ids of a relation, More how many there are beside them.
	Pages []string
	More  int
}

// Colours are Notion's colours of options (Notion: property-object).
var Colours = []string{"default", "gray", "brown", "orange", "yellow", "green", "blue", "purple", "pink", "red"}

// mostPages is how many ids of a relation a cell has.
const mostPages = 5

// Cell returns the value of a field for a table.
func (f Field) Cell() Cell {
	cell := Cell{Text: notion.PropertyText(f.Value)}
	if cell.Text == "" {
		return cell
	}
	switch f.Kind {
	case "select", "status":
		cell.Colour = colour(as[map[string]option](f.Value)[f.Kind].Color)
	case "url":
		cell.Link = webLink(as[struct{ URL string }](f.Value).URL)
	case "relation":
		cell.Pages = idsOf(f.Value)
		if len(cell.Pages) > mostPages {
			cell.More = len(cell.Pages) - mostPages
			cell.Pages = cell.Pages[:mostPages]
		}
	}
	return cell
}

// An option is a choice of a select, a status or a multi_select.
type option struct{ Name, Color string }

// UnmarshalJSON takes whatever is there: other members of a property are no options.
func (o *option) UnmarshalJSON(text []byte) error {
	var given struct{ Name, Color json.RawMessage }
	if json.Unmarshal(text, &given) == nil {
		o.Name, o.Color = as[string](given.Name), as[string](given.Color)
	}
	return nil
}

// colour is a colour that is one of Notion's; "" for another: it becomes a class.
func colour(name string) string {
	if !slices.Contains(Colours, name) {
		return ""
	}
	return name
}

// idsOf returns the ids of a relation.
func idsOf(value json.RawMessage) (ids []string) {
	for _, page := range as[struct{ Relation []struct{ ID string } }](value).Relation {
		ids = append(ids, cut(page.ID, 60))
	}
	return ids
}

// webLink is an address of the web; "" for others, which a browser may run or open.
func webLink(address string) string {
	address = strings.TrimSpace(address)
	parsed, err := url.Parse(address)
	if err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Host == "" || len(address) > 2000 {
		return ""
	}
	return parsed.String()
}
