package pages

import "testing"

// A page has buttons where a terminal needs command lines.
func TestMessagesAsPagesTellThem(t *testing.T) {
	const said = `database_04cd6cf2-614f-819a-aa73-ea47af851b87 ("Content calendar"): 36 of 42 pages are missing, which is too much to delete them unasked; ` +
		`if they are gone for good, run: notion-kafka state confirm-deletes --source demo --stream database_04cd6cf2-614f-819a-aa73-ea47af851b87, otherwise the same with dismiss-deletes`
	if got, want := told(said), "Content calendar: 36 of 42 pages are missing, which is too much to delete them unasked"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	const other = "Notion answered 502; it goes on at 14:10; `notion-kafka check` looks at Kafka"
	if got := told(other); got != other {
		t.Errorf("%q, want %q", got, other)
	}
}

func TestNumbersAndDurationsInWords(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -4321: "-4,321"} {
		if got := count(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
