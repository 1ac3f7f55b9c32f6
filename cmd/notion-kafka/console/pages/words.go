package pages

import (
	"fmt"
	"html/template"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"notion-kafka/producer/control"
)

// words are the functions of the templates.
var words = template.FuncMap{
	"n":          count,
	"iso":        func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"utc":        inUTC,
	"look":       look,
	"word":       word,
	"first":      firstSentence,
	"plain":      plain,
	"told":       told,
	"fate":       fateText,
	"short":      func(most int, text string) string { return shortened(plain(text), most) },
	"dict":       dict,
	"titled":     titled,
	"plainlines": plainLines,
	"kind":       kindWords,
	"name":       nameOf,
}

// dict gives a template several values under names.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("dict has %d arguments", len(pairs))
	}
	made := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		made[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return made, nil
}

// count writes a number with commas between its thousands.
func count(n any) string {
	text := fmt.Sprint(n)
	digits := strings.TrimPrefix(text, "-")
	if _, err := strconv.ParseUint(digits, 10, 64); err != nil {
		return text
	}
	var out strings.Builder
	out.WriteString(text[:len(text)-len(digits)])
	for i, digit := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			out.WriteByte(',')
		}
		out.WriteRune(digit)
	}
	return out.String()
}

// some writes a number with its noun, which takes an s at its end.
func some(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return count(n) + " " + noun + "s"
}

// inUTC is a time in words. The script of the pages turns it into the viewer's own.
func inUTC(t time.Time) string { return t.UTC().Format("2 Jan 2006, 15:04:05") + " UTC" }

// took is a duration in words, as exact as a person needs it.
func took(d time.Duration) string {
	switch {
	case d < 0:
		return "0 s"
	case d < 10*time.Second:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

// about is a duration that was estimated, in words.
func about(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "less than a minute"
	case d < 90*time.Second:
		return "about a minute"
	case d < 90*time.Minute:
		return fmt.Sprintf("about %d minutes", int(d.Round(time.Minute).Minutes()))
	}
	return fmt.Sprintf("about %d hours", int(d.Round(time.Hour).Hours()))
}

// A face is how a status looks: a word, a shape and a colour.
type face struct {
	Word  string
	Class string // of the colour, and of the shape
}

// look returns the face of the status of a source, a stream or a run.
func look(status any) face {
	switch s := status.(type) {
	case control.SourceStatus:
		return face{s.Words(), healthClass(s)}
	case control.Status:
		return face{word(s), runClass(s)}
	case control.FindAnswer:
		return face{shortened(plain(s.Words()), 40), answerClass(s)}
	}
	return face{fmt.Sprint(status), "muted"}
}

func healthClass(s control.SourceStatus) string {
	switch s {
	case control.SourceReady:
		return "ok"
	case control.SourceRunning:
		return "busy"
	case control.SourceLate:
		return "late"
	case control.SourceNeedsAttention, control.SourceNeedsReconnect:
		return "attention"
	case control.SourceFailing:
		return "bad"
	case control.SourcePaused:
		return "paused"
	}
	return "waiting"
}

func runClass(s control.Status) string {
	switch s {
	case control.Succeeded:
		return "ok"
	case control.Running:
		return "busy"
	case control.NeedsAttention:
		return "attention"
	case control.Failed:
		return "bad"
	case control.Cancelled:
		return "stopped"
	}
	return "waiting"
}

func answerClass(a control.FindAnswer) string {
	switch a {
	case control.PageCurrent, control.PageDatabase:
		return "ok"
	case control.PageBehind, control.PageComing:
		return "late"
	case control.PageHeld, control.PageNotRead, control.PageStuck, control.PageUnknown:
		return "attention"
	case control.PageNotShared:
		return "bad"
	case control.PageNotSelected:
		return "paused"
	case control.PageDeleted, control.PageTrashed, control.PageMoved:
		return "stopped"
	}
	return "waiting"
}

// word is the status of a run, or what started it, or how a stream was read, for people.
func word(v any) string {
	switch v {
	case control.Queued:
		return "Waiting for its turn"
	case control.NeedsAttention:
		return "Needs attention"
	case control.BySchedule:
		return "on schedule"
	case control.ByHand:
		return "by hand"
	case control.AtStartup:
		return "at startup"
	case control.FullScan:
		return "full read"
	case control.Sweep:
		return "sweep"
	case control.Incremental:
		return "incremental"
	}
	text := fmt.Sprint(v)
	if _, is := v.(control.Status); is && text != "" {
		return strings.ToUpper(text[:1]) + text[1:]
	}
	return text
}

// firstSentence is the beginning of a message that is shown whole elsewhere.
func firstSentence(text string) string {
	text = told(text)
	for i, r := range text {
		next := text[i+utf8.RuneLen(r):]
		if i >= 20 && (r == '.' || r == ';') && strings.HasPrefix(next, " ") {
			return text[:i]
		}
	}
	return shortened(text, 160)
}

// Messages are written for terminals too. A page names a stream by its title, and has
// buttons where a message names commands about held deletes.
var (
	titledStream = regexp.MustCompile(`database_[0-9a-f-]{32,36} \("([^"]+)"\)`)
	deleteLines  = regexp.MustCompile(`; [^;]*notion-kafka state (confirm|dismiss)-deletes.*$`)
)

// told is a message of the daemon as a page tells it.
func told(text string) string {
	return deleteLines.ReplaceAllString(titledStream.ReplaceAllString(plain(text), "$1"), "")
}

// plain replaces control characters and those that reorder text, which could make a line
// of a page say something else.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return ' '
		}
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == utf8.RuneError {
			return '\uFFFD'
		}
		return r
	}, text)
}

// plainLines is a text of several lines as [plain] has one line. Tabs stay: a program may
// need them.
func plainLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		parts := strings.Split(line, "\t")
		for j, part := range parts {
			parts[j] = plain(part)
		}
		lines[i] = strings.Join(parts, "\t")
	}
	return strings.Join(lines, "\n")
}

// titled is a word with a capital letter.
func titled(word string) string {
	first, size := utf8.DecodeRuneInString(word)
	return string(unicode.ToUpper(first)) + word[size:]
}

// shortened cuts a text after most characters.
func shortened(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most-1]) + "…"
}

// kindWords is a type of Notion's properties as a person says it.
func kindWords(kind string) string {
	if kind == "" {
		return "not known"
	}
	return shortened(plain(strings.ReplaceAll(kind, "_", " ")), 40)
}
