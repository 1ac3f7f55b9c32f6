package canned

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"notion-kafka/notion/notiontest"
)

// A Shape is what the pages of a database look like.
type Shape struct {
	Properties int // 1 or more
	Text       int // about so many bytes of JSON more in the property Notes, the second one
}

// Realistic is a database as people have them: 15 properties of as many kinds, of which
// a page takes about 3.6 KB of JSON.
var Realistic = Shape{Properties: 15}

// size is about the bytes of a page.
func (s Shape) size() int { return 500 + 250*s.Properties + s.Text }

// firstProps are the first properties of every database.
var firstProps = []notiontest.Prop{
	{Name: "Task", Kind: notiontest.KindTitle},
	{Name: "Notes", Kind: notiontest.KindRichText},
	{Name: "Estimate (days)", Kind: notiontest.KindNumber},
	{Name: "Kind", Kind: notiontest.KindSelect},
	{Name: "State", Kind: notiontest.KindStatus},
	{Name: "Tags", Kind: notiontest.KindMultiSelect},
	{Name: "Due", Kind: notiontest.KindDate},
	{Name: "Owner", Kind: notiontest.KindPeople},
	{Name: "Photos", Kind: notiontest.KindFiles},
	{Name: "Done", Kind: notiontest.KindCheckbox},
	{Name: "Link", Kind: notiontest.KindURL},
	{Name: "Depends on", Kind: notiontest.KindRelation},
	{Name: "Cost", Kind: notiontest.KindFormula},
	{Name: "Number", Kind: notiontest.KindUniqueID, Prefix: "TASK"},
	{Name: "Changed", Kind: notiontest.KindLastEditedTime},
}

// Of these of the first properties a database can have more: it has one title, one unique
// id, and one time of its last edit.
const repeatedFrom, repeatedTo = 1, 13

// props are the properties of the shape: the first ones, then more like them.
func (s Shape) props() []notiontest.Prop {
	props := slices.Clone(firstProps[:min(s.Properties, len(firstProps))])
	for i := len(props); i < s.Properties; i++ {
		more := firstProps[repeatedFrom+i%(repeatedTo-repeatedFrom)]
		more.Name = fmt.Sprintf("%s %d", more.Name, i)
		props = append(props, more)
	}
	return props
}

// AddTo adds a database with so many pages, created in one minute each until yesterday.
// No two pages are alike.
func (s Shape) AddTo(w *notiontest.Workspace, title string, pages int) *notiontest.Database {
	props := s.props()
	db := w.AddDatabase(title, props...)
	a := author{
		rng:    rand.New(rand.NewPCG(1, 1)),
		people: []string{w.AddUser("Dana Whitfield"), w.AddUser("Emeka Obi"), w.AddUser("Freja Lund")},
	}
	begin := time.Now().Add(-24*time.Hour - time.Duration(pages)*time.Minute)
	a.pages = db.DataSource().AddPages(pages, begin, time.Minute, func(int) notiontest.Values { return nil })
	for i, id := range a.pages {
		values := notiontest.Values{}
		for _, p := range props {
			if value := a.value(i, p.Kind); value != nil {
				values[p.Name] = value
			}
		}
		if s.Text > 0 {
			values["Notes"] = a.longText(s.Text)
		}
		w.EditSilently(id, values)
	}
	return db
}

// An author fills in pages.
type author struct {
	rng    *rand.Rand
	people []string
	pages  []string
}

// value is the value of a property of a page; nil if nobody fills it in.
func (a author) value(page int, kind notiontest.Kind) any {
	switch kind {
	case notiontest.KindTitle:
		return a.words(5)
	case notiontest.KindRichText:
		return a.words(20) + ` "` + a.words(3) + "\"\n" + a.words(10)
	case notiontest.KindNumber:
		return float64(a.rng.IntN(100)) / 4
	case notiontest.KindSelect, notiontest.KindStatus:
		return a.words(1)
	case notiontest.KindMultiSelect:
		return []string{a.words(1), a.words(1)}
	case notiontest.KindDate:
		return time.Now().Add(time.Duration(a.rng.IntN(1000)) * time.Hour).UTC()
	case notiontest.KindPeople:
		return []string{a.people[page%len(a.people)]}
	case notiontest.KindFiles:
		return []notiontest.File{{Name: a.words(1) + ".jpg"}}
	case notiontest.KindCheckbox:
		return page%2 == 0
	case notiontest.KindURL:
		return "https://example.com/" + strconv.Itoa(a.rng.Int())
	case notiontest.KindRelation:
		return []string{a.pages[a.rng.IntN(len(a.pages))], a.pages[a.rng.IntN(len(a.pages))]}
	case notiontest.KindFormula:
		return a.rng.Float64()
	}
	return nil
}

// words are n words.
func (a author) words(n int) string {
	words := make([]string, n)
	for i := range words {
		words[i] = vocabulary[a.rng.IntN(len(vocabulary))]
	}
	return strings.Join(words, " ")
}

var vocabulary = strings.Fields(`roof barn wood nail hammer rain leak beam paint door window hinge fence gate field oak ash
	birch ladder saw plank tile gutter chimney brick mortar stone gravel path yard shed stable cart wheel axle rope
	crane lift carry measure cut plane sand glue clamp drill screw bolt nut washer copper lead zinc tar felt straw`)

// longText is a text as Notion shows a long one: in pieces of at most 2,000 characters
// (Notion: request-limits), each of which it sends twice.
func (a author) longText(size int) json.RawMessage {
	const longest, most = 350, 2000 // words, characters
	var pieces []string
	for left := size; left > 0; {
		text := a.words(longest)
		text = text[:min(len(text), most, max(left/2, 1))]
		pieces = append(pieces, `{"type":"text","text":{"content":"`+text+`","link":null},"annotations":{"bold":false,"italic":false,"strikethrough":false,`+
			`"underline":false,"code":false,"color":"default"},"plain_text":"`+text+`","href":null}`)
		left -= len(pieces[len(pieces)-1])
	}
	return json.RawMessage("[" + strings.Join(pieces, ",") + "]")
}
