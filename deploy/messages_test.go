package deploy

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The guide for trouble quotes messages as the program says them. They are the first cells of
// its tables headed "message", with … for what differs.
func TestQuotedMessagesExist(t *testing.T) {
	said := strings.Join(stringsOfProgram(t), "\n")
	quoted := quotedMessages(readTroubles(t))
	for _, message := range quoted {
		rest := 0
		for fragment := range strings.SplitSeq(message, "…") {
			fragment = strings.TrimSpace(fragment)
			if len(fragment) < 3 { // a bracket, a comma
				continue
			}
			rest += len(fragment)
			if !strings.Contains(said, fragment) {
				t.Errorf("the program does not say %q of the message\n%s", fragment, message)
			}
		}
		if rest < 12 {
			t.Errorf("the message %q is too short to be searched for", message)
		}
	}
	if len(quoted) < 80 {
		t.Errorf("only %d messages are quoted", len(quoted))
	}
}

// Every alert says where its runbook is, and there is one.
func TestAlertsHaveRunbooks(t *testing.T) {
	headings := map[string]bool{}
	for _, found := range regexp.MustCompile(`(?m)^### (\S+)$`).FindAllStringSubmatch(readTroubles(t), -1) {
		headings[found[1]] = true
	}
	for _, group := range readAlertRules(t).Groups {
		for _, rule := range group.Rules {
			want := "deploy/docs/troubleshooting.md#" + strings.ToLower(rule.Alert)
			if got := rule.Annotations["runbook_url"]; got != want {
				t.Errorf("%s: its runbook_url is %q, want %q", rule.Alert, got, want)
			}
			if !headings[rule.Alert] {
				t.Errorf("%s: the guide has no section of that name", rule.Alert)
			}
			delete(headings, rule.Alert)
		}
	}
	for heading := range headings {
		if strings.HasPrefix(heading, "NotionKafka") {
			t.Errorf("the guide has a section for %s, and there is no such alert", heading)
		}
	}
}

func readTroubles(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("docs", "troubleshooting.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// quotedMessages returns the first cells of the tables headed "message".
func quotedMessages(guide string) (messages []string) {
	inTable := false
	for line := range strings.Lines(guide) {
		line = strings.TrimSpace(line)
		switch {
		case !strings.HasPrefix(line, "|"):
			inTable = false
		case strings.HasPrefix(line, "| message |"):
			inTable = true
		case inTable && !strings.HasPrefix(line, "| --- |"):
			cell, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " |")
			messages = append(messages, cell)
		}
	}
	return messages
}

// stringsOfProgram returns the texts in the program's code. Those that are added to each other
// are one text.
func stringsOfProgram(t *testing.T) (texts []string) {
	t.Helper()
	files := token.NewFileSet()
	for _, folder := range []string{"cmd", "producer", "notion", "avro", "config"} {
		err := filepath.WalkDir(filepath.Join("..", folder), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				expression, is := n.(ast.Expr)
				if !is {
					return true
				}
				text, ends := textOf(expression)
				if text != "" {
					texts = append(texts, text)
				}
				return !ends
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return texts
}

// textOf returns the text of a literal, or of a sum of literals and other things; it ends
// there if nothing else in the expression needs to be looked at.
func textOf(expression ast.Expr) (text string, ends bool) {
	switch e := expression.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			text, _ = strconv.Unquote(e.Value) // a literal that compiles
		}
		return text, true
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			left, leftEnds := textOf(e.X)
			right, rightEnds := textOf(e.Y)
			return left + right, leftEnds && rightEnds
		}
	}
	return "", false
}
