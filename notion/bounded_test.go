package notion

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"unicode"

	"golang.org/x/oauth2"
)

// longText is too long for a log.
var longText = strings.Repeat("ä", 1<<20)

// longestError bounds an error in bytes: a few of Notion's texts, each cut, and our own
// words around them.
const longestError = 5 * longestMessage

// Texts of Notion, or of a proxy on the way, get into errors, and with them into logs,
// histories and records: each text is cut.
func TestTextsInErrorsAreCut(t *testing.T) {
	refused := func(body string) reply { return reply{status: 400, body: body} }
	for name, answer := range map[string]reply{
		"message":           refused(errorJSON("validation_error", longText)),
		"code":              refused(errorJSON(longText, "No.")),
		"request_id":        {status: 400, header: map[string]string{"X-Notion-Request-Id": ""}, body: `{"code":"a","request_id":"` + longText + `"}`},
		"request id header": {status: 400, header: map[string]string{"X-Notion-Request-Id": longText}, body: `{"code":"a"}`},
		"its id of a 200":   {status: 200, header: map[string]string{"X-Notion-Request-Id": longText}, body: `{"object":"page"}`},
		"rate_limit_reason": refused(`{"code":"a","additional_data":{"rate_limit_reason":"` + longText + `"}}`),
		"redirect":          {status: 302, header: map[string]string{"Location": "https://" + strings.Repeat("a", 1<<20) + "/"}},
		"transport":         {err: errors.New(longText)},
		"body":              {status: 200, body: "{", fails: errors.New(longText)},
		"kind of object":    ok(`{"object":"` + longText + `"}`),
		"name of a member":  ok(`{"object":"page","` + longText + `":1,"` + longText + `":1}`),
		"place of a fault":  ok(`{"object":"page","` + longText + `":{"x":{"y":01}}}`),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, _ := newScripted(t, answer)
				_, err := c.Page(t.Context(), pageID)
				if err == nil {
					t.Fatal("no error")
				}
				if n := len(err.Error()); n > longestError {
					t.Errorf("the error has %d bytes: %.300s", n, err)
				}
				for _, text := range []string{asError(t, err).RequestID, asError(t, err).Reason, asError(t, err).Code} {
					if len(text) > longestMessage+len("…") {
						t.Errorf("a part of the error has %d bytes: %.300s", len(text), text)
					}
				}
			})
		})
	}
}

// A text of Notion has no line breaks in an error: its lines would pass for the
// program's.
func TestTextsInErrorsHaveOneLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const message = "No.\r\nlevel=INFO msg=forged \u2028 \u0085 \u001b[2J"
		for _, answer := range []reply{
			{status: 400, body: errorJSON("validation_error", strings.NewReplacer("\r", `\r`, "\n", `\n`, "\u001b", `\u001b`).Replace(message))},
			{err: errors.New(message)},
		} {
			c, _ := newScripted(t, answer)
			_, err := c.Page(t.Context(), pageID)
			if err == nil || !strings.Contains(err.Error(), "forged") || strings.ContainsFunc(err.Error(), func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Errorf("the error is %q", err)
			}
		}
	})
}

// The error of an element of a list is cut as well, and so is the name of a property
// that cannot be read.
func TestNamesInErrorsAreCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := newScripted(t, ok(listJSON("", rowAt(1, 1), `{"object":"`+longText+`","id":"`+pageID+`"}`)))
		list, err := c.Query(t.Context(), Query{DataSourceID: sourceID})
		if err != nil || len(list.Unreadable) != 1 {
			t.Fatalf("%+v, error %v", list, err)
		}
		for _, text := range []string{list.Unreadable[0].Error(), list.Unreadable[0].Err.Error()} {
			if len(text) > longestError {
				t.Errorf("the element's error has %d bytes", len(text))
			}
		}
		c, _ = newScripted(t, ok(`{"object":"user","id":"`+userA+`","name":"`+longText+`","bot":{"workspace_name":"`+longText+`"}}`))
		if bot, err := c.Me(t.Context()); err != nil || len(bot.Name)+len(bot.WorkspaceName) > longestError {
			t.Errorf("the names have %d bytes, error %v", len(bot.Name)+len(bot.WorkspaceName), err)
		}
		c, _ = newScripted(t, reply{status: 400, body: errorJSON("validation_error", "No.")})
		err = c.Complete(t.Context(), cutPage(t, `{"`+longText+`":{"id":"`+strings.Repeat("r", 1<<20)+`","type":"relation","has_more":true,"relation":[]}}`))
		if err == nil || len(err.Error()) > longestError {
			t.Errorf("the property's error has %d bytes: %.300s", len(err.Error()), err)
		}
	})
}

// Every error of a token source is cut.
func TestErrorsOfATokenEndpointAreCut(t *testing.T) {
	for name, failed := range map[string]error{
		"status":    &oauth2.RetrieveError{Response: &http.Response{StatusCode: http.StatusBadRequest, Status: longText}, ErrorCode: "invalid_grant"},
		"code":      &oauth2.RetrieveError{Response: &http.Response{StatusCode: http.StatusBadRequest, Status: "400"}, ErrorCode: longText},
		"transport": errors.New(longText),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, _ := newScriptedWith(t, Options{Tokens: failingSource{failed}}, ok(""))
				if _, err := c.Me(t.Context()); err == nil || len(err.Error()) > longestError {
					t.Errorf("the error has %d bytes", len(err.Error()))
				}
			})
		})
	}
}

// A token that crosses the place where a message is cut is masked as a whole.
func TestACutShowsNoPartOfTheToken(t *testing.T) {
	for pad := longestMessage - len(testToken); pad <= longestMessage; pad++ {
		text := strings.Repeat("x", pad) + testToken
		for _, body := range []string{errorJSON("validation_error", text), errorJSON(text, "No."), `{"code":"a","additional_data":{"rate_limit_reason":"` + text + `"}}`} {
			c, _ := newScripted(t, reply{status: 400, body: body})
			_, err := c.Me(t.Context())
			if strings.Contains(err.Error(), testToken[:3]) {
				t.Fatalf("with %d characters before it the error shows a part of the token: %v", pad, err)
			}
		}
	}
}
