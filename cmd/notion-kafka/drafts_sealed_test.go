package main

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/config"
	"notion-kafka/producer/control"
	"notion-kafka/producer/seal"
)

func newRing(t *testing.T, previous ...string) (ring *seal.Keyring, key string) {
	t.Helper()
	key, err := seal.GenerateKey()
	if err == nil {
		ring, err = seal.New(key, previous)
	}
	if err != nil {
		t.Fatal(err)
	}
	return ring, key
}

func aDraft() control.Draft {
	return control.Draft{
		ID: rand.Text(), Version: 3, Updated: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), Source: "acme", Spec: json.RawMessage(`{"name":"acme","token":"ntn_hunter2"}`),
		Granted: &control.DraftGrant{Bot: "b", Workspace: "Acme", Pair: json.RawMessage(`{"Token":{"access_token":"ntn_access"}}`)},
		Found:   &control.Discovery{Workspace: "Acme Inc."}, Reached: 2,
	}
}

func mustSeal(t *testing.T, keys *seal.Keyring, d control.Draft) control.SealedDraft {
	t.Helper()
	kept, err := sealDraft(keys, d)
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

// mustSayKind fails the test unless an error is of a kind and says all of the texts.
func mustSayKind(t *testing.T, err error, kind control.ErrorKind, texts ...string) {
	t.Helper()
	told, is := errors.AsType[*control.Error](err)
	if !is || told.Kind != kind {
		t.Errorf("error %v is not %s", err, kind)
		return
	}
	for _, text := range texts {
		if !strings.Contains(told.Message, text) {
			t.Errorf("%q does not say %q", told.Message, text)
		}
	}
}

func TestADraftIsOpenedAsItWasSealed(t *testing.T) {
	keys, key := newRing(t)
	d := aDraft()
	kept := mustSeal(t, keys, d)
	for _, secret := range []string{"hunter2", "ntn_access", "acme", "Acme"} {
		if strings.Contains(kept.Sealed, secret) {
			t.Errorf("%s is in the record", secret)
		}
	}
	got, err := openDraft(keys, d.ID, kept)
	if diff := cmp.Diff(d, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	later, _ := newRing(t, key)
	if got, err = openDraft(later, d.ID, kept); err != nil || got.Source != "acme" {
		t.Errorf("with its key as a previous one: %+v, %v", got, err)
	}
}

// A draft is of use under its own id and with its key only, and no secret of a source is one.
func TestADraftFitsItsIDAlone(t *testing.T) {
	keys, _ := newRing(t)
	stranger, _ := newRing(t)
	d := aDraft()
	kept := mustSeal(t, keys, d)
	_, err := openDraft(keys, rand.Text(), kept)
	mustSayKind(t, err, control.Conflict, "somebody copied it there")
	_, err = openDraft(stranger, d.ID, kept)
	mustSayKind(t, err, control.Conflict, "secrets.previous_keys")
	token, err := keys.Seal(seal.Place{Source: "acme", Key: "token"}, "ntn_hunter2")
	if err != nil {
		t.Fatal(err)
	}
	_, err = openDraft(keys, d.ID, control.SealedDraft{Sealed: token})
	mustSayKind(t, err, control.Conflict, "somebody copied it there")
	if _, err := keys.Open(seal.Place{Source: "acme", Key: "token"}, kept.Sealed); err == nil {
		t.Error("a draft was opened as the token of a source")
	}
	kept.Sealed = kept.Sealed[:len(kept.Sealed)-8]
	_, err = openDraft(keys, d.ID, kept)
	mustSayKind(t, err, control.Conflict, "cut short")
}

// Without a key nothing is kept, and a person reads the three ways to one.
func TestADraftWithoutAKey(t *testing.T) {
	keyless, err := seal.New("", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = sealDraft(keyless, aDraft())
	mustSayKind(t, err, control.Conflict, "secrets.key is not set", "notion-kafka keygen", "NOTION_KAFKA_SECRETS__KEY", "secrets.key_file", "the embedded broker makes a key")
}

// What is too large is refused before it is written, and before it fills the memory.
func TestADraftIsBounded(t *testing.T) {
	keys, _ := newRing(t)
	d := aDraft()
	d.Spec = json.RawMessage(`"` + randomText(600<<10) + `"`)
	_, err := sealDraft(keys, d)
	mustSayKind(t, err, control.Conflict, "too large", "524288 are kept")
	d.Spec = json.RawMessage(`"` + strings.Repeat("a", mostOpenedDraft) + `"`)
	_, err = sealDraft(keys, d)
	mustSayKind(t, err, control.Conflict, "too large")

	var bomb bytes.Buffer
	to := gzip.NewWriter(&bomb)
	_, err = to.Write([]byte(`{"spec":"` + strings.Repeat("a", 4*mostOpenedDraft) + `"}`))
	if err := errors.Join(err, to.Close()); err != nil {
		t.Fatal(err)
	}
	for what, plain := range map[string]string{"a bomb": bomb.String(), "no gzip": "{}", "half": bomb.String()[:bomb.Len()/2]} {
		sealed, err := keys.Seal(draftPlace(d.ID), plain)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := unpackedDraft([]byte(plain)); err == nil || len(text) > mostOpenedDraft+1 {
			t.Errorf("%s: %d bytes, %v", what, len(text), err)
		}
		_, err = openDraft(keys, d.ID, control.SealedDraft{Sealed: sealed})
		mustSayKind(t, err, control.Conflict, "cannot be read")
	}
}

// randomText is a text that does not shrink.
func randomText(size int) string {
	var text strings.Builder
	for text.Len() < size {
		text.WriteString(rand.Text())
	}
	return text.String()
}

// check says that a previous key is still needed for a draft, as long as it counts.
func TestCheckSaysThatADraftNeedsAPreviousKey(t *testing.T) {
	before, old := newRing(t)
	_, key := newRing(t)
	cfg := &config.Config{DataDir: t.TempDir()}
	cfg.Secrets.Key, cfg.Secrets.PreviousKeys = config.Secret(key), []config.Secret{config.Secret(old)}
	for name, test := range map[string]struct {
		at     time.Time
		sealed *seal.Keyring
		says   bool
	}{
		"of a previous key": {time.Now(), before, true},
		"of the key":        {time.Now(), mustOpenKeyring(t, cfg), false},
		"over":              {time.Now().Add(-control.DraftLife), before, false},
	} {
		d := aDraft()
		d.Updated = test.at
		encoded, value, err := control.Record{Key: control.DraftKey(d.ID), Value: mustSeal(t, test.sealed, d)}.Encode()
		memory := control.NewMemory()
		if err == nil {
			err = memory.Apply(encoded, value, time.Now())
		}
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		(&checklist{out: &out}).sealed(cfg, memory)
		if says := strings.Contains(out.String(), "one of secrets.previous_keys is still needed for 1 source that somebody is adding or changing"); says != test.says {
			t.Errorf("%s: %s", name, &out)
		}
	}
}
