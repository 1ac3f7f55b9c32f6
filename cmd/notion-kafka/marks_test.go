package main

import (
	"bytes"
	"testing"
)

func TestLocale(t *testing.T) {
	for want, environs := range map[bool][][]string{
		true:  {{"LANG=en_US.UTF-8"}, {"LC_ALL=", "LC_CTYPE=C.utf8", "LANG=C"}, {"LC_ALL=de_DE.UTF-8@euro"}},
		false: {nil, {"LANG=C"}, {"LC_ALL=C", "LANG=en_US.UTF-8"}, {"LANG=de_DE.ISO-8859-1"}},
	} {
		for _, environ := range environs {
			if got := hasUTF8(environ); got != want {
				t.Errorf("%q has UTF-8: %v, want %v", environ, got, want)
			}
		}
	}
}

func TestMarksInASCII(t *testing.T) {
	var screen bytes.Buffer
	text := "✓ good ✗ bad: Projekte für … → •••"
	if n, err := (asciiMarks{&screen}).Write([]byte(text)); n != len(text) || err != nil {
		t.Errorf("%d of %d bytes, %v", n, len(text), err)
	}
	if want := "+ good x bad: Projekte für ... -> ***"; screen.String() != want {
		t.Errorf("got %q, want %q", screen.String(), want)
	}
}

// What is no terminal gets UTF-8, whatever the locale is.
func TestMarksInFiles(t *testing.T) {
	var file bytes.Buffer
	if to := (&process{}).onScreen(&file); to != &file {
		t.Errorf("got a %T", to)
	}
}
