package notion_test

import (
	"strings"
	"testing"

	"notion-kafka/notion"
)

func TestLinkedID(t *testing.T) {
	const page, bare, other = "59833787-2cf9-4fdf-8782-e53db20768a5", "598337872cf94fdf8782e53db20768a5", "248104cd477e80fdb757e945d38000bd"
	for name, test := range map[string]struct{ text, id string }{
		"an id":                          {page, page},
		"an id without dashes":           {bare, page},
		"upper case, spaces around":      {" \t" + strings.ToUpper(page) + "\n", page},
		"the address of today":           {"https://app.notion.com/p/" + bare, page},
		"with a workspace and a title":   {"https://www.notion.so/acme/Website-relaunch-" + bare, page},
		"without a scheme":               {"www.notion.so/Website-relaunch-" + bare, page},
		"a desktop link":                 {"notion://www.notion.so/Website-" + bare, page},
		"a published page":               {"https://acme.notion.site/Website-relaunch-" + bare + "?pvs=4", page},
		"a site with its own name":       {"https://docs.acme.example/Website-" + bare, page},
		"dashes in the id":               {"https://www.notion.so/" + page, page},
		"a title before a dashed id":     {"https://www.notion.so/Tasks-" + page, page},
		"a view of a database":           {"https://www.notion.so/acme/" + bare + "?v=" + other, page},
		"a page beside a view":           {"https://www.notion.so/acme/" + other + "?v=" + other + "&p=" + bare + "&pm=s", page},
		"a page beside a view, first":    {"https://www.notion.so/acme/" + other + "?p=" + bare + "&v=" + other, page},
		"?p= without an id":              {"https://www.notion.so/acme/" + bare + "?p=2", page},
		"a block of a page":              {"https://www.notion.so/Website-" + bare + "#" + other, page},
		"a slash at the end":             {"https://www.notion.so/" + bare + "/", page},
		"in angle brackets":              {"<https://www.notion.so/" + bare + ">", page},
		"a title with a broken escape":   {"https://www.notion.so/100%-done-" + bare, page},
		"a title that ends with digits":  {"https://www.notion.so/Q4-2026-" + bare, page},
		"nothing":                        {"", ""},
		"a title":                        {"Website relaunch", ""},
		"a workspace":                    {"https://www.notion.so/acme", ""},
		"a view alone":                   {"https://www.notion.so/acme?v=" + bare, ""},
		"hexadecimal digits, too many":   {"cafe" + bare, ""},
		"hexadecimal digits, too few":    {bare[1:], ""},
		"digits of a title and of an id": {"https://www.notion.so/cafe" + bare, ""},
		"a link that has no end":         {strings.Repeat("a", 10_000) + "-" + bare, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if id, ok := notion.LinkedID(test.text); id != test.id || ok != (test.id != "") {
				t.Errorf("%.200q: %q, %v, want %q", test.text, id, ok, test.id)
			}
		})
	}
}
