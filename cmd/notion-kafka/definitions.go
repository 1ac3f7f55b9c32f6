package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"notion-kafka/config"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/seal"
)

// definitions turns sources posted to the API into stored definitions, and stored
// definitions into sources that can be run. Secrets leave this process sealed only.
type definitions struct {
	config    *config.Config
	connector *connector
	keys      *seal.Keyring
}

// define validates one element of sources: and seals its secrets. Secrets missing in
// spec are taken from the stored definition; others are the sources that it must not
// share topics with.
func (d definitions) define(spec json.RawMessage, kept control.Definition, others []config.Source) (control.Definition, error) {
	public, secrets, err := config.SplitSecrets(spec)
	if err != nil {
		return control.Definition{}, invalid(err)
	}
	whole := spec
	if len(secrets) == 0 && len(kept.Sealed) > 0 {
		if whole, err = d.whole(nameOf(public), control.Definition{Spec: public, Sealed: kept.Sealed}); err != nil {
			return control.Definition{}, &control.Error{Kind: control.Conflict, Message: fmt.Sprintf("the source is not changed: it gives no secret, and the stored one cannot be used: %v", err)}
		}
	}
	src, err := config.ParseSource(whole, d.config, others)
	if err == nil {
		err = d.config.Reach(src)
	}
	if err != nil {
		return control.Definition{}, invalid(err)
	}
	sealed := map[string]string{}
	for key, secret := range secrets {
		at := seal.Place{Source: src.Name, Key: key}
		if before, err := d.keys.Open(at, kept.Sealed[key]); err == nil && before == secret && d.keys.IsFresh(at, kept.Sealed[key]) {
			sealed[key] = kept.Sealed[key] // the same secret is no change
			continue
		}
		if sealed[key], err = d.keys.Seal(at, secret); err != nil {
			return control.Definition{}, &control.Error{Kind: control.Conflict, Message: fmt.Sprintf("source %s is not stored, because its %s could not be sealed: %v", src.Name, key, err)}
		}
	}
	return control.Definition{Spec: public, Sealed: sealed}, nil
}

// open makes a stored source ready to be run.
func (d definitions) open(name string, kept control.Definition) (*producer.Source, error) {
	src, err := d.parse(name, kept)
	if err != nil {
		return nil, fmt.Errorf("source %s: %w", name, err)
	}
	return d.connector.open(src)
}

// parse reads the definition stored under a name. It refuses a definition that names
// another source: a second owner would publish that source's records again.
func (d definitions) parse(name string, kept control.Definition) (config.Source, error) {
	spec, err := d.whole(name, kept)
	if err != nil {
		return config.Source{}, err
	}
	src, err := config.ParseSource(spec, d.config, nil)
	if err == nil && src.Name != name {
		err = fmt.Errorf("the definition stored under this name defines source %q: remove it, and make the source under its own name", src.Name)
	}
	return src, err
}

// reseal seals secrets with secrets.key that another key sealed, and reports whether
// any changed. Secrets that cannot be opened stay as they are.
func (d definitions) reseal(name string, kept control.Definition) (control.Definition, bool) {
	fresh := maps.Clone(kept.Sealed)
	changed := false
	for key, sealed := range kept.Sealed {
		at := seal.Place{Source: name, Key: key}
		if d.keys.IsFresh(at, sealed) {
			continue
		}
		plain, err := d.keys.Open(at, sealed)
		if err != nil {
			continue
		}
		if anew, err := d.keys.Seal(at, plain); err == nil {
			fresh[key], changed = anew, true
		}
	}
	kept.Sealed = fresh
	return kept, changed
}

// nameOf returns the name in an element of sources:, "" if it has none.
func nameOf(spec json.RawMessage) string {
	var named struct{ Name string }
	if json.Unmarshal(spec, &named) != nil {
		return "" // parsing reports the error
	}
	return named.Name
}

// whole returns the element of sources: as it was given, secrets included.
func (d definitions) whole(name string, kept control.Definition) (json.RawMessage, error) {
	secrets := map[string]string{}
	for key, sealed := range kept.Sealed {
		secret, err := d.keys.Open(seal.Place{Source: name, Key: key}, sealed)
		if err != nil {
			return nil, fmt.Errorf("opening its %s: %w", key, err)
		}
		secrets[key] = secret
	}
	return config.JoinSecrets(kept.Spec, secrets)
}

// invalid turns an error in a source into one that the API returns to its client.
func invalid(err error) error {
	if told, ok := errors.AsType[*control.Error](err); ok {
		return told
	}
	return &control.Error{Kind: control.Invalid, Message: err.Error()}
}
