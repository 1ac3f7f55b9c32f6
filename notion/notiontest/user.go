package notiontest

import (
	"fmt"
	"slices"
	"strings"
)

// A user is a person, a connection's bot, or a group.
type user struct {
	id    uuid
	name  string
	bot   bool
	owner *user // the person who authorised an App's bot; nil: the workspace
	group bool  // of people, with whom pages are shared
}

// AddUser adds a person to the workspace and returns their id. Without a name, Notion
// shows null.
func (w *Workspace) AddUser(name string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.addUser(name).id.String()
}

func (w *Workspace) addUser(name string) *user {
	u := &user{id: w.newID(), name: name}
	w.users = append(w.users, u)
	return u
}

// AddGroup adds a group of people, which people properties may hold, and returns its id.
// The users endpoints do not know it.
func (w *Workspace) AddGroup(name string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	g := &user{id: w.newID(), name: name, group: true}
	w.groups = append(w.groups, g)
	return g.id.String()
}

// RenameUser gives a person another name. Every page that mentions them shows it, and no
// edit time changes.
func (w *Workspace) RenameUser(id, name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.person(id).name = name
}

// People returns the ids of the workspace's people, in the order they were added.
func (w *Workspace) People() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	ids := make([]string, len(w.users))
	for i, u := range w.users {
		ids[i] = u.id.String()
	}
	return ids
}

// person finds a person for a verb, and panics where there is none.
func (w *Workspace) person(id string) *user {
	if u := w.findUser(id); u != nil {
		return u
	}
	for _, g := range w.groups {
		if g.id.String() == id {
			return g
		}
	}
	panic(fmt.Sprintf("notiontest: no user has the id %q", id))
}

func (w *Workspace) findUser(id string) *user {
	parsed, _ := parseID(id)
	if parsed == w.bot.id {
		return w.bot
	}
	for _, u := range slices.Concat(w.users, w.bots()) {
		if u.id == parsed {
			return u
		}
	}
	return nil
}

// someone is a random person, for an edit.
func (w *Workspace) someone() *user { return w.users[w.rng.IntN(len(w.users))] }

// appendPartial appends the user as in created_by and last_edited_by (Notion: reference/user).
func (u *user) appendPartial(b []byte) []byte {
	b = append(b, `{"object":"user","id":"`...)
	b = u.id.append(b)
	return append(b, `"}`...)
}

// appendUser appends the user as in people properties and the users endpoints, as far as
// the connection that asks may read users.
func (w *Workspace) appendUser(b []byte, u *user) []byte {
	c := w.asking
	if c == nil {
		c = w.own
	}
	return w.appendUserTo(c, b, u)
}

// appendUserTo appends a user as a connection sees it (Notion: capabilities).
func (w *Workspace) appendUserTo(c *connection, b []byte, u *user) []byte {
	if u.group {
		b = append(u.id.append(append(b, `{"object":"group","id":"`...)), `","name":`...)
		if !c.seesUsers() {
			return append(b, `null}`...)
		}
		return append(appendNullable(b, u.name), '}')
	}
	if !c.seesUsers() {
		return u.appendPartial(b)
	}
	b = append(b, `{"object":"user","id":"`...)
	b = u.id.append(b)
	b = appendNullable(append(b, `","name":`...), u.name)
	if u.bot {
		return w.appendBot(c, b, u)
	}
	b = appendMember(b, "avatar_url", "https://s3-us-west-2.amazonaws.com/public.notion-static.com/"+u.id.String()+"/avatar.png")
	b = append(b, `,"type":"person","person":{`...)
	if c.may(ReadUserEmail) {
		b = appendString(append(b, `"email":`...), u.email())
		b = append(b, `,"email_verified":true`...)
	}
	return append(b, '}', '}')
}

// appendBot appends the rest of a bot's user object.
func (w *Workspace) appendBot(c *connection, b []byte, u *user) []byte {
	b = append(b, `,"avatar_url":null,"type":"bot","bot":{"owner":`...)
	if u.owner == nil {
		b = append(b, `{"type":"workspace","workspace":true}`...)
	} else {
		b = append(w.appendUserTo(c, append(b, `{"type":"user","user":`...), u.owner), '}')
	}
	b = appendMember(b, "workspace_id", w.id.String())
	b = appendMember(b, "workspace_name", w.opts.Name)
	return append(b, `,"workspace_limits":{"max_file_upload_size_in_bytes":5242880}}}`...)
}

// email is a person's address.
func (u *user) email() string {
	first, _, _ := strings.Cut(strings.ToLower(u.name), " ")
	return first + "@company.example"
}
