package control

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Memory is what the control topic says. It belongs to the board that reads it;
// see [Board.See].
type Memory struct {
	definitions map[string]Definition
	standings   map[string]Standing
	histories   map[string]history
	runs        map[string]place  // of every run of every history, by id
	logs        map[string][]byte // JSON, by key
	instances   map[string]Instance
	commands    map[string]arrived
	answers     map[string]Answer
	arrivals    int // commands that came so far
}

// A PendingCommand is a command with its id.
type PendingCommand struct {
	ID string
	Command
}

// arrived is a command and the how manieth it was.
type arrived struct {
	Command
	number int
}

// NewMemory is the memory of an empty topic.
func NewMemory() *Memory {
	return &Memory{
		definitions: map[string]Definition{}, standings: map[string]Standing{},
		histories: map[string]history{}, runs: map[string]place{}, logs: map[string][]byte{},
		instances: map[string]Instance{}, commands: map[string]arrived{}, answers: map[string]Answer{},
	}
}

// Apply takes one record of the control topic into the memory; a nil value
// forgets the key. Kinds of key it does not know are passed over: a newer version
// may have written them. After an error the memory is as it was before. It keeps
// no part of the slices.
//
// written is the record's own time, or now where that is earlier. What a record says
// of later times is not believed: a command expires a minute after it was written at
// the latest, and an instance was not heard of after its record.
func (m *Memory) Apply(key, value []byte, written time.Time) error {
	if err := m.apply(string(key), value, written); err != nil {
		return fmt.Errorf("control record %.200q: %w", key, err)
	}
	return nil
}

func (m *Memory) apply(key string, value []byte, written time.Time) error {
	kind, _, _ := strings.Cut(key, "/")
	switch kind {
	case kindDefinition:
		return put(m.definitions, key, value)
	case kindStanding:
		return put(m.standings, key, value)
	case kindRun:
		return m.putRun(key, value)
	case kindLog:
		return m.putLog(key, value)
	case kindInstance:
		return m.putInstance(key, value, written)
	case kindCommand:
		return m.putCommand(key, value, written)
	case kindAnswer:
		return put(m.answers, key, value)
	}
	return nil
}

// put sets or removes the entry of a map that the one name in a key stands for.
func put[T any](in map[string]T, key string, value []byte) error {
	names, err := split(key, 1)
	if err != nil {
		return err
	}
	if value == nil {
		delete(in, names[0])
		return nil
	}
	v, err := decode[T](value)
	if err != nil {
		return err
	}
	in[names[0]] = v
	return nil
}

func (m *Memory) putLog(key string, value []byte) error {
	if value == nil {
		delete(m.logs, key)
		return nil
	}
	if _, err := decode[Log](value); err != nil {
		return err
	}
	m.logs[key] = slices.Clone(value)
	return nil
}

func (m *Memory) putInstance(key string, value []byte, written time.Time) error {
	if err := put(m.instances, key, value); err != nil || value == nil {
		return err
	}
	id := strings.TrimPrefix(key, InstanceKey(""))
	instance := m.instances[id]
	instance.At = earlier(instance.At, written)
	m.instances[id] = instance
	return nil
}

// longestCommand is how long after it was written a command may expire. Whoever asks
// waits for less ([Board.Ask]).
const longestCommand = time.Minute

func earlier(a, b time.Time) time.Time {
	if a.After(b) {
		return b
	}
	return a
}

func (m *Memory) putCommand(key string, value []byte, written time.Time) error {
	names, err := split(key, 1)
	if err != nil {
		return err
	}
	if value == nil {
		delete(m.commands, names[0])
		return nil
	}
	command, err := decode[Command](value)
	if err != nil {
		return err
	}
	command.Expires = earlier(command.Expires, written.Add(longestCommand))
	m.arrivals++
	m.commands[names[0]] = arrived{command, m.arrivals}
	return nil
}

// Definitions are the sources that were made through the API, by name.
func (m *Memory) Definitions() map[string]Definition { return maps.Clone(m.definitions) }

// Definition is that of one source; false where it was not made through the API.
func (m *Memory) Definition(source string) (Definition, bool) {
	d, ok := m.definitions[source]
	return d, ok
}

// Standing is how a source stands; false before anybody said so.
func (m *Memory) Standing(source string) (Standing, bool) {
	s, ok := m.standings[source]
	return s, ok
}

// Logs are what a source's last run said and what its last run that failed said;
// nil where there is none.
func (m *Memory) Logs(source string) (last, failed *Log) {
	return m.log(LastLogKey(source)), m.log(FailedLogKey(source))
}

func (m *Memory) log(key string) *Log {
	value, ok := m.logs[key]
	if !ok {
		return nil
	}
	return new(kept[Log](value))
}

// Instances are the instances that have not said goodbye, by id: those that died
// too, for an hour. See [Board.Alive].
func (m *Memory) Instances() map[string]Instance { return maps.Clone(m.instances) }

// Commands are those that have no answer, in the order in which they came,
// expired ones too.
func (m *Memory) Commands() (pending []PendingCommand) {
	inOrder := slices.SortedFunc(maps.Keys(m.commands), func(a, b string) int { return m.commands[a].number - m.commands[b].number })
	for _, id := range inOrder {
		if _, answered := m.answers[id]; !answered {
			pending = append(pending, PendingCommand{id, m.commands[id].Command})
		}
	}
	return pending
}

// Answer is the answer to a command; false where there is none.
func (m *Memory) Answer(command string) (Answer, bool) {
	a, ok := m.answers[command]
	return a, ok
}

// kept decodes what was decoded once before it was kept.
func kept[T any](value []byte) T {
	v, err := decode[T](value)
	if err != nil {
		panic(err)
	}
	return v
}
