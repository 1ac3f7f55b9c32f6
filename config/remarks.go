package config

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
)

// remarks returns what is worth knowing about the places of valid values.
func (c *Config) remarks(places map[string]place) (remarks []string) {
	if at := places["notion.api_url"]; at.line > 0 && c.Notion.APIURL != notionsOwn {
		if u, err := url.Parse(c.Notion.APIURL); err == nil && !loopback(u.Hostname()) {
			remarks = append(remarks, fmt.Sprintf("notion.api_url is %s, as %s:%d says: the tokens of all sources are sent there", c.Notion.APIURL, at.file, at.line))
		}
	}
	if c.Console.ReadOnly && c.Console.Listen != "" {
		remarks = append(remarks, c.readOnlyRemarks()...)
	}
	known := paths(reflect.TypeFor[Config](), "")
	for _, path := range known {
		if at := places[path]; at.file == setFlag && at.raw != "" && slices.Contains(known, path+fileSuffix) {
			remarks = append(remarks, fmt.Sprintf("--set %s: every user of this machine can read a command line: give %s, or the variable %s", path, path+fileSuffix, variableOf(path)))
		}
	}
	return remarks
}

// readOnlyRemarks says what a console that is read only keeps people from.
func (c *Config) readOnlyRemarks() (remarks []string) {
	var unconnected []string
	for _, source := range c.Sources {
		if source.OAuth {
			unconnected = append(unconnected, source.Name)
		}
	}
	if len(unconnected) > 0 {
		remarks = append(remarks, fmt.Sprintf("console.read_only is true, so %s cannot be connected at this instance: connect it through another instance, or set console.read_only: false until it is connected",
			strings.Join(unconnected, ", ")))
	}
	if c.RequireSources() != nil {
		remarks = append(remarks, "console.read_only is true, and there is no source: none can be made through this instance; add one to the file, or make it through another instance")
	}
	return remarks
}

// notionsOwn is the address of Notion's API (Notion: API reference, introduction).
const notionsOwn = "https://api.notion.com"

// variableOf returns the name of a path in the environment.
func variableOf(path string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(path, ".", "__"))
}
