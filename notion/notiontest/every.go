package notiontest

import (
	"encoding/json"
	"strings"
)

// KindNew is a kind that nobody knows yet.
const KindNew Kind = "holographic"

// AddEveryKind adds a database with a property of every kind, KindNew included, and with a
// formula or rollup for every type of result. One page has a value in all of them, and one
// has none but a title and what Notion sets. The names of the properties are those of the
// kinds, with a type of result behind. The relation leads to the database related, and full
// has these pages in it.
func (w *Workspace) AddEveryKind(title string, related *Database, pages ...string) (db *Database, full, empty string) {
	db = w.AddDatabase(title, everyKind(related)...)
	people := w.People()
	values := Values{
		"rich_text": "Some text", "number": 12.5, "select": "One", "status": "Open", "multi_select": []string{"a", "b"},
		"date":   Date{Start: "2026-09-15T10:00:00.000+02:00", End: "2026-09-16T12:30:00.000+02:00"},
		"people": []string{people[0], w.AddUser(""), w.AddGroup("Everybody")}, "files": []File{{Name: "plan.pdf"}, {Name: "link", URL: "https://company.example/a"}},
		"checkbox": true, "url": "https://company.example", "email": "a@company.example", "phone_number": "+49 30 1",
		"relation": pages,
		"formula":  3, "formula text": "three", "formula truth": true, "formula date": Date{Start: "2026-09-15"}, "formula unsupported": Unsupported{},
		"rollup": Rollup{Function: "sum", Value: 3.5}, "rollup date": Rollup{Function: "latest_date", Value: Date{Start: "2026-09-15T10:00:00.000Z"}},
		"rollup array": Rollup{Function: "show_original", Items: RollupItems()}, "rollup unsupported": Rollup{Function: "median", Value: Unsupported{}},
		"verification":  json.RawMessage(`{"state":"verified","date":{"start":"2026-09-15T00:00:00.000Z","end":null,"time_zone":null},"verified_by":{"object":"user","id":"` + people[1] + `"}}`),
		"place":         json.RawMessage(`{"lat":52.52,"lon":13.405,"name":"Berlin","address":"Berlin, Germany","aws_place_id":null,"google_place_id":null}`),
		string(KindNew): json.RawMessage(`{"depth":3,"layers":["a",null]}`),
	}
	nothing := Values{
		"formula text": json.RawMessage(`{"type":"string","string":null}`), "formula truth": json.RawMessage(`{"type":"boolean","boolean":null}`),
		"formula date": json.RawMessage(`{"type":"date","date":null}`), "formula unsupported": Unsupported{},
		"rollup": Rollup{Function: "sum"}, "rollup date": json.RawMessage(`{"type":"date","date":null,"function":"latest_date"}`),
		"rollup unsupported": Rollup{Function: "median", Value: Unsupported{}},
	}
	return db, db.DataSource().AddPage("Full", values), db.DataSource().AddPage("Empty", nothing)
}

// everyKind declares the properties of [Workspace.AddEveryKind].
func everyKind(related *Database) []Prop {
	props := []Prop{{Name: "title", Kind: KindTitle}, {Name: "relation", Kind: KindRelation, Target: related}, {Name: "unique_id", Kind: KindUniqueID, Prefix: "PRJ"}}
	for _, kind := range []Kind{
		KindRichText, KindNumber, KindSelect, KindStatus, KindMultiSelect, KindDate, KindPeople, KindFiles, KindCheckbox, KindURL, KindEmail,
		KindPhoneNumber, KindFormula, KindRollup, KindCreatedTime, KindLastEditedTime, KindCreatedBy, KindLastEditedBy, KindButton,
		KindVerification, KindPlace, KindNew,
	} {
		props = append(props, Prop{Name: string(kind), Kind: kind})
	}
	for _, result := range []string{"text", "truth", "date", "unsupported"} {
		props = append(props, Prop{Name: "formula " + result, Kind: KindFormula})
	}
	for _, result := range []string{"date", "array", "unsupported"} {
		props = append(props, Prop{Name: "rollup " + result, Kind: KindRollup})
	}
	return props
}

// RollupItems are the elements of a rollup that shows its originals: one of every type
// with a value, and one of most types that is empty (Notion: page-property-values).
func RollupItems() []json.RawMessage {
	const elements = `
{"type":"title","title":[{"type":"text","text":{"content":"Acme","link":null},"annotations":{"bold":true,"italic":false,"strikethrough":false,"underline":false,"code":false,"color":"default"},"plain_text":"Acme","href":null}]}
{"type":"title","title":[]}
{"type":"rich_text","rich_text":[{"type":"text","text":{"content":"a ","link":null},"plain_text":"a ","href":null},{"type":"equation","equation":{"expression":"x"},"plain_text":"x","href":null}]}
{"type":"rich_text","rich_text":[]}
{"type":"number","number":8.50}
{"type":"number","number":null}
{"type":"select","select":{"id":"o1","name":"Red","color":"red"}}
{"type":"select","select":null}
{"type":"status","status":{"id":"o2","name":"Done","color":"green"}}
{"type":"multi_select","multi_select":[{"id":"o3","name":"x","color":"red"},{"id":"o4","name":"y","color":"red"}]}
{"type":"multi_select","multi_select":[]}
{"type":"date","date":{"start":"2026-09-15","end":"2026-09-17","time_zone":null}}
{"type":"date","date":{"start":"2026-09-15T10:00:00.000+02:00","end":null,"time_zone":null}}
{"type":"date","date":null}
{"type":"people","people":[{"object":"user","id":"11111111-1111-4111-8111-111111111111"},{"object":"user","id":"22222222-2222-4222-8222-222222222222"}]}
{"type":"files","files":[{"name":"plan.pdf","type":"external","external":{"url":"https://company.example/plan.pdf"}}]}
{"type":"checkbox","checkbox":false}
{"type":"url","url":"https://company.example"}
{"type":"url","url":null}
{"type":"email","email":"a@company.example"}
{"type":"phone_number","phone_number":"+49 30 1"}
{"type":"formula","formula":{"type":"number","number":4}}
{"type":"formula","formula":{"type":"string","string":"four"}}
{"type":"formula","formula":{"type":"boolean","boolean":true}}
{"type":"formula","formula":{"type":"date","date":{"start":"2026-09-15","end":null,"time_zone":null}}}
{"type":"formula","formula":{"type":"unsupported","unsupported":{}}}
{"type":"relation","relation":[{"id":"dd45a1b2-0000-4000-8000-000000000001"}],"has_more":false}
{"type":"created_time","created_time":"2026-09-04T14:30:00.000Z"}
{"type":"last_edited_time","last_edited_time":"2026-09-04T14:30:00.000Z"}
{"type":"created_by","created_by":{"object":"user","id":"11111111-1111-4111-8111-111111111111"}}
{"type":"last_edited_by","last_edited_by":{"object":"user","id":"22222222-2222-4222-8222-222222222222"}}
{"type":"unique_id","unique_id":{"prefix":"PRJ","number":7}}
{"type":"unique_id","unique_id":{"prefix":null,"number":8}}
{"type":"button","button":{}}
{"type":"verification","verification":{"state":"unverified","date":null,"verified_by":null}}
{"type":"place","place":null}
{"type":"holographic","holographic":{"depth":3}}`
	var items []json.RawMessage
	for line := range strings.SplitSeq(strings.TrimSpace(elements), "\n") {
		items = append(items, json.RawMessage(line))
	}
	return items
}
