package main

import (
	"context"
	"errors"
	"slices"

	"notion-kafka/config"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
)

// readGrants lets the sources of a command that is no instance of the group use the tokens that are
// in the control topic now. They are not renewed. If the topic cannot be read, a source that needs
// them says so.
func (a *App) readGrants(ctx context.Context, connector *connector) {
	if !slices.ContainsFunc(a.Config.ResolvedSources(), func(src config.Source) bool { return src.OAuth }) {
		return
	}
	memory, err := a.controlMemory(ctx)
	if err != nil {
		a.Log.Debug("reading the tokens of sources with oauth: true", "error", err)
		return
	}
	connector.grants.ReadFrom(func(look func(*control.Memory)) { look(memory) }, nil)
}

// madeSources returns the sources that were made through the API, without their secrets and
// without what is wrong with them. Those that the configuration has too are left out.
func (a *App) madeSources(ctx context.Context) (made []config.Source, err error) {
	memory, err := a.controlMemory(ctx)
	if err != nil {
		return nil, err
	}
	for name, kept := range memory.Definitions() {
		inFile := slices.ContainsFunc(a.Config.Sources, func(src config.SourceSpec) bool { return src.Name == name })
		if read, err := config.ReadSource(kept.Spec, a.Config, nil); err == nil && read.Source.Name == name && !inFile {
			made = append(made, read.Source)
		}
	}
	return made, nil
}

// controlMemory is the control topic as it is now; empty if it does not exist yet.
func (a *App) controlMemory(ctx context.Context) (*control.Memory, error) {
	ctx, cancel := context.WithTimeout(ctx, kafkaPatience)
	defer cancel()
	memory := control.NewMemory()
	for record, err := range a.Cluster.ReadAll(ctx, a.Config.Kafka.ControlTopic) {
		if errors.Is(err, kafka.ErrTopicMissing) {
			break
		}
		if err != nil {
			return nil, err
		}
		_ = memory.Apply(record.Key, record.Value, record.Time) // records of a newer version are skipped
	}
	return memory, nil
}

// connectedByNobody is for a broker that has never served: no source can be connected yet.
func (c *connector) connectedByNobody() {
	nothing := control.NewMemory()
	c.grants.ReadFrom(func(look func(*control.Memory)) { look(nothing) }, nil)
}
