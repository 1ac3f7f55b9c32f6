package main

import (
	"encoding/json"
	"fmt"
	"slices"

	"notion-kafka/config"
	"notion-kafka/producer/control"
)

// Definition implements console.Backend.
func (b *backend) Definition(name string) (asJSON json.RawMessage, asYAML string, err error) {
	sources := b.Sources()
	at := slices.IndexFunc(sources, func(src control.Source) bool { return src.Name == name })
	if at < 0 {
		return nil, "", &control.Error{Kind: control.NotFound, Message: fmt.Sprintf("there is no source %q", name)}
	}
	public, _, err := config.SplitSecrets(sources[at].Definition)
	if err != nil { // whoever may write the control topic can write anything there
		return nil, "", &control.Error{Kind: control.Conflict, Message: fmt.Sprintf("the definition of source %s cannot be shown: %v", name, err)}
	}
	return public, config.SourceYAML(public), nil
}
