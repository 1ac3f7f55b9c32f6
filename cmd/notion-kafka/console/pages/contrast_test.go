package pages

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"testing"

	"notion-kafka/cmd/notion-kafka/console/rows"
)

// The colours of text and edges stand out from what they are drawn on, in light and dark,
// as WCAG 2.2 asks: text by 4.5 (1.4.3), edges of fields and shapes by 3 (1.4.11).
func TestContrast(t *testing.T) {
	tokens := readTokens(t)
	grounds := map[string][]string{
		"text": {"bg", "surface", "accent-tint", "warn-tint", "bad-tint", "ok-tint"}, "muted": {"bg", "surface"},
		"accent": {"bg", "surface", "accent-tint"}, "on-accent": {"accent"},
		"ok": {"bg", "ok-tint"}, "warn": {"bg", "warn-tint"}, "bad": {"bg", "surface", "bad-tint"},
	}
	for name, behind := range grounds {
		for _, ground := range behind {
			checkContrast(t, tokens, name, ground, 4.5)
		}
	}
	for _, ground := range []string{"bg", "surface"} {
		checkContrast(t, tokens, "edge", ground, 3)
		for _, colour := range rows.Colours {
			checkContrast(t, tokens, "notion-"+colour, ground, 3)
		}
	}
}

func checkContrast(t *testing.T, tokens map[string][2]float64, name, ground string, least float64) {
	t.Helper()
	for i, scheme := range []string{"light", "dark"} {
		front, known := tokens[name]
		back, ground0 := tokens[ground]
		if !known || !ground0 {
			t.Fatalf("style.css has no --%s or no --%s", name, ground)
		}
		if got := contrast(front[i], back[i]); got < least {
			t.Errorf("%s: --%s on --%s has a contrast of %.2f, want at least %g", scheme, name, ground, got, least)
		}
	}
}

var token = regexp.MustCompile(`--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)`)

// readTokens returns the luminances of the style's colours in light and dark.
func readTokens(t *testing.T) map[string][2]float64 {
	t.Helper()
	tokens := map[string][2]float64{}
	for _, found := range token.FindAllStringSubmatch(string(assets["style.css"]), -1) {
		tokens[found[1]] = [2]float64{luminance(t, found[2]), luminance(t, found[3])}
	}
	return tokens
}

// luminance is WCAG's relative luminance of a colour in sRGB, from 0 to 1.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		part, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(fmt.Errorf("reading colour %s: %w", colour, err))
		}
		c := float64(part) / 255
		if c <= 0.04045 {
			sum += weight * c / 12.92
		} else {
			sum += weight * math.Pow((c+0.055)/1.055, 2.4)
		}
	}
	return sum
}

// contrast is WCAG's contrast ratio of two luminances, from 1 to 21.
func contrast(a, b float64) float64 { return (max(a, b) + 0.05) / (min(a, b) + 0.05) }

// Every colour of the style is a token, which the test above knows.
func TestColoursAreTokens(t *testing.T) {
	inRules := regexp.MustCompile(`(?m)^[^-\n]*(#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\()[^\n]*;`)
	for _, found := range inRules.FindAllString(string(assets["style.css"]), -1) {
		if !token.MatchString(found) {
			t.Errorf("a colour outside the tokens: %s", found)
		}
	}
}
