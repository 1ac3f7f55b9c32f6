package config

import (
	"fmt"
	"regexp"
	"strings"
)

// reference is ${NAME}, the literal $${, or a ${ that is neither.
var reference = regexp.MustCompile(`\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\{`)

// expand fills in ${NAME} from the environment. It fails if a variable is not set or
// a ${ is not closed; the error shows no value.
func expand(text string, environ map[string]string) (filled string, err error) {
	filled = reference.ReplaceAllStringFunc(text, func(ref string) string {
		if ref == "$${" {
			return "${"
		}
		if ref == "${" {
			err = fmt.Errorf(`"${" begins the name of a variable, write it as ${NAME}, or as $${ for a literal ${`)
			return ""
		}
		name := strings.TrimSuffix(strings.TrimPrefix(ref, "${"), "}")
		value, ok := environ[name]
		if !ok {
			err = fmt.Errorf("the environment variable %s is not set", name)
		}
		return value
	})
	return filled, err
}

// environMap reads lines of NAME=value as os.Environ gives them. If a name is given
// twice, the last counts.
func environMap(lines []string) map[string]string {
	environ := make(map[string]string, len(lines))
	for _, line := range lines {
		if name, value, ok := strings.Cut(line, "="); ok {
			environ[name] = value
		}
	}
	return environ
}
