package config

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
)

// remarks say what is right and yet worth knowing of where values are from.
func (c *Config) remarks(places map[string]place) (said []string) {
	if at := places["notion.api_url"]; at.line > 0 && c.Notion.APIURL != notionsOwn {
		if u, err := url.Parse(c.Notion.APIURL); err == nil && !loopback(u.Hostname()) {
			said = append(said, fmt.Sprintf("notion.api_url is %s, as %s:%d says: the tokens of all sources are sent there", c.Notion.APIURL, at.file, at.line))
		}
	}
	known := paths(reflect.TypeFor[Config](), "")
	for _, path := range known {
		if at := places[path]; at.file == setFlag && at.raw != "" && slices.Contains(known, path+fileSuffix) {
			said = append(said, fmt.Sprintf("--set %s: every user of this machine can read a command line: give %s, or the variable %s", path, path+fileSuffix, variableOf(path)))
		}
	}
	return said
}

// notionsOwn is where Notion's API is (Notion: API reference, introduction).
const notionsOwn = "https://api.notion.com"

// variableOf is what sets a path in the environment.
func variableOf(path string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(path, ".", "__"))
}
