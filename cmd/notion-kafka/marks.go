package main

import (
	"cmp"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// hasUTF8 reports whether the locale of an environment has the encoding UTF-8 (POSIX: the
// first of these variables that is not empty counts; without any the locale is POSIX).
func hasUTF8(environ []string) bool {
	named := map[string]string{}
	for _, line := range environ {
		name, value, _ := strings.Cut(line, "=")
		named[name] = value
	}
	locale := strings.ToLower(cmp.Or(named["LC_ALL"], named["LC_CTYPE"], named["LANG"]))
	return strings.Contains(locale, "utf-8") || strings.Contains(locale, "utf8")
}

// onScreen returns a writer for what the process writes to: signs of our own are written in
// ASCII on a terminal whose locale does not have them. Files and pipes get UTF-8.
func (p *process) onScreen(to io.Writer) io.Writer {
	file, ok := to.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) || hasUTF8(p.Environ) {
		return to
	}
	return asciiMarks{to}
}

// asciiMarks writes the signs that the program's own texts have in ASCII. Titles and other
// people's texts stay as they are.
type asciiMarks struct{ to io.Writer }

var inASCII = strings.NewReplacer("✓", "+", "✗", "x", "…", "...", "•", "*", "→", "->", "–", "-", "—", "-", "’", "'", "“", `"`, "”", `"`)

// Write implements io.Writer for whole characters.
func (m asciiMarks) Write(text []byte) (int, error) {
	if _, err := inASCII.WriteString(m.to, string(text)); err != nil {
		return 0, err
	}
	return len(text), nil
}

// underneath is the writer that the process's own ones write to.
func underneath(to io.Writer) io.Writer {
	for {
		switch is := to.(type) {
		case shown:
			to = is.to
		case asciiMarks:
			to = is.to
		case *progress:
			to = is.out
		default:
			return to
		}
	}
}

// terminalOf returns the terminal that a writer of the process writes to, if it is one.
func terminalOf(to io.Writer) (*os.File, bool) {
	file, ok := underneath(to).(*os.File)
	return file, ok && term.IsTerminal(int(file.Fd()))
}
