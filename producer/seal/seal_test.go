package seal

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"filippo.io/age"
)

const token = "ntn_hunter2"

var here = Place{Source: "crm", Key: "token"}

func newKey(t *testing.T) string {
	t.Helper()
	key, err := GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newRing(t *testing.T, key string, previous ...string) *Keyring {
	t.Helper()
	ring, err := New(key, previous)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func sealed(t *testing.T, ring *Keyring, plain string) string {
	t.Helper()
	text, err := ring.Seal(here, plain)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAKeyIsOneLineAndNoTwoAreTheSame(t *testing.T) {
	first, second := newKey(t), newKey(t)
	if !regexp.MustCompile(`^AGE-SECRET-KEY-1[0-9A-Z]{58}$`).MatchString(first) || first == second {
		t.Error("keys of another form, or one twice")
	}
}

func TestWhatIsSealedIsOpenedAgain(t *testing.T) {
	ring := newRing(t, newKey(t))
	for _, plain := range []string{token, "", "line\nbreak", "\x00\xff", strings.Repeat("x", 1<<17)} {
		text := sealed(t, ring, plain)
		if plain != "" && strings.Contains(text, plain) || strings.ContainsAny(text, "\n ") {
			t.Errorf("sealed as %.200q", text)
		}
		if got, err := ring.Open(here, text); err != nil || got != plain {
			t.Errorf("%.20q was opened as %.20q, %v", plain, got, err)
		}
	}
	if first, second := sealed(t, ring, token), sealed(t, ring, token); first == second {
		t.Error("the same secret has one sealed text: readers of the topic see that two are alike")
	}
}

func TestAPreviousKeyOpensAndDoesNotSeal(t *testing.T) {
	before, after := newKey(t), newKey(t)
	text := sealed(t, newRing(t, before), token)
	ring := newRing(t, after, newKey(t), before)
	if got, err := ring.Open(here, text); err != nil || got != token {
		t.Errorf("opened with a previous key: %q, %v", got, err)
	}
	if _, err := newRing(t, before).Open(here, sealed(t, ring, token)); err == nil {
		t.Error("the keyring seals with a previous key")
	}
	if _, err := newRing(t, "", before).Seal(here, token); !errors.Is(err, ErrNoKey) {
		t.Errorf("with previous keys alone Seal returns %v", err)
	}
	if got, err := newRing(t, "", before).Open(here, text); err != nil || got != token {
		t.Errorf("opened with previous keys alone: %q, %v", got, err)
	}
}

func TestWhatCannotBeOpened(t *testing.T) {
	key := newKey(t)
	ring := newRing(t, key)
	text := sealed(t, ring, token)
	tampered := func(at int) string {
		file, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		file[(at+len(file))%len(file)] ^= 1
		return base64.StdEncoding.EncodeToString(file)
	}
	tests := map[string]struct {
		ring   *Keyring
		sealed string
		says   string
	}{
		"another key":       {newRing(t, newKey(t), newKey(t)), text, "add the key it was sealed with to secrets.previous_keys"},
		"no key":            {newRing(t, ""), text, "secrets.key is not set"},
		"nil":               {nil, text, "secrets.key is not set"},
		"payload changed":   {ring, tampered(-1), "was changed or cut short"},
		"header changed":    {ring, tampered(30), ""},
		"version changed":   {ring, tampered(20), "was changed or cut short"},
		"cut short":         {ring, text[:len(text)-8], "was changed or cut short"},
		"empty":             {ring, "", "was changed or cut short"},
		"never sealed":      {ring, token, "was changed or cut short"},
		"broken in lines":   {ring, text[:40] + " " + text[40:], "was changed or cut short"},
		"sealed, then more": {ring, text + text, "was changed or cut short"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := test.ring.Open(here, test.sealed)
			if err == nil || got != "" || !strings.Contains(err.Error(), test.says) {
				t.Fatalf("got %q, %v; want an error that says %q", got, err, test.says)
			}
			mustNotShow(t, err.Error(), token, key, text)
		})
	}
}

func TestSealWithoutAKeySaysHowToMakeOne(t *testing.T) {
	for _, ring := range []*Keyring{nil, newRing(t, "")} {
		if _, err := ring.Seal(here, token); err == nil || err.Error() != "secrets.key is not set: make one with notion-kafka keygen" {
			t.Errorf("got %v", err)
		}
	}
}

func TestABadKeyIsNamedByItsPath(t *testing.T) {
	good := newKey(t)
	bad := good[:len(good)-1] + "!"
	tests := map[string]struct {
		key      string
		previous []string
		says     string
	}{
		"key":          {bad, nil, "secrets.key: is not a key"},
		"previous key": {good, []string{good, bad}, "secrets.previous_keys[1]: is not a key"},
		"public key":   {"age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p", nil, "secrets.key: is not a key"},
		"empty one":    {good, []string{""}, "secrets.previous_keys[0]: is not a key"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := New(test.key, test.previous)
			if err == nil || !strings.HasPrefix(err.Error(), test.says) || !strings.Contains(err.Error(), "keygen") {
				t.Fatalf("got %v, want %s", err, test.says)
			}
			mustNotShow(t, err.Error(), bad, good, test.key)
		})
	}
	if ring := newRing(t, " "+good+"\n"); ring.current == nil {
		t.Error("a line break behind the key counts")
	}
}

func TestAKeyringPrintsNoKey(t *testing.T) {
	key := newKey(t)
	ring := newRing(t, key, key)
	var printed bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		fmt.Fprintf(&printed, verb+"\n", ring)
		fmt.Fprintf(&printed, verb+"\n", *ring)
	}
	slog.New(slog.NewJSONHandler(&printed, nil)).Info("opened", "ring", ring)
	mustNotShow(t, printed.String(), key)
}

func mustNotShow(t *testing.T, text string, secrets ...string) {
	t.Helper()
	for _, secret := range secrets {
		if secret != "" && strings.Contains(text, secret) {
			t.Errorf("a secret is shown:\n%s", text)
		}
	}
}

// Nobody with the right to write sealed secrets can use one for another source, nor
// as another key.
func TestASecretFitsItsPlaceAlone(t *testing.T) {
	ring := newRing(t, newKey(t))
	text := sealed(t, ring, token)
	for _, other := range []Place{{"evil", "token"}, {"crm", "description"}, {"", ""}} {
		got, err := ring.Open(other, text)
		if err == nil || got != "" || !strings.Contains(err.Error(), "sealed as token of source crm") {
			t.Errorf("opened for %v: %q, %v", other, got, err)
		}
		if ring.IsFresh(other, text) {
			t.Errorf("fresh for %v", other)
		}
	}
}

// Texts that a previous key sealed are to be sealed anew. So are texts from before
// secrets had places, which can still be opened.
func TestWhatIsNotFresh(t *testing.T) {
	before, now := newKey(t), newKey(t)
	ring := newRing(t, now, before)
	var old bytes.Buffer
	to, err := age.Encrypt(&old, ring.current.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	_, err = to.Write([]byte(token))
	if err := errors.Join(err, to.Close()); err != nil {
		t.Fatal(err)
	}
	unplaced := base64.StdEncoding.EncodeToString(old.Bytes())
	if got, err := ring.Open(here, unplaced); err != nil || got != token {
		t.Errorf("sealed before there were places: %q, %v", got, err)
	}
	for name, test := range map[string]struct {
		ring  *Keyring
		text  string
		fresh bool
	}{
		"the current key":        {ring, sealed(t, ring, token), true},
		"a previous key":         {ring, sealed(t, newRing(t, before), token), false},
		"without a place":        {ring, unplaced, false},
		"a key nobody has":       {ring, sealed(t, newRing(t, newKey(t)), token), false},
		"nothing to seal with":   {newRing(t, "", before), sealed(t, newRing(t, before), token), true},
		"not even previous keys": {nil, unplaced, true},
	} {
		if got := test.ring.IsFresh(here, test.text); got != test.fresh {
			t.Errorf("%s: fresh %v", name, got)
		}
	}
}
