// Package config turns a YAML file, the environment and --set flags into one
// [Config] that is complete and valid, or into one [Error] that lists every
// problem at once, each by its path and line, with what to do about it.
//
// Its promise: nothing starts half-configured. A Config that [Load] returned
// holds final values, defaults included. No unknown key was ignored, and printing
// the Config in any of Go's ways shows no secret.
//
// The way of a value: example.yaml holds the defaults and is also the manual.
// The example, the file, the environment and the flags are each read into nodes
// that know where they were written (layer.go, overlay.go), and checked against the
// types of Config (shape.go). Then they are merged and unmarshalled (load.go), and
// the result is validated as a whole (validate.go).
//
// A single source that comes over the network as JSON goes the same way
// ([ParseSource]), without the environment and the files of this machine.
package config
