package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"notion-kafka/producer/control"
	"notion-kafka/producer/seal"
)

// mostOpenedDraft bounds a draft as JSON, in bytes. Without it, whoever may write to the topic
// could fill this process's memory.
const mostOpenedDraft = 8 << 20

// draftPlace binds a sealed draft to its id. No source has the name "".
func draftPlace(id string) seal.Place { return seal.Place{Key: "draft " + id} }

// sealDraft seals a draft whole, compressed, for its id.
func sealDraft(keys *seal.Keyring, d control.Draft) (control.SealedDraft, error) {
	text, err := json.Marshal(d)
	if err != nil {
		return control.SealedDraft{}, &control.Error{Kind: control.Invalid, Message: "keeping a source that is not finished: " + err.Error()}
	}
	var packed bytes.Buffer
	to := gzip.NewWriter(&packed)
	_, err = to.Write(text)
	if err = errors.Join(err, to.Close()); err != nil {
		return control.SealedDraft{}, err
	}
	sealed, err := keys.Seal(draftPlace(d.ID), packed.String())
	switch {
	case errors.Is(err, seal.ErrNoKey):
		return control.SealedDraft{}, errNothingSeals()
	case err != nil:
		return control.SealedDraft{}, err
	case len(text) > mostOpenedDraft || len(sealed) > control.MaxSealedDraft:
		return control.SealedDraft{}, &control.Error{Kind: control.Conflict, Message: fmt.Sprintf("this source is too large to be kept while it is not finished: it has %d bytes, and %d when sealed, of which %d are kept. "+
			"Select fewer databases by name, or define the source in the configuration file", len(text), len(sealed), control.MaxSealedDraft)}
	}
	return control.SealedDraft{Version: d.Version, Updated: d.Updated, Sealed: sealed}, nil
}

// errNothingSeals says how to get a key. A person reads it before they enter a token.
func errNothingSeals() error {
	return &control.Error{Kind: control.Conflict, Message: "a source cannot be added here, because its secrets could not be sealed: secrets.key is not set. There are three ways out: " +
		"run `notion-kafka keygen` and give what it prints to every instance in the environment, as NOTION_KAFKA_SECRETS__KEY; " +
		"or keep it in a file that secrets.key_file names; " +
		"or, to try things out, leave out kafka.brokers: the embedded broker makes a key of its own"}
}

// openDraft opens a draft that is kept under an id.
func openDraft(keys *seal.Keyring, id string, kept control.SealedDraft) (control.Draft, error) {
	refuse := func(format string, args ...any) error {
		return &control.Error{Kind: control.Conflict, Message: "opening a source that is not finished: " + fmt.Sprintf(format, args...)}
	}
	packed, err := keys.Open(draftPlace(id), kept.Sealed)
	if err != nil {
		return control.Draft{}, refuse("%v", err)
	}
	text, err := unpackedDraft([]byte(packed))
	var d control.Draft
	if err == nil {
		err = json.Unmarshal(text, &d)
	}
	if err != nil {
		return control.Draft{}, refuse("what was sealed cannot be read: begin again with Add source")
	}
	d.ID, d.Version, d.Updated = id, kept.Version, kept.Updated
	return d, nil
}

func unpackedDraft(packed []byte) ([]byte, error) {
	from, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(from, mostOpenedDraft+1))
	if err == nil && len(text) > mostOpenedDraft {
		err = fmt.Errorf("it has more than %d bytes", mostOpenedDraft)
	}
	return text, err
}

// stamped is a draft as it is written next.
func stamped(d control.Draft) control.Draft {
	d.Version++
	d.Updated = time.Now().UTC().Truncate(time.Millisecond) // no more than the record's own time has
	return d
}
