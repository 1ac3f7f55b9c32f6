package embedded

import (
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
	var id int
	err = r.store.change(func(c *catalog) error {
		if c.versionOf(subject, c.idOf(text)) == 0 {
			if err := avro.Compatible(c.level(subject), text, c.texts(subject, c.versions(subject))); err != nil {
				return &refusal{http.StatusConflict, http.StatusConflict, fmt.Sprintf("Schema being registered is incompatible with an earlier schema for subject \"%s\": %v", subject, err)}
			}
		}
		id = c.add(subject, text)
		return nil
	})
	return map[string]int{"id": id}, err
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
	if err := posting(q, &posted); err != nil {
		return nil, err
	}
	level := strings.ToUpper(posted.Compatibility)
	if !slices.Contains(avro.Levels(), level) {
		return nil, refuse(42203, "Invalid compatibility level. Valid values are %s", strings.Join(avro.Levels(), ", "))
	}
	err := r.store.change(func(c *catalog) error {
		if subject := q.PathValue("subject"); subject != "" {
			c.Levels[subject] = level
		} else {
			c.Level = level
		}
		return nil
	})
	return map[string]string{"compatibility": level}, err
}
