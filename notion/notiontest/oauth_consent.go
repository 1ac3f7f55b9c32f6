package notiontest

import (
	"bytes"
	_ "embed" // for the pages
	"html/template"
	"net/http"
	"net/url"
	"slices"
)

//go:embed consent.html
var consentText string

var consentTemplate = template.Must(template.New("consent").Parse(consentText))

// An htmlPage is an answer to a browser.
type htmlPage struct {
	status   int
	body     []byte
	location string // of a redirect
}

// A consentView is what the consent page shows.
type consentView struct {
	Error        string // instead of everything else
	Advice       string
	App          string
	Workspace    string
	Host         string // where the browser goes afterwards
	Capabilities []Capability
	People       []choice
	Databases    []choice
	Problem      string // with the form that was sent
}

// A choice is a person or a database on the consent page.
type choice struct {
	ID, Name string
	Detail   string
	Chosen   bool
}

// show makes the answer a page or a redirect.
func (a *answer) show(p *htmlPage) {
	a.status, a.body = p.status, p.body
	a.header.Set("Content-Type", "text/html; charset=utf-8")
	a.header.Set("Cache-Control", "no-store")
	a.header.Set("X-Frame-Options", "DENY")
	// No form-action: browsers apply it to the redirect that answers the form too.
	a.header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'")
	if p.location != "" {
		a.header.Set("Location", p.location)
	}
}

func (v consentView) page(status int) *htmlPage {
	var b bytes.Buffer
	if err := consentTemplate.Execute(&b, v); err != nil {
		panic("notiontest: the consent page: " + err.Error())
	}
	return &htmlPage{status: status, body: b.Bytes()}
}

// consent answers GET and POST /v1/oauth/authorize: the page on which a person allows or
// denies an App (Notion: authorization). Where the request is not in order it shows an
// error and sends the browser nowhere.
func (w *Workspace) consent(e Endpoint, q *request) *htmlPage {
	a, v := w.authorizeRequest(q.query)
	if v.Error != "" {
		return v.page(http.StatusBadRequest)
	}
	if e == EndpointAuthorize {
		return v.page(http.StatusOK)
	}
	form, err := url.ParseQuery(string(q.body))
	if err != nil || !q.form {
		return consentView{Error: "The form cannot be read", Advice: "Go back and try again."}.page(http.StatusBadRequest)
	}
	if form.Get("decision") == "cancel" {
		return q.sendBack("error", "access_denied")
	}
	person, ticked := w.chosen(form, v)
	if person == nil || len(ticked) == 0 {
		v.Problem = "Select at least one database that " + a.opts.Name + " may read."
		return v.page(http.StatusBadRequest)
	}
	return q.sendBack("code", a.allow(person, q.query.Get("redirect_uri"), ticked))
}

// sendBack is the redirect to the App. Other parameters of its address stay.
func (q *request) sendBack(name, value string) *htmlPage {
	to, _ := url.Parse(q.query.Get("redirect_uri"))
	back := to.Query()
	back.Set(name, value)
	if state := q.query.Get("state"); state != "" {
		back.Set("state", state)
	}
	to.RawQuery = back.Encode()
	return &htmlPage{status: http.StatusFound, location: to.String()}
}

// authorizeRequest checks the query of the consent page (Notion: authorization). Notion
// documents no reaction to other parameters, such as those of PKCE; here they are an
// error.
func (w *Workspace) authorizeRequest(query url.Values) (*App, consentView) {
	at := slices.IndexFunc(w.apps, func(a *App) bool { return a.opts.ClientID == query.Get("client_id") })
	if at < 0 {
		return nil, faulty("Missing or invalid client_id", "Compare it with the client id in the settings of the connection.")
	}
	a := w.apps[at]
	to, err := url.Parse(query.Get("redirect_uri"))
	if err != nil || !slices.Contains(a.opts.RedirectURIs, query.Get("redirect_uri")) {
		return nil, faulty("Missing or invalid redirect_uri", "It must be one of the redirect URIs in the settings of the connection, to the letter.")
	}
	for _, must := range [][2]string{{"response_type", "code"}, {"owner", "user"}} {
		if query.Get(must[0]) != must[1] {
			return nil, faulty("Missing or invalid "+must[0], "It must be "+must[1]+".")
		}
	}
	for name, values := range query {
		if !slices.Contains([]string{"client_id", "redirect_uri", "response_type", "owner", "state"}, name) || len(values) > 1 {
			return nil, faulty("Invalid parameter "+name, "It is not documented, or comes twice.")
		}
	}
	v := consentView{App: a.opts.Name, Workspace: w.opts.Name, Host: to.Host, Capabilities: a.opts.Capabilities}
	for _, u := range w.users {
		v.People = append(v.People, choice{ID: u.id.String(), Name: u.name, Detail: u.email()})
	}
	for _, db := range w.databases {
		if !db.trashed {
			v.Databases = append(v.Databases, choice{ID: db.id.String(), Name: db.title, Chosen: a.has(db)})
		}
	}
	return a, v
}

func faulty(what, advice string) consentView { return consentView{Error: what, Advice: advice} }

// has reports whether a bot of the App sees the database.
func (a *App) has(db *Database) bool {
	return slices.ContainsFunc(a.bots, func(c *connection) bool { return c.sees(db) })
}

// chosen reads the person and the databases of a form, and marks them in the view.
func (w *Workspace) chosen(form url.Values, v consentView) (person *user, ticked []*Database) {
	for i := range v.People {
		if v.People[i].Chosen = v.People[i].ID == form.Get("person"); v.People[i].Chosen {
			person = w.person(v.People[i].ID)
		}
	}
	for i := range v.Databases {
		v.Databases[i].Chosen = slices.Contains(form["database"], v.Databases[i].ID)
	}
	for _, db := range w.databases {
		if slices.ContainsFunc(v.Databases, func(c choice) bool { return c.Chosen && c.ID == db.id.String() }) {
			ticked = append(ticked, db)
		}
	}
	return person, ticked
}
