package draft

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// longestName is how long a source's name may be.
const longestName = 40

// NameFor suggests the name of a source from that of its workspace, such as acme-inc; ""
// if nothing is left of it.
func NameFor(workspace string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(workspace)) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case !unicode.Is(unicode.Mn, r) && b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() == longestName {
			break
		}
	}
	return strings.Trim(b.String(), "-")
}
