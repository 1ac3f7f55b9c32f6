package deploy

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A dashboard is the part of Grafana's dashboard JSON model that ours uses.
type dashboard struct {
	Panels []struct {
		ID         int    `json:"id"`
		Type       string `json:"type"`
		Title      string `json:"title"`
		GridPos    place  `json:"gridPos"`
		Datasource struct {
			UID string `json:"uid"`
		} `json:"datasource"`
		Targets []struct {
			RefID        string `json:"refId"`
			Expr         string `json:"expr"`
			LegendFormat string `json:"legendFormat"`
		} `json:"targets"`
	} `json:"panels"`
	Templating struct {
		List []struct {
			Name  string          `json:"name"`
			Query json.RawMessage `json:"query"`
		} `json:"list"`
	} `json:"templating"`
}

// A place is an area of the dashboard's grid, which is 24 wide.
type place struct{ X, Y, W, H int }

func (a place) overlaps(b place) bool {
	return a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H
}

func TestDashboard(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("grafana", "dashboard.json"))
	if err != nil {
		t.Fatal(err)
	}
	var board dashboard
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	if len(board.Panels) == 0 {
		t.Fatal("it has no panels")
	}
	variables := []string{"__rate_interval", "__range"} // Grafana's own
	for _, v := range board.Templating.List {
		variables = append(variables, v.Name)
		if query := string(v.Query); strings.Contains(query, "label_values") {
			checkQuery(t, strings.ReplaceAll(query, `\"`, `"`))
		}
	}
	variable := regexp.MustCompile(`\$\{?(\w+)`)
	legend := regexp.MustCompile(`\{\{(\w+)\}\}`)
	seen := make(map[int]bool)
	for i, panel := range board.Panels {
		t.Run(panel.Title, func(t *testing.T) {
			if seen[panel.ID] {
				t.Errorf("another panel has the id %d", panel.ID)
			}
			seen[panel.ID] = true
			for _, other := range board.Panels[:i] {
				if panel.GridPos.overlaps(other.GridPos) {
					t.Errorf("it lies over %q", other.Title)
				}
			}
			if (panel.Type == "row") != (len(panel.Targets) == 0) {
				t.Errorf("a %s with %d queries", panel.Type, len(panel.Targets))
			}
			for _, target := range panel.Targets {
				checkQuery(t, target.Expr)
				if panel.Datasource.UID != "${datasource}" {
					t.Errorf("it asks %q, not the chosen Prometheus", panel.Datasource.UID)
				}
				for _, v := range variable.FindAllStringSubmatch(target.Expr, -1) {
					if !slices.Contains(variables, v[1]) {
						t.Errorf("%s\nreads the variable %s, which the dashboard does not have", target.Expr, v[1])
					}
				}
				for _, label := range legend.FindAllStringSubmatch(target.LegendFormat, -1) {
					if !slices.Contains(kept(target.Expr), label[1]) {
						t.Errorf("%s\ndoes not keep the label %s of its legend", target.Expr, label[1])
					}
				}
			}
		})
	}
}
