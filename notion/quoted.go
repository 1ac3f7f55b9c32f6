package notion

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"unicode"
)

// longestMessage bounds one of Notion's texts in an error, in bytes: errors go into
// logs, histories and tables.
const longestMessage = 500

// shortened cuts a text that is too long, between two characters, and replaces its
// line breaks: in a log or on a terminal another program's lines would pass for ours.
func shortened(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
	if len(text) <= longestMessage {
		return text
	}
	return strings.ToValidUTF8(text[:longestMessage], "") + "…"
}

// quoted is a text of a response as an error may repeat it. The token is masked
// before the text is cut, or a part of it might stay.
func quoted(text string, resp *http.Response) string { return shortened(withoutToken(text, resp)) }

// A brief error is another error with its text cut.
type brief struct{ err error }

func (b brief) Error() string { return shortened(b.err.Error()) }

// Unwrap returns the error with its whole text.
func (b brief) Unwrap() error { return b.err }

// looksLikeHTML recognises web pages of Notion's edge or a proxy, whatever their
// status.
func looksLikeHTML(resp *http.Response, body []byte) bool {
	return strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") ||
		bytes.HasPrefix(bytes.TrimSpace(body), []byte("<"))
}

// notNotion describes a response that did not come from Notion. The response itself
// is not quoted: it is long, and may repeat the request.
func notNotion(resp *http.Response) string {
	if resp.Header.Get("x-notion-request-id") == "" && resp.Header.Get("cf-ray") != "" {
		return "Notion's edge answered with a web page before the request reached Notion"
	}
	return "the answer is not Notion's JSON: a proxy or gateway on the way may have answered"
}

func redirectHost(resp *http.Response) string {
	if u, err := url.Parse(resp.Header.Get("Location")); err == nil && u.Host != "" {
		return shortened(u.Host)
	}
	return "another address"
}

// withoutToken masks the token in a message that repeats it.
func withoutToken(message string, resp *http.Response) string {
	if resp.Request == nil {
		return message
	}
	_, token, ok := strings.Cut(resp.Request.Header.Get("Authorization"), " ")
	if !ok || token == "" {
		return message
	}
	return strings.ReplaceAll(message, token, "•••")
}
