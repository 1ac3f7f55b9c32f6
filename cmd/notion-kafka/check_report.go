package main

// A checkReport is what `check --output json` prints.
type checkReport struct {
	OK       bool           `json:"ok"` // the exit code is 0
	Findings []checkFinding `json:"findings"`
	Schemas  []checkSchema  `json:"schemas"` // to be registered exactly like this
}

// A checkFinding is one line of `check`.
type checkFinding struct {
	Level string `json:"level"` // ok, warning or error
	Text  string `json:"text"`
}

// A checkSchema is a schema that the registry lacks.
type checkSchema struct {
	Of     string `json:"of"`     // which streams
	Schema string `json:"schema"` // byte for byte
}

// add adds a line by its sign.
func (r *checkReport) add(sign, text string) {
	level := map[string]string{"✓": "ok", "!": "warning", "✗": "error"}[sign]
	r.Findings = append(r.Findings, checkFinding{Level: level, Text: text})
}

// printReport prints the report, where one was asked for.
func (c *checklist) printReport() error {
	if c.report == nil {
		return nil
	}
	c.report.OK = !c.failed
	return printJSON(c.out, c.report)
}
