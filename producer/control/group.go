package control

import "time"

// A RunFilter chooses runs of all sources. A field with its zero value fits every run.
type RunFilter struct {
	Source  string
	Status  Status
	Trigger Trigger
	Limit   int // how many of the newest
}

// A Group is the living instances as the API shows them.
type Group struct {
	Instances []InstanceView `json:"instances"`
	// Disagreements are the sources that the files of the instances define differently, or
	// that some of them lack.
	Disagreements []string `json:"disagreements"`
}

// An InstanceView is a living instance.
type InstanceView struct {
	ID        string           `json:"id"`
	Version   string           `json:"version"`
	StartedAt time.Time        `json:"started_at"`
	HeardAt   time.Time        `json:"heard_at"`
	Console   string           `json:"console,omitzero"` // public URL; "" where it has none
	Shards    []int32          `json:"shards"`
	Stalled   map[int32]string `json:"stalled,omitzero"` // shards that it cannot claim, and why
	Sources   []string         `json:"sources"`          // that it runs now
	This      bool             `json:"this"`             // it is the one that answers
}
