package embedded

import (
	"net/http"
	"strconv"

	"notion-kafka/avro"
)

// schemaAnswer is a schema under a subject.
type schemaAnswer struct {
	Subject string `json:"subject"`
	ID      int    `json:"id"`
	Version int    `json:"version"`
	Schema  string `json:"schema"`
}

func (r registry) schemaByID(q *http.Request) (any, error) {
	text, err := r.schemaTextByID(q)
	if err != nil {
		return nil, err
	}
	return map[string]any{"schema": text}, nil
}

func (r registry) schemaTextByID(q *http.Request) (any, error) {
	id, err := strconv.Atoi(q.PathValue("id"))
	if err != nil {
		return nil, refuse(40403, "Schema %s not found", q.PathValue("id"))
	}
	var text string
	var found bool
	r.store.view(func(c *catalog) { text, found = c.schema(id) })
	if !found {
		return nil, refuse(40403, "Schema %d not found", id)
	}
	return rawText(text), nil
}

func (r registry) versionsByID(q *http.Request) (any, error) {
	if _, err := r.schemaTextByID(q); err != nil {
		return nil, err
	}
	id, _ := strconv.Atoi(q.PathValue("id")) // read above
	type usage struct {
		Subject string `json:"subject"`
		Version int    `json:"version"`
	}
	usages := []usage{}
	r.store.view(func(c *catalog) {
		for _, subject := range c.visibleSubjects() {
			if version := c.versionOf(subject, id); version != 0 {
				usages = append(usages, usage{subject, version})
			}
		}
	})
	return usages, nil
}

func (r registry) subjectsByID(q *http.Request) (any, error) {
	if _, err := r.schemaTextByID(q); err != nil {
		return nil, err
	}
	id, _ := strconv.Atoi(q.PathValue("id")) // read above
	subjects := []string{}
	r.store.view(func(c *catalog) {
		for _, subject := range c.visibleSubjects() {
			if c.versionOf(subject, id) != 0 {
				subjects = append(subjects, subject)
			}
		}
	})
	return subjects, nil
}

func (r registry) subjects(*http.Request) (any, error) {
	subjects := []string{}
	r.store.view(func(c *catalog) { subjects = append(subjects, c.visibleSubjects()...) })
	return subjects, nil
}

func (r registry) versions(q *http.Request) (any, error) {
	subject := q.PathValue("subject")
	var versions []int
	r.store.view(func(c *catalog) { versions = c.versions(subject) })
	if len(versions) == 0 {
		return nil, noSubject(subject)
	}
	return versions, nil
}

func (r registry) version(q *http.Request) (any, error) {
	subject := q.PathValue("subject")
	var answer schemaAnswer
	var err error
	r.store.view(func(c *catalog) {
		var version int
		if version, err = c.find(subject, q.PathValue("version")); err == nil {
			answer = c.answer(subject, version)
		}
	})
	return answer, err
}

func (r registry) versionText(q *http.Request) (any, error) {
	answer, err := r.version(q)
	if err != nil {
		return nil, err
	}
	return rawText(answer.(schemaAnswer).Schema), nil
}

func (r registry) lookup(q *http.Request) (any, error) {
	subject := q.PathValue("subject")
	text, err := postedSchema(q)
	if err != nil {
		return nil, err
	}
	var answer schemaAnswer
	r.store.view(func(c *catalog) {
		if len(c.versions(subject)) == 0 {
			err = noSubject(subject)
		} else if version := c.versionOf(subject, c.idOf(text)); version == 0 {
			err = refuse(40403, "Schema not found under subject '%s'", subject)
		} else {
			answer = c.answer(subject, version)
		}
	})
	return answer, err
}

func (r registry) compatibility(q *http.Request) (any, error) {
	subject := q.PathValue("subject")
	text, err := postedSchema(q)
	if err != nil {
		return nil, err
	}
	var level string
	var texts []string
	r.store.view(func(c *catalog) {
		versions := c.versions(subject)
		if name := q.PathValue("version"); name != "" {
			var version int
			if version, err = c.find(subject, name); err != nil {
				return
			}
			versions = []int{version}
		}
		level, texts = c.level(subject), c.texts(subject, versions)
	})
	if err != nil {
		return nil, err
	}
	if err := r.acquireCheck(q.Context()); err != nil {
		return nil, err
	}
	defer func() { <-r.checking }()
	answer := map[string]any{"is_compatible": true}
	if broken := avro.Compatible(level, text, texts); broken != nil {
		answer["is_compatible"] = false
		if q.URL.Query().Get("verbose") == "true" {
			answer["messages"] = []string{broken.Error()}
		}
	}
	return answer, nil
}

func (r registry) config(q *http.Request) (any, error) {
	subject := q.PathValue("subject")
	var level string
	var err error
	r.store.view(func(c *catalog) {
		if _, set := c.Levels[subject]; subject != "" && !set && q.URL.Query().Get("defaultToGlobal") != "true" {
			err = refuse(40408, "Subject '%s' does not have subject-level compatibility configured", subject)
			return
		}
		level = c.level(subject)
	})
	return map[string]string{"compatibilityLevel": level}, err
}
