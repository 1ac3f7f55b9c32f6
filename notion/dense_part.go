package notion

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"unicode"
)

// A propertyFilter is a condition on a property (Notion: filter-data-source-entries).
type propertyFilter struct {
	Property string           `json:"property"`
	UniqueID *numberCondition `json:"unique_id,omitempty"`
	Title    *textCondition   `json:"title,omitempty"`
}

type numberCondition struct {
	AtLeast    *int64 `json:"greater_than_or_equal_to,omitempty"`
	LessThan   *int64 `json:"less_than,omitempty"`
	IsEmpty    bool   `json:"is_empty,omitempty"`
	IsNotEmpty bool   `json:"is_not_empty,omitempty"`
}

type textCondition struct {
	Contains       string `json:"contains,omitempty"`
	DoesNotContain string `json:"does_not_contain,omitempty"`
	IsEmpty        bool   `json:"is_empty,omitempty"`
}

// A part is some of the rows of a dense minute.
type part interface {
	// of is the query for the part, made from the one for all rows.
	of(all Query) Query
	// halves are two parts that together have each row of this one that has a value,
	// each meant to be smaller. titles are those of some of its rows. There are none
	// where the part cannot be divided.
	halves(titles []string) []part
}

// withoutNumber are the rows without a unique id, by the id of that property.
type withoutNumber string

func (property withoutNumber) of(all Query) Query {
	all.conditions = []propertyFilter{{Property: string(property), UniqueID: &numberCondition{IsEmpty: true}}}
	return all
}

func (property withoutNumber) halves([]string) []part { return nil }

// A numbered part are the rows whose unique id is at least from and less than before.
type numbered struct {
	property        string
	from, before    int64 // noFirst and noLast set no bound
	lowest, highest int64 // a guess at the numbers that there are
}

const (
	noFirst, noLast = math.MinInt64, math.MaxInt64
	// mostExact bounds the whole numbers that a JSON number holds exactly.
	mostExact = 1 << 53
)

// of orders by the number, so that rows of one minute have an order.
func (n numbered) of(all Query) Query {
	all.by = &sortBy{Property: n.property, Direction: "ascending"}
	if n.from != noFirst {
		all.conditions = append(all.conditions, propertyFilter{Property: n.property, UniqueID: &numberCondition{AtLeast: &n.from}})
	}
	if n.before != noLast {
		all.conditions = append(all.conditions, propertyFilter{Property: n.property, UniqueID: &numberCondition{LessThan: &n.before}})
	}
	return all
}

// halves divides in the middle of the numbers that there are, or of all that there may
// be. A single number cannot be divided.
func (n numbered) halves([]string) []part {
	for _, within := range [][2]int64{{n.lowest, n.highest + 1}, {-mostExact, mostExact}} {
		low, high := max(n.from, within[0]), min(n.before, within[1])
		if middle := low + (high-low)/2; low < high && n.from < middle && middle < n.before {
			lower, upper := n, n
			lower.before, upper.from = middle, middle
			return []part{upper, lower}
		}
	}
	return nil
}

// uniqueNumber is the number of a page's unique id.
func uniqueNumber(page *Page, property string) (int64, bool) {
	for p := range PropertiesOf(page.Properties) {
		if !SameProperty(p.ID, property) {
			continue
		}
		var value struct {
			UniqueID struct{ Number *int64 } `json:"unique_id"`
		}
		if json.Unmarshal(p.JSON, &value) == nil && value.UniqueID.Number != nil {
			number := *value.UniqueID.Number
			return number, -mostExact < number && number < mostExact
		}
	}
	return 0, false
}

// titleID is the id of the title property in every data source
// (Notion: property-object).
const titleID = "title"

// withoutTitle are the rows with an empty title.
type withoutTitle struct{}

func (withoutTitle) of(all Query) Query {
	all.conditions = []propertyFilter{{Property: titleID, Title: &textCondition{IsEmpty: true}}}
	return all
}

func (withoutTitle) halves([]string) []part { return nil }

// A titled part are the rows whose titles meet all conditions.
type titled []propertyFilter

func (t titled) of(all Query) Query {
	all.conditions = t
	return all
}

// mostDivided is how often a part may have been divided by title.
const mostDivided = 16

// halves divides into the titles that contain a text and those that do not.
func (t titled) halves(titles []string) []part {
	text := dividing(titles)
	if text == "" || len(t) == mostDivided {
		return nil
	}
	with := propertyFilter{Property: titleID, Title: &textCondition{Contains: text}}
	without := propertyFilter{Property: titleID, Title: &textCondition{DoesNotContain: text}}
	return []part{append(slices.Clone(t), with), append(slices.Clone(t), without)}
}

const (
	// longestDividing is the most characters of a dividing text.
	longestDividing = 3
	// mostTitles is how many titles are looked at to divide a part.
	mostTitles = 1000
	// longestTitle is how many characters of a title are looked at.
	longestTitle = 100
)

// appendTitles appends the titles of pages, up to mostTitles.
func appendTitles(titles []string, pages []Page) []string {
	for i := range pages {
		if pages[i].Title != nil && len(titles) < mostTitles {
			titles = append(titles, *pages[i].Title)
		}
	}
	return titles
}

// dividing is a short text of letters and digits that about half of the titles contain.
// Whether Notion's filter regards case is not documented, so the text is as some titles
// have it, and other titles lack it in every case; "" where there is none.
func dividing(titles []string) (best string) {
	exact, folded := map[string]int{}, map[string]int{} // how many titles contain a text
	for _, title := range titles {
		for text := range textsOf(title) {
			exact[text]++
		}
		for text := range textsOf(strings.ToLower(title)) {
			folded[text]++
		}
	}
	most := 0
	for text, with := range exact {
		score := min(with, len(titles)-folded[strings.ToLower(text)])
		if score > most || score == most && score > 0 && text < best {
			best, most = text, score
		}
	}
	return best
}

// textsOf are the texts of up to longestDividing letters and digits in a title.
func textsOf(title string) map[string]bool {
	texts := map[string]bool{}
	runes := []rune(title)
	runes = runes[:min(len(runes), longestTitle)]
	for from := range runes {
		for to := from; to < min(from+longestDividing, len(runes)); to++ {
			if !unicode.IsLetter(runes[to]) && !unicode.IsDigit(runes[to]) {
				break
			}
			texts[string(runes[from:to+1])] = true
		}
	}
	return texts
}
