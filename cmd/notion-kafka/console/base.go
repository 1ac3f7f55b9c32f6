package console

import (
	"net/http"
	"strings"
)

// base returns the console's root relative to a request's address, as links of its page
// begin: "./" for /sources, "../" for /sources/acme. No link needs to know the prefix
// under which a proxy serves the console.
func base(r *http.Request) string {
	depth := strings.Count(r.URL.EscapedPath(), "/") - 1
	if depth <= 0 {
		return "./"
	}
	return strings.Repeat("../", depth)
}

// seeOther sends a browser to a path of the console, such as
// /sources/acme?said=started, with a GET whatever it came with. The Location is relative
// to the request's address (RFC 9110, section 10.2.2), so it never leaves the console.
func seeOther(w http.ResponseWriter, r *http.Request, path string) {
	redirect(w, base(r)+strings.TrimLeft(path, "/"))
}
