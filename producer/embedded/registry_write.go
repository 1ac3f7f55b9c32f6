package embedded

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"notion-kafka/avro"
)

func (r registry) register(q *http.Request) (any, error) {
	subject := q.PathValue("subject")
	text, err := postedSchema(q)
	if err != nil {
		return nil, err
	}
	for {
		var rule rules
		r.store.view(func(c *catalog) { rule = c.rules(subject, text) })
		if err := r.check(q.Context(), rule, subject, text); err != nil { // a check may take seconds, while the registry goes on
			return nil, err
		}
		var id int
		err = r.store.change(func(c *catalog) error {
			if !c.rules(subject, text).equal(rule) {
				return errRulesChanged
			}
			if c.idOf(text) == 0 && c.size()+len(text) > largestCatalog {
				return refuse(42201, "The embedded registry is full: it holds %d schemas of %d bytes altogether: use a separate registry", len(c.Schemas), c.size())
			}
			if c.isFull() && c.versionOf(subject, c.idOf(text)) == 0 {
				return errFull
			}
			id = c.add(subject, text)
			return nil
		})
		if !errors.Is(err, errRulesChanged) {
			return map[string]int{"id": id}, err
		}
	}
}

// largestCatalog bounds all schema texts of the registry together, in bytes: every
// change rewrites the file that holds them.
//
// A property that is renamed makes a new version of a topic with typed columns. With 500
// columns a version has some 150 KiB, so that there is room for 400 of them.
const largestCatalog = 64 << 20

// mostEntries bounds the versions of all subjects, and the subjects with a level of their
// own, for the same reason.
const mostEntries = 20_000

var errFull = refuse(42201, "The embedded registry is full: it has %d versions of subjects: use a separate registry", mostEntries)

// isFull reports whether there is no room for a further version or level.
func (c *catalog) isFull() bool {
	entries := len(c.Levels)
	for _, versions := range c.Subjects {
		entries += len(versions)
	}
	return entries >= mostEntries
}

// errRulesChanged means that a schema was checked against rules that no longer hold.
var errRulesChanged = errors.New("the subject changed meanwhile")

// rules are those that a new schema of a subject is checked against.
type rules struct {
	known bool // the subject has the schema already
	level string
	texts []string
}

func (c *catalog) rules(subject, text string) rules {
	return rules{c.versionOf(subject, c.idOf(text)) != 0, c.level(subject), c.texts(subject, c.versions(subject))}
}

func (r rules) equal(other rules) bool {
	return r.known == other.known && r.level == other.level && slices.Equal(r.texts, other.texts)
}

// size returns the size of all schema texts, in bytes.
func (c *catalog) size() (n int) {
	for _, text := range c.Schemas {
		n += len(text)
	}
	return n
}

// check refuses a schema that a subject's rules do not allow.
func (r registry) check(ctx context.Context, rule rules, subject, text string) error {
	if rule.known {
		return nil
	}
	if err := r.acquireCheck(ctx); err != nil {
		return err
	}
	defer func() { <-r.checking }()
	if err := avro.Compatible(rule.level, text, rule.texts); err != nil {
		return &refusal{http.StatusConflict, http.StatusConflict, fmt.Sprintf("Schema being registered is incompatible with an earlier schema for subject \"%s\": %v", subject, err)}
	}
	return nil
}

func (r registry) deleteSubject(q *http.Request) (any, error) {
	subject := q.PathValue("subject")
	permanently := q.URL.Query().Get("permanent") == "true"
	versions := []int{}
	err := r.store.change(func(c *catalog) error {
		visible := c.versions(subject)
		switch {
		case permanently && len(visible) > 0:
			return refuse(40405, "Subject '%s' was not deleted first before being permanently deleted", subject)
		case permanently && len(c.Subjects[subject]) > 0:
			for i := range c.Subjects[subject] {
				versions = append(versions, i+1)
			}
			delete(c.Subjects, subject)
		case len(visible) == 0:
			return noSubject(subject)
		default:
			versions = visible
			for i := range c.Subjects[subject] {
				c.Subjects[subject][i].Deleted = true
			}
		}
		delete(c.Levels, subject)
		return nil
	})
	return versions, err
}

func (r registry) setConfig(q *http.Request) (any, error) {
	var posted struct {
		Compatibility string `json:"compatibility"`
	}
	if err := readBody(q, &posted); err != nil {
		return nil, err
	}
	level := strings.ToUpper(posted.Compatibility)
	if !slices.Contains(avro.Levels(), level) {
		return nil, refuse(42203, "Invalid compatibility level. Valid values are %s", strings.Join(avro.Levels(), ", "))
	}
	err := r.store.change(func(c *catalog) error {
		if subject := q.PathValue("subject"); subject != "" {
			if _, known := c.Levels[subject]; !known && c.isFull() {
				return errFull
			}
			c.Levels[subject] = level
		} else {
			c.Level = level
		}
		return nil
	})
	return map[string]string{"compatibility": level}, err
}
