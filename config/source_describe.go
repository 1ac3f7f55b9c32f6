package config

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// DescribeSource returns a source as it was written: a JSON object with those of the
// file's keys that were given, in the order of the manual, without secrets.
// [ParseSource] can read it once the secrets are back.
func DescribeSource(spec SourceSpec) json.RawMessage {
	return describe(reflect.ValueOf(spec))
}

// describe writes a section or a single value.
func describe(v reflect.Value) json.RawMessage {
	switch value := v.Interface().(type) {
	case Trigger:
		if value.Off {
			return marshal("off")
		}
	case time.Duration:
		return marshal(shortDuration(value))
	}
	switch v.Kind() {
	case reflect.Struct:
		return object(givenKeys(v))
	case reflect.Slice:
		items := make([]json.RawMessage, v.Len())
		for i := range items {
			items[i] = describe(v.Index(i))
		}
		return marshal(items)
	}
	return marshal(v.Interface())
}

// a pair is a key and its value.
type pair struct {
	key   string
	value json.RawMessage
}

// givenKeys returns the keys of a section that were given, without secrets.
func givenKeys(section reflect.Value) (pairs []pair) {
	for i := range section.NumField() {
		key, option, _ := strings.Cut(section.Type().Field(i).Tag.Get("yaml"), ",")
		v := section.Field(i)
		switch {
		case option == "inline":
			pairs = append(pairs, givenKeys(v)...)
		case key == "-" || v.IsZero() || isSecret(v.Type()):
		case v.Kind() == reflect.Pointer:
			pairs = append(pairs, pair{key, describe(v.Elem())})
		default:
			pairs = append(pairs, pair{key, describe(v)})
		}
	}
	return pairs
}

func object(pairs []pair) json.RawMessage {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, p := range pairs {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(marshal(p.key))
		b.WriteByte(':')
		b.Write(p.value)
	}
	b.WriteByte('}')
	return b.Bytes()
}

// marshal writes values that cannot fail: texts, numbers, truth values and JSON that
// was written before. It does not escape HTML.
func marshal(v any) json.RawMessage {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(fmt.Sprintf("config: writing %T as JSON: %v", v, err))
	}
	return bytes.TrimSpace(b.Bytes())
}

// shortDuration writes a duration as a person does: 5m, not 5m0s.
func shortDuration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// SplitSecrets takes the secrets out of a source that [ParseSource] has read, and
// returns them by their keys, so that the rest can be stored in clear. It fails for a
// text that ParseSource would have refused.
func SplitSecrets(spec json.RawMessage) (public json.RawMessage, secrets map[string]string, err error) {
	keys, err := keysOf(spec)
	if err != nil {
		return nil, nil, err
	}
	secrets = make(map[string]string)
	for _, f := range fieldsOf(reflect.TypeFor[SourceSpec]()) {
		value, ok := keys[f.key]
		if !ok || !isSecret(f.typ) {
			continue
		}
		var secret string
		if err := json.Unmarshal(value, &secret); err != nil {
			return nil, nil, fmt.Errorf("reading a source: %s: expected text", f.key)
		}
		secrets[f.key] = secret
		delete(keys, f.key)
	}
	return inOrder(keys), secrets, nil
}

// JoinSecrets is the reverse of [SplitSecrets].
func JoinSecrets(public json.RawMessage, secrets map[string]string) (spec json.RawMessage, err error) {
	keys, err := keysOf(public)
	if err != nil {
		return nil, err
	}
	for key, secret := range secrets {
		keys[key] = marshal(secret)
	}
	return inOrder(keys), nil
}

func keysOf(object json.RawMessage) (map[string]json.RawMessage, error) {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(object, &keys); err != nil || keys == nil {
		return nil, fmt.Errorf("reading a source: it is not a JSON object")
	}
	return keys, nil
}

// inOrder writes the keys of a source in the order of the manual, unknown ones
// last.
func inOrder(keys map[string]json.RawMessage) json.RawMessage {
	var pairs []pair
	for _, f := range fieldsOf(reflect.TypeFor[SourceSpec]()) {
		if value, ok := keys[f.key]; ok {
			pairs = append(pairs, pair{f.key, value})
			delete(keys, f.key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		pairs = append(pairs, pair{key, keys[key]})
	}
	return object(pairs)
}

// Digest returns the same for sources that do the same: 16 hexadecimal digits of a
// hash over everything but the token, which is only dots in JSON. Instances may have
// different tokens while a token is being replaced.
func Digest(source Source) string {
	sum := sha256.Sum256(marshal(source))
	return hex.EncodeToString(sum[:8])
}
