package notion

import (
	"fmt"
	"strings"
	"testing"
)

// fingerprintOf decodes a page and computes its fingerprint.
func fingerprintOf(t *testing.T, text string) uint64 {
	t.Helper()
	page, err := DecodePage([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return page.Fingerprint()
}

const signed = "https://files.example/s/f/a.png?X-Amz-Signature="

// hosted is a file in a files value that Notion hosts; n is its signature.
func hosted(n int) string {
	return fmt.Sprintf(`{"name":"a.png","type":"file","file":{"url":"%s%d","expiry_time":"2026-10-01T0%d:00:00.000Z"}}`, signed, n, n)
}

func propertyJSON(kind, value string) string {
	return `{"P":{"id":"a","type":"` + kind + `","` + kind + `":` + value + `}}`
}

const person = `{"object":"user","id":"` + userA + `","name":"Ada","avatar_url":%s,"type":"person","person":{}}`

func TestFingerprintForgetsWhatChangesWithoutMeaning(t *testing.T) {
	ada := fmt.Sprintf(person, `"https://a/1"`)
	adaLater := fmt.Sprintf(person, `null`)
	whole := pageJSON(pageID, nameProperty)
	inPlace := func(was, is string) string { return strings.Replace(whole, was, is, 1) }
	emoji := `{"type":"custom_emoji","custom_emoji":{"id":"e","name":"bufo","url":"https://e/b.png?%s"}}`
	tests := map[string][2]string{
		"url of the page":           {whole, inPlace("https://app.notion.com/p/x", "https://www.notion.so/x")},
		"request id":                {whole, inPlace(`"request_id":"1f0c"`, `"request_id":"2"`)},
		"no request id":             {whole, inPlace(`,"request_id":"1f0c"`, ``)},
		"unknown field":             {whole, inPlace(`"request_id":"1f0c"`, `"developer_survey":"2"`)},
		"hosted file":               {pageJSON(pageID, propertyJSON("files", "["+hosted(1)+"]")), pageJSON(pageID, propertyJSON("files", "["+hosted(2)+"]"))},
		"hosted file in a rollup":   {pageJSON(pageID, propertyJSON("rollup", `{"type":"array","array":[{"type":"files","files":[`+hosted(1)+`]}],"function":"show_original"}`)), pageJSON(pageID, propertyJSON("rollup", `{"type":"array","array":[{"type":"files","files":[`+hosted(2)+`]}],"function":"show_original"}`))},
		"hosted icon":               {inPlace(`{"type":"emoji","emoji":"🥬"}`, hosted(1)), inPlace(`{"type":"emoji","emoji":"🥬"}`, hosted(2))},
		"hosted cover":              {inPlace(`"cover":null`, `"cover":`+hosted(1)), inPlace(`"cover":null`, `"cover":`+hosted(2))},
		"custom emoji":              {inPlace(`{"type":"emoji","emoji":"🥬"}`, fmt.Sprintf(emoji, "1")), inPlace(`{"type":"emoji","emoji":"🥬"}`, fmt.Sprintf(emoji, "2"))},
		"avatar of a person":        {pageJSON(pageID, propertyJSON("people", "["+ada+"]")), pageJSON(pageID, propertyJSON("people", "["+adaLater+"]"))},
		"avatar in a mention":       {pageJSON(pageID, propertyJSON("rich_text", `[{"type":"mention","mention":{"type":"user","user":`+ada+`}}]`)), pageJSON(pageID, propertyJSON("rich_text", `[{"type":"mention","mention":{"type":"user","user":`+adaLater+`}}]`))},
		"avatar of the creator":     {inPlace(`{"object":"user","id":"`+userA+`"}`, fmt.Sprintf(person, `"https://a/1"`)), inPlace(`{"object":"user","id":"`+userA+`"}`, fmt.Sprintf(person, `"https://a/2"`))},
		"order of names":            {pageJSON(pageID, `{"A":{"id":"a","n":1},"B":2}`), pageJSON(pageID, `{"B":2,"A":{"n":1,"id":"a"}}`)},
		"type after the file":       {pageJSON(pageID, propertyJSON("files", `[{"type":"file","file":{"url":"https://f/a?1"}}]`)), pageJSON(pageID, propertyJSON("files", `[{"file":{"expiry_time":"x","url":"https://f/a?2"},"type":"file"}]`))},
		"white space":               {pageJSON(pageID, `{"A":[1,{"b":null}]}`), pageJSON(pageID, "{ \"A\" :\n[ 1 , { \"b\" : null } ] }")},
		"spelling of text":          {pageJSON(pageID, `{"A":"A/é😀\n\"\\\b\f\r\t"}`), pageJSON(pageID, `{"\u0041":"\u0041\/\u00e9\ud83D\uDe00\u000a\u0022\u005c\u0008\u000c\u000D\u0009"}`)},
		"null and absent":           {whole, inPlace(`"cover":null,`, ``)},
		"a time and its other zone": {whole, inPlace("2026-03-01T19:05:00.000Z", "2026-03-01T20:05:00+01:00")},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if test[0] == test[1] {
				t.Fatal("the two pages are the same text")
			}
			if fingerprintOf(t, test[0]) != fingerprintOf(t, test[1]) {
				t.Error("fingerprints differ, want them the same")
			}
		})
	}
}

func TestFingerprintSeesEveryChangeOfMeaning(t *testing.T) {
	whole := pageJSON(pageID, nameProperty)
	inPlace := func(was, is string) string { return strings.Replace(whole, was, is, 1) }
	props := func(a, b string) [2]string { return [2]string{pageJSON(pageID, a), pageJSON(pageID, b)} }
	external := `{"type":"external","external":{"url":"https://x/a?%d"}}`
	tests := map[string][2]string{
		"id":                          {whole, inPlace(pageID, userA)},
		"created_time":                {whole, inPlace("2026-03-01", "2026-03-02")},
		"last_edited_time":            {whole, inPlace("2026-09-04", "2026-09-05")},
		"times swapped":               {whole, strings.NewReplacer("2026-03-01T19:05", "2026-09-04T14:30", "2026-09-04T14:30", "2026-03-01T19:05").Replace(whole)},
		"created_by":                  {whole, inPlace(userA, sourceID)},
		"last_edited_by":              {whole, whole[:strings.LastIndex(whole, userA)] + sourceID + whole[strings.LastIndex(whole, userA)+36:]},
		"cover":                       {whole, inPlace(`"cover":null`, `"cover":`+hosted(1))},
		"icon":                        {whole, inPlace("🥬", "🥦")},
		"icon becomes cover":          {whole, strings.Replace(inPlace(`"icon":{"type":"emoji","emoji":"🥬"}`, `"icon":null`), `"cover":null`, `"cover":{"type":"emoji","emoji":"🥬"}`, 1)},
		"parent":                      {whole, inPlace(dbID, userA)},
		"properties":                  {whole, inPlace("Lau", "lau")},
		"public_url":                  {whole, inPlace(`"public_url":null`, `"public_url":"https://p"`)},
		"public_url empty":            {whole, inPlace(`"public_url":null`, `"public_url":""`)},
		"query of public_url":         {inPlace(`"public_url":null`, `"public_url":"https://p?1"`), inPlace(`"public_url":null`, `"public_url":"https://p?2"`)},
		"in_trash":                    {whole, inPlace(`"in_trash":false`, `"in_trash":true`)},
		"is_archived":                 {whole, inPlace(`"is_archived":false`, `"is_archived":true`)},
		"is_locked":                   {whole, inPlace(`"is_locked":false`, `"is_locked":true`)},
		"trashed or locked":           {inPlace(`"in_trash":false`, `"in_trash":true`), inPlace(`"is_locked":false`, `"is_locked":true`)},
		"another hosted file":         props(propertyJSON("files", "["+hosted(1)+"]"), propertyJSON("files", "["+strings.Replace(hosted(1), "/f/", "/g/", 1)+"]")),
		"name of a hosted file":       props(propertyJSON("files", "["+hosted(1)+"]"), propertyJSON("files", "["+strings.Replace(hosted(1), "a.png", "b.png", 1)+"]")),
		"query of an external file":   props(propertyJSON("files", "["+fmt.Sprintf(external, 1)+"]"), propertyJSON("files", "["+fmt.Sprintf(external, 2)+"]")),
		"query of a url property":     props(propertyJSON("url", `"https://x?1"`), propertyJSON("url", `"https://x?2"`)),
		"property called avatar_url":  props(`{"object":"user","avatar_url":{"type":"number","number":1}}`, `{"object":"user","avatar_url":{"type":"number","number":2}}`),
		"property called url":         props(`{"type":"file","url":{"n":1}}`, `{"type":"file","url":{"n":2}}`),
		"property called expiry_time": props(`{"type":"file","file":{"type":"number","number":3},"expiry_time":{"n":1}}`, `{"type":"file","file":{"type":"number","number":3},"expiry_time":{"n":2}}`),
		"property called expiry_time beside a file without one": props(`{"a":{"type":"file"},"expiry_time":{"n":1}}`, `{"a":{"type":"file"},"expiry_time":{"n":2}}`),
		"property called url beside an emoji without one":       props(`{"a":{"type":"custom_emoji"},"url":"https://x?1"}`, `{"a":{"type":"custom_emoji"},"url":"https://x?2"}`),
		"properties that look like a file": props(
			`{"type":"file","file":{"url":"https://x?1","expiry_time":1}}`, `{"type":"file","file":{"url":"https://x?2","expiry_time":1}}`),
		"properties that look like a user": props(`{"object":"user","avatar_url":"1"}`, `{"object":"user","avatar_url":"2"}`),
		"a name":                           props(`{"A":1}`, `{"B":1}`),
		"an avatar_url of no user":         props(propertyJSON("place", `{"avatar_url":"1"}`), propertyJSON("place", `{"avatar_url":"2"}`)),
		"an expiry_time of no file":        props(propertyJSON("place", `{"expiry_time":"1"}`), propertyJSON("place", `{"expiry_time":"2"}`)),
		"name of a person":                 props(propertyJSON("people", `[{"object":"user","name":"A"}]`), propertyJSON("people", `[{"object":"user","name":"B"}]`)),
		"order in a list":                  props(`{"A":[1,2]}`, `{"A":[2,1]}`),
		"nesting":                          props(`{"A":[[1],2]}`, `{"A":[[1,2]]}`),
		"list and its only element":        props(`{"A":[1]}`, `{"A":1}`),
		"number and its text":              props(`{"A":1}`, `{"A":"1"}`),
		"spelling of a number":             props(`{"A":1}`, `{"A":1.0}`),
		"null and absent in properties":    props(`{"A":null}`, `{}`),
		"empty object and list":            props(`{"A":{}}`, `{"A":[]}`),
		"false and null":                   props(`{"A":false}`, `{"A":null}`),
		"where one text ends":              props(`{"A":["ab","c"]}`, `{"A":["a","bc"]}`),
		"a text of delimiters":             props(`{"A":["\"}]"]}`, `{"A":["\"","}]"]}`),
		"which surrogate is alone":         props(`{"A":"\ud83d"}`, `{"A":"\ud83e"}`),
		"lone surrogate and U+FFFD":        props(`{"A":"\ud83d"}`, `{"A":"\ufffd"}`),
		"surrogates in order or not":       props(`{"A":"\ud83d\ude00"}`, `{"A":"\ude00\ud83d"}`),
		"surrogate and its spelling":       props(`{"A":"\ud83d"}`, `{"A":"\\ud83d"}`),
		"high surrogate before its like":   props(`{"A":"\ud83d\ud83d\ude00"}`, `{"A":"\ud83d\ude00\ud83d"}`),
		"NUL":                              props(`{"A":"a\u0000"}`, `{"A":"a"}`),
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if test[0] == test[1] {
				t.Fatal("the two pages are the same text")
			}
			if fingerprintOf(t, test[0]) == fingerprintOf(t, test[1]) {
				t.Error("the same fingerprint, want two")
			}
		})
	}
}

// Fingerprints outlive the program: Kafka keeps them. A change of a value here needs
// a new FingerprintForm.
func TestFingerprintIsStable(t *testing.T) {
	whole := pageJSON(pageID, nameProperty)
	tests := map[string]struct {
		page string
		want uint64
	}{
		"all kinds of value": {pageJSON(pageID, propertyJSON("rich_text", `[{"plain_text":"\ud83d é"},`+fmt.Sprintf(person, "null")+`,`+hosted(1)+`,1.50,true]`)), 0xc707a917b57f9cb},
		"partial":            {`{"object":"page","id":"` + pageID + `"}`, 0x57cba44d72c0bb92},
		"many properties":    {pageJSON(pageID, benchProperties(7)), 0x17221e537a1bdab2},
		"escapes":            {pageJSON(pageID, `{"\u0041\n":"\"\\\/\b\f\r\t\u00e9\ud83d\ude00\ude00","A":[[],{},[{}],null,false,-1.5e+3,""],"":{"b":1,"\u0061":2}}`), 0x4c1f62e886309f30},
		"what is forgotten": {strings.NewReplacer(`"cover":null`, `"cover":`+hosted(2), `{"type":"emoji","emoji":"🥬"}`, `{"custom_emoji":{"url":"https://e/b.png?1","id":"e"},"type":"custom_emoji"}`).Replace(
			pageJSON(pageID, `{"type":"file","file":{"url":"https://x?1","expiry_time":1},"U":[`+fmt.Sprintf(person, "1")+`],"F":{"file":{"expiry_time":"x","url":"https://f/a?2","type":"file","file":{"url":"?"}},"type":"file"}}`)), 0xa2c86d16625f18d6},
		"published, archived, locked": {strings.NewReplacer(`"public_url":null`, `"public_url":"https://p?1"`, `"is_archived":false`, `"is_archived":true`, `"is_locked":false`, `"is_locked":true`).Replace(whole), 0x4a1123f684f49248},
	}
	for name, test := range tests {
		if got := fingerprintOf(t, test.page); got != test.want || FingerprintForm != 1 {
			t.Errorf("%s: fingerprint %#x of form %d, want %#x of form 1", name, got, FingerprintForm, test.want)
		}
	}
}

// A page that a caller builds may have properties that are not JSON; its fingerprint
// still differs from other pages'.
func TestFingerprintOfNoJSON(t *testing.T) {
	a, b := Page{Properties: []byte(`{"A"`)}, Page{Properties: []byte(`{"B"`)}
	if a.Fingerprint() == b.Fingerprint() {
		t.Error("the same fingerprint, want two")
	}
}

// A page with more values than a response's tree may have nodes has its fingerprint all the
// same.
func TestFingerprintOfAPageOfManyValues(t *testing.T) {
	values := strings.Repeat("1,", mostNodes)
	page := func(more string) string { return pageJSON(pageID, `{"A":[`+values+more+`1]}`) }
	one, respelled, other := fingerprintOf(t, page("")), fingerprintOf(t, page(" ")), fingerprintOf(t, page("2,"))
	if one != respelled || one == other {
		t.Errorf("fingerprints %x, with a space %x, with another value %x", one, respelled, other)
	}
}
