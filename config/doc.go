// Package config turns a YAML file, the environment and --set flags into one
// [Config] that is complete and valid, or into one [Error] that lists every
// problem at once, each by its path and line, with what to do about it.
//
// Its promise: nothing starts half-configured. A Config that [Load] returned
// holds final values (defaults included), no unknown key was passed over, and
// printing it in any of Go's ways shows no secret.
//
// The way of a value: example.yaml holds the defaults and is the manual at the
// same time. It, the file, the environment and the flags are each read into
// nodes that know where they were written (layer.go, overlay.go), checked
// against the types of Config (shape.go), laid over each other and unmarshalled
// (load.go), and then judged as a whole (validate.go).
//
// A single source that comes over the network goes the same way as JSON
// ([ParseSource]), without the environment and the files of this machine.
package config
