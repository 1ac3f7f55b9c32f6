package notion

import (
	"regexp"
	"testing"
)

func TestNamesFold(t *testing.T) {
	for name, want := range map[string]string{
		"Due":                 "due",
		"Due date":            "due_date",
		"  Über-Größe (cm) ":  "uber_gro_e_cm",
		"Cafe\u0301":          "cafe",
		"Łódź, Đà Nẵng, Øre":  "lodz_da_nang_ore",
		"DİYARBAKIR ısı":      "diyarbakir_isi",
		"__init__":            "init",
		"a  b\u00a0–\tc":      "a_b_c",
		"2026 Q1":             "2026_q1",
		"日本":                  "",
		"日本 2":                "2",
		"\u0301":              "",
		"":                    "",
		"bad \xff byte":       "bad_byte",
		"🚀 Launch! 🚀":         "launch",
		"time_zone__and__end": "time_zone_and_end",
	} {
		if got := FoldName(name); got != want {
			t.Errorf("%q folds to %q, want %q", name, got, want)
		}
	}
}

func FuzzFoldName(f *testing.F) {
	f.Add("Über Größe")
	f.Add("__ a\u0301 \xff")
	folded := regexp.MustCompile(`^([a-z0-9]+(_[a-z0-9]+)*)?$`)
	f.Fuzz(func(t *testing.T, name string) {
		once := FoldName(name)
		if !folded.MatchString(once) || FoldName(once) != once {
			t.Errorf("%q folds to %q, and that to %q", name, once, FoldName(once))
		}
	})
}
