package console

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"

	"notion-kafka/producer/control"
)

// A ConnectPage is what a person reads after the way to Notion and back.
type ConnectPage struct {
	// Connected is what was connected; beside Problem the source alone, if it is known.
	Connected control.Connected
	// Problem is what went wrong and what to do; "": the source is connected.
	Problem string
	// Again is the address of another try, relative to the page; "": there is none.
	Again string
	// Back is the address of the source that is being added, relative to the page; "": there
	// is none.
	Back string
	// Sources is the address of the list of sources, relative to the page; "": it does not
	// lead there.
	Sources string
	// Here says that a command of this machine waits for the page, without a console.
	Here bool
}

var (
	//go:embed oauth_page.html
	connectHTML string
	//go:embed oauth_style.css
	connectStyle []byte

	connectPage = template.Must(template.New("page").Parse(connectHTML))
)

// ServeConnectPage responds with the page. It needs [ServeConnectStyle] beside it, at
// style.css.
func ServeConnectPage(w http.ResponseWriter, status int, page ConnectPage) {
	var body bytes.Buffer
	if err := connectPage.Execute(&body, page); err != nil {
		http.Error(w, "drawing the page: "+err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Referrer-Policy", "no-referrer") // the page's address has the code
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // a browser that left needs no page
}

// ServeConnectStyle responds with the style sheet of the page.
func ServeConnectStyle(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/css; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(connectStyle)
}
