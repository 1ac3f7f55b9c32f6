package main

import "testing"

func TestALinkStandsForItsKey(t *testing.T) {
	const id = "59833787-2cf9-4fdf-8782-e53db20768a5"
	for text, want := range map[string]string{
		"": "", "page-7": "page-7", id: id, "598337872CF94FDF8782E53DB20768A5": id, "https://www.notion.so/acme/Old-598337872cf94fdf8782e53db20768a5?pvs=4": id,
	} {
		if got := keyOf(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
