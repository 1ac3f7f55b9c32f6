package embedded

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
)

// A catalog is the whole content of the registry; its JSON form is its file.
type catalog struct {
	Format   int                         `json:"format"`
	Schemas  []string                    `json:"schemas"` // schema texts as they came; the id is the index + 1
	Subjects map[string][]subjectVersion `json:"subjects"`
	Level    string                      `json:"compatibility"`
	Levels   map[string]string           `json:"subject_compatibility"`

	compacted []string // Schemas without white space, to find an id
}

// A subjectVersion is a schema under a subject; its version is its index + 1.
type subjectVersion struct {
	ID      int  `json:"id"`
	Deleted bool `json:"deleted,omitempty"` // softly: out of sight, its version number taken
}

// schema returns a schema's text.
func (c *catalog) schema(id int) (text string, found bool) {
	if id < 1 || id > len(c.Schemas) {
		return "", false
	}
	return c.Schemas[id-1], true
}

// idOf returns the id of a schema text, whatever the white space in it, or 0.
func (c *catalog) idOf(text string) int {
	return 1 + slices.Index(c.compacted, compact(text))
}

// clone returns a copy that can be changed. The texts of the schemas are shared.
func (c *catalog) clone() *catalog {
	next := *c
	next.Schemas, next.compacted = slices.Clone(c.Schemas), slices.Clone(c.compacted)
	next.Subjects, next.Levels = maps.Clone(c.Subjects), maps.Clone(c.Levels)
	for subject, versions := range next.Subjects {
		next.Subjects[subject] = slices.Clone(versions)
	}
	return &next
}

// versions returns the visible versions of a subject, oldest first.
func (c *catalog) versions(subject string) []int {
	var versions []int
	for i, v := range c.Subjects[subject] {
		if !v.Deleted {
			versions = append(versions, i+1)
		}
	}
	return versions
}

// versionOf returns the visible version of a subject that has this schema, or 0.
func (c *catalog) versionOf(subject string, id int) int {
	for _, version := range c.versions(subject) {
		if c.Subjects[subject][version-1].ID == id {
			return version
		}
	}
	return 0
}

// visibleSubjects returns the subjects that have a visible version, sorted.
func (c *catalog) visibleSubjects() []string {
	var subjects []string
	for _, subject := range slices.Sorted(maps.Keys(c.Subjects)) {
		if len(c.versions(subject)) > 0 {
			subjects = append(subjects, subject)
		}
	}
	return subjects
}

// find returns the version of a subject that a path names: a number, latest, or
// -1 for latest.
func (c *catalog) find(subject, name string) (int, error) {
	versions := c.versions(subject)
	if len(versions) == 0 {
		return 0, noSubject(subject)
	}
	if name == "latest" || name == "-1" {
		return versions[len(versions)-1], nil
	}
	version, err := strconv.Atoi(name)
	if err != nil || version < 1 {
		return 0, refuse(42202, "The specified version '%s' is not a valid version id: use a number from 1 on, or latest", name)
	}
	if !slices.Contains(versions, version) {
		return 0, refuse(40402, "Version %d not found", version)
	}
	return version, nil
}

// noSubject is the API's answer about a subject without versions.
func noSubject(subject string) error {
	return refuse(40401, "Subject '%s' not found", subject)
}

// answer returns the API's answer about a version.
func (c *catalog) answer(subject string, version int) schemaAnswer {
	id := c.Subjects[subject][version-1].ID
	text, _ := c.schema(id)
	return schemaAnswer{Subject: subject, ID: id, Version: version, Schema: text}
}

// texts returns the schemas of versions of a subject.
func (c *catalog) texts(subject string, versions []int) []string {
	var texts []string
	for _, version := range versions {
		text, _ := c.schema(c.Subjects[subject][version-1].ID)
		texts = append(texts, text)
	}
	return texts
}

// level returns the compatibility level of a subject.
func (c *catalog) level(subject string) string {
	if level, set := c.Levels[subject]; set {
		return level
	}
	return c.Level
}

// add puts a schema under a subject, as a new version unless it is there, and
// returns its id. The same schema has one id in every subject.
func (c *catalog) add(subject, text string) int {
	id := c.idOf(text)
	if id == 0 {
		c.Schemas, c.compacted = append(c.Schemas, text), append(c.compacted, compact(text))
		id = len(c.Schemas)
	}
	if c.versionOf(subject, id) == 0 {
		c.Subjects[subject] = append(c.Subjects[subject], subjectVersion{ID: id})
	}
	return id
}

// compact takes the white space out of JSON text; other text stays as it is.
func compact(text string) string {
	var b bytes.Buffer
	if json.Compact(&b, []byte(text)) != nil || b.Len() == len(text) {
		return text
	}
	return b.String()
}
