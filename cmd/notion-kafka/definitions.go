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

// definitions turns sources that are given to the API into what is kept of them,
// and that into sources that can be run. What leaves this process is sealed.
type definitions struct {
	config    *config.Config
	connector *connector
	keys      *seal.Keyring
}

// define judges one element of sources: and seals its secrets. A secret that it
// does not give is taken from what is kept already; others are the sources with
// which it must not share topics.
func (d definitions) define(spec json.RawMessage, kept control.Definition, others []config.Source) (control.Definition, error) {
	public, secrets, err := config.SplitSecrets(spec)
	if err != nil {
		return control.Definition{}, invalid(err)
	}
	whole := spec
	if len(secrets) == 0 && len(kept.Sealed) > 0 {
		if whole, err = d.whole(nameOf(public), control.Definition{Spec: public, Sealed: kept.Sealed}); err != nil {
			return control.Definition{}, &control.Error{Kind: control.Conflict, Message: fmt.Sprintf("the source is not changed, because what it does not give cannot be taken from what is kept: %v", err)}
		}
	}
	src, err := config.ParseSource(whole, d.config, others)
	if err == nil {
		err = notYet([]config.Source{src})
	}
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
			sealed[key] = kept.Sealed[key] // the same again is no change
			continue
		}
		if sealed[key], err = d.keys.Seal(at, secret); err != nil {
			return control.Definition{}, &control.Error{Kind: control.Conflict, Message: fmt.Sprintf("source %s is not kept, because its %s could not be sealed: %v", src.Name, key, err)}
		}
	}
	return control.Definition{Spec: public, Sealed: sealed}, nil
}

// open makes a source that is kept ready to be run.
func (d definitions) open(name string, kept control.Definition) (*producer.Source, error) {
	src, err := d.parse(name, kept)
	if err != nil {
		return nil, fmt.Errorf("source %s: %w", name, err)
	}
	return d.connector.open(src)
}

// parse reads a definition that is kept under a name. It counts only under its own:
// under another one, a second owner would publish the source's records again.
func (d definitions) parse(name string, kept control.Definition) (config.Source, error) {
	spec, err := d.whole(name, kept)
	if err != nil {
		return config.Source{}, err
	}
	src, err := config.ParseSource(spec, d.config, nil)
	if err == nil && src.Name != name {
		err = fmt.Errorf("what is kept under this name defines source %q: remove it, and make the source under its own name", src.Name)
	}
	if err == nil {
		err = notYet([]config.Source{src})
	}
	return src, err
}

// reseal seals anew what is not sealed with secrets.key, and says whether anything
// changed. What cannot be opened stays as it is.
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

// nameOf is the name in an element of sources:, "" where it has none.
func nameOf(spec json.RawMessage) string {
	var named struct{ Name string }
	if json.Unmarshal(spec, &named) != nil {
		return "" // what is wrong with it is told when it is parsed
	}
	return named.Name
}

// whole is the element of sources: as it was given, secrets included.
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

// invalid is what is wrong with a source, for who gave it.
func invalid(err error) error {
	if told, ok := errors.AsType[*control.Error](err); ok {
		return told
	}
	return &control.Error{Kind: control.Invalid, Message: err.Error()}
}
