package notiontest

import (
	"encoding/json"
	"net/http"
	"net/url"
)

// admitApp finds the App that a request to a token endpoint authenticates with HTTP
// Basic, and refuses one without a version (Notion: create-a-token). Credentials in the
// body do not count (kody#711).
func (w *Workspace) admitApp(q *request, r *http.Request) (limits *budget, f *failure, violation string) {
	id, secret, _ := r.BasicAuth()
	for _, a := range w.apps {
		if a.opts.ClientID == id {
			q.app = a
		}
	}
	if q.app == nil || q.app.opts.ClientSecret != secret {
		return nil, invalidClient(), ""
	}
	if f, violation = q.app.spend(w.opts.Now(), -1); f != nil {
		return q.app.budget, f, violation
	}
	if q.version == "" && q.app.opts.VersionOptional {
		return q.app.budget, nil, ""
	}
	return q.app.budget, checkVersion(q.version, r.URL.Path), ""
}

// grant reads the body of a token endpoint, JSON or with AppOptions.AcceptForms a form,
// and refuses unknown members.
func (q *request) grant(known ...string) (map[string]string, *failure) {
	list, f := q.grantMembers()
	if f != nil {
		return nil, f
	}
	set, f := memberSet("body", list, known...)
	if f != nil {
		return nil, invalidOAuthRequest("%s", f.message)
	}
	values := map[string]string{}
	for name, raw := range set {
		var text string
		if name == "external_account" {
			continue // of link previews
		}
		if json.Unmarshal(raw, &text) != nil || text == "" {
			return nil, invalidOAuthRequest("body failed validation: body.%s should be a non-empty string, instead was `%s`.", name, raw)
		}
		values[name] = text
	}
	return values, nil
}

func (q *request) grantMembers() ([]member, *failure) {
	if !q.form {
		list, err := splitObject(q.body)
		if err != nil || !q.json {
			return nil, &failure{status: http.StatusBadRequest, code: "invalid_json", message: "Error parsing JSON body."}
		}
		return list, nil
	}
	form, err := url.ParseQuery(string(q.body))
	if err != nil || !q.app.opts.AcceptForms {
		return nil, &failure{status: http.StatusBadRequest, code: "invalid_json", message: "Error parsing JSON body."}
	}
	var list []member
	for name := range form {
		list = append(list, member{name, appendString(nil, form.Get(name))})
	}
	return list, nil
}

// token answers POST /v1/oauth/token (Notion: create-a-token, refresh-a-token).
func (w *Workspace) token(q *request) ([]byte, *failure) {
	set, f := q.grant("grant_type", "code", "redirect_uri", "refresh_token", "external_account")
	if f != nil {
		return nil, f
	}
	var p *pair
	switch kind := set["grant_type"]; kind {
	case "authorization_code":
		p, f = q.app.exchange(set)
	case "refresh_token":
		p, f = q.app.renew(set)
	case "":
		f = invalidOAuthRequest("body failed validation: body.grant_type should be defined, instead was `undefined`.")
	default:
		f = refusedGrant(http.StatusBadRequest, "unsupported_grant_type", "The grant type %q is not supported.", kind)
	}
	if f != nil {
		return nil, f
	}
	return p.append(nil), nil
}

// exchange gives tokens for a code. A code is good for one attempt, whatever comes of it.
func (a *App) exchange(set map[string]string) (*pair, *failure) {
	for _, name := range []string{"code", "redirect_uri"} {
		if set[name] == "" {
			return nil, invalidOAuthRequest("body failed validation: body.%s should be defined, instead was `undefined`.", name)
		}
	}
	if set["refresh_token"] != "" {
		return nil, invalidOAuthRequest("body failed validation: body.refresh_token should be not present.")
	}
	one := a.codes[set["code"]]
	delete(a.codes, set["code"])
	switch {
	case one == nil:
		return nil, invalidGrant("Invalid code.")
	case a.w.opts.Now().Sub(one.made) >= a.opts.CodeLife:
		return nil, invalidGrant("Invalid code: it has expired.")
	case set["redirect_uri"] != one.redirectURI:
		return nil, invalidGrant("Invalid redirect_uri: it is not the one of the authorization.")
	}
	return a.authorise(one), nil
}

// renew gives new tokens for a refresh token, which then is dead (Notion:
// refresh-a-token).
func (a *App) renew(set map[string]string) (*pair, *failure) {
	text := set["refresh_token"]
	if text == "" {
		return nil, invalidOAuthRequest("body failed validation: body.refresh_token should be defined, instead was `undefined`.")
	}
	if set["code"] != "" || set["redirect_uri"] != "" {
		return nil, invalidOAuthRequest("body failed validation: body.code and body.redirect_uri should be not present.")
	}
	old := a.living(text)
	if old == nil || old.refresh != text {
		return nil, invalidGrant("Invalid refresh token.")
	}
	old.refreshDead = true
	old.accessDead = old.accessDead || !a.opts.OldAccessLives
	old.bot.renewals++
	return old.bot.newPair(), nil
}

// append appends the answer of the token endpoint. It has no expires_in (Notion:
// create-a-token).
func (p *pair) append(b []byte) []byte {
	w, c := p.bot.app.w, p.bot
	b = appendString(append(b, `{"access_token":`...), p.access)
	b = append(b, `,"token_type":"bearer","refresh_token":`...)
	b = appendNullable(b, p.refresh)
	b = appendMember(b, "bot_id", c.bot.id.String())
	b = appendMember(b, "workspace_id", w.id.String())
	b = append(b, `,"workspace_name":`...)
	if c.app.opts.NoWorkspaceName {
		b = append(b, "null"...)
	} else {
		b = appendString(b, w.opts.Name)
	}
	b = c.appendOwner(append(b, `,"workspace_icon":null,"owner":`...))
	return append(b, `,"duplicated_template_id":null}`...)
}

// appendOwner appends who authorised the App, in one of the documented forms.
func (c *connection) appendOwner(b []byte) []byte {
	if c.app.opts.OwnerWorkspace {
		return append(b, `{"type":"workspace","workspace":true}`...)
	}
	b = append(b, `{"type":"user","user":`...)
	if c.app.opts.OwnerPartial {
		b = c.person.appendPartial(b)
	} else {
		b = c.app.w.appendUserTo(c, b, c.person)
	}
	return append(b, '}')
}

// introspect answers POST /v1/oauth/introspect. Only active is guaranteed, so an answer
// has nothing else (Notion: introspect-token).
func (w *Workspace) introspect(q *request) ([]byte, *failure) {
	set, f := q.oneToken()
	if f != nil {
		return nil, f
	}
	if q.app.living(set) == nil {
		return []byte(`{"active":false}`), nil
	}
	return []byte(`{"active":true}`), nil
}

// revokeToken answers POST /v1/oauth/revoke: both tokens of the pair are dead. What
// Notion does with the second, and with one that is dead already, is not documented
// (Notion: revoke-token).
func (w *Workspace) revokeToken(q *request) ([]byte, *failure) {
	text, f := q.oneToken()
	if f != nil {
		return nil, f
	}
	p := q.app.living(text)
	if p == nil {
		return nil, invalidOAuthRequest("Invalid token.")
	}
	p.accessDead, p.refreshDead = true, true
	return []byte(`{}`), nil
}

// oneToken reads a body that is {"token": "…"}.
func (q *request) oneToken() (string, *failure) {
	set, f := q.grant("token")
	if f == nil && set["token"] == "" {
		f = invalidOAuthRequest("body failed validation: body.token should be defined, instead was `undefined`.")
	}
	return set["token"], f
}
