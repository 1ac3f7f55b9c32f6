package main

import (
	"strings"

	"github.com/spf13/cobra"
)

// examples are command lines to try, by command. Help, man pages and deploy/docs/cli.md show
// them.
var examples = map[string]string{
	"demo": "notion-kafka demo\nnotion-kafka demo --blunder",
	"run":  "notion-kafka run\nnotion-kafka run --config /etc/notion-kafka.yaml --log-format json",
	"once": "notion-kafka once\nnotion-kafka once --source acme --stream \"Projects\" --full\n" +
		"notion-kafka once --quiet --output json | jq '.[].streams[] | select(.published > 0)'",
	"check":    "notion-kafka check\nnotion-kafka check --quiet\nnotion-kafka check --output json | jq '.findings[] | select(.level != \"ok\")'",
	"discover": "notion-kafka discover\nnotion-kafka discover --source acme --output yaml",
	"login":    "notion-kafka login --source acme\nnotion-kafka login --source acme --no-browser",
	"find":     "notion-kafka find https://www.notion.so/Website-relaunch-598337872cf94fdf8782e53db20768a5",
	"open":     "notion-kafka open\nnotion-kafka open acme --no-browser",
	"tail": "notion-kafka tail notion.acme.projects\n" +
		"notion-kafka tail notion.acme.projects --no-follow | jq -r '.value.title'",
	"schema": "notion-kafka schema \"Projects\"\nnotion-kafka schema \"Projects\" --as flink\nnotion-kafka schema databases --output json",

	"sources":        "notion-kafka sources\nnotion-kafka sources --output json | jq -r '.[] | select(.status != \"ready\") | .name'",
	"sources show":   "notion-kafka sources show acme\nnotion-kafka sources show acme --output yaml",
	"sources add":    "notion-kafka sources add --file crm.json\nnotion-kafka sources add --replace -f -",
	"sources edit":   "EDITOR=nano notion-kafka sources edit crm",
	"sources remove": "notion-kafka sources remove crm",
	"runs":           "notion-kafka runs\nnotion-kafka runs acme --limit 100\nnotion-kafka runs --failed --output json",
	"runs show":      "notion-kafka runs show 20261130T060000Z-de63d75ea699",
	"runs log":       "notion-kafka runs log 20261130T060000Z-de63d75ea699 --level warn",
	"runs follow":    "notion-kafka runs follow 20261130T060000Z-de63d75ea699",
	"runs cancel":    "notion-kafka runs cancel 20261130T060000Z-de63d75ea699",
	"instances":      "notion-kafka instances",
	"trigger":        "notion-kafka trigger acme\nnotion-kafka trigger acme --stream \"Projects\" --full --wait\nnotion-kafka trigger acme --failed",
	"pause":          "notion-kafka pause acme",
	"resume":         "notion-kafka resume acme",
	"deletes show":   "notion-kafka deletes show acme \"Projects\" --look 20",

	"state show":            "notion-kafka state show\nnotion-kafka state show --output json",
	"state reset":           "notion-kafka state reset --source acme --stream \"Projects\"\nnotion-kafka state reset --source acme --stream databases --forget",
	"state confirm-deletes": "notion-kafka state confirm-deletes --source acme --stream \"Projects\"",
	"state dismiss-deletes": "notion-kafka state dismiss-deletes --source acme --stream \"Projects\"",
	"keygen":                "notion-kafka keygen > /etc/notion-kafka/secrets.key",
	"config example":        "notion-kafka config example > notion-kafka.yaml",
	"version":               "notion-kafka version\nnotion-kafka version --output json",
}

// addExamples gives the commands below cmd their examples.
func addExamples(cmd *cobra.Command) {
	for _, below := range cmd.Commands() {
		_, name, _ := strings.Cut(below.CommandPath(), " ")
		if text := examples[name]; text != "" {
			below.Example = "  " + strings.ReplaceAll(text, "\n", "\n  ")
		}
		addExamples(below)
	}
}
