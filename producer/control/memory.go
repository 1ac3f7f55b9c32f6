package control

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Memory is the content of the control topic. It belongs to the client that reads the
// topic; see [Client.View].
type Memory struct {
	definitions map[string]Definition
	states      map[string]SourceState
	grants      map[string]Grant    // by bot
	handovers   map[string]Handover // by bot
	histories   map[string]history
	runs        map[string]place  // of every run of every history, by id
	logs        map[string][]byte // JSON, by key
	days        map[string]Days
	instances   map[string]Instance
	commands    map[string]arrived
	answers     map[string]Answer
	drafts      map[string]SealedDraft
	endedDrafts map[string]time.Time // when drafts were removed
	arrivals    int                  // commands that came so far
}

// A PendingCommand is a command with its id.
type PendingCommand struct {
	ID string
	Command
}

// arrived is a command and its arrival number.
type arrived struct {
	Command
	number int
}

// NewMemory is the memory of an empty topic.
func NewMemory() *Memory {
	return &Memory{
		definitions: map[string]Definition{}, states: map[string]SourceState{}, grants: map[string]Grant{}, handovers: map[string]Handover{},
		histories: map[string]history{}, runs: map[string]place{}, logs: map[string][]byte{}, days: map[string]Days{},
		instances: map[string]Instance{}, commands: map[string]arrived{}, answers: map[string]Answer{},
		drafts: map[string]SealedDraft{}, endedDrafts: map[string]time.Time{},
	}
}

// Apply takes one record of the control topic into the memory; a nil value
// forgets the key. Unknown kinds of key are ignored: a newer version may have written
// them. After an error the memory is as it was before. Apply keeps no part of the
// slices.
//
// written is the record's own time, or now where that is earlier. Later times inside
// the record are not believed: a command expires at most a minute after it was
// written, an instance was heard of no later than its record, and a draft was written no
// later.
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
	case kindSourceState:
		return put(m.states, key, value)
	case kindGrant:
		return put(m.grants, key, value)
	case kindHandover:
		return put(m.handovers, key, value)
	case kindRun:
		return m.putRun(key, value)
	case kindLog:
		return m.putLog(key, value)
	case kindDays:
		return m.putDays(key, value)
	case kindInstance:
		return m.putInstance(key, value, written)
	case kindCommand:
		return m.putCommand(key, value, written)
	case kindAnswer:
		return put(m.answers, key, value)
	case kindDraft:
		return m.putDraft(key, value, written)
	}
	return nil
}

// put sets or removes the entry of a map under the one name in a key.
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

// longestCommand is the longest time from the writing of a command to its expiry. The
// sender waits for less ([Client.Request]).
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

// Definition is the definition of one source; false where the source was not made
// through the API.
func (m *Memory) Definition(source string) (Definition, bool) {
	d, ok := m.definitions[source]
	return d, ok
}

// SourceState is the status of a source; false before its owner wrote one.
func (m *Memory) SourceState(source string) (SourceState, bool) {
	s, ok := m.states[source]
	return s, ok
}

// Grants are the grants of all sources, by bot.
func (m *Memory) Grants() map[string]Grant {
	out := make(map[string]Grant, len(m.grants))
	for bot := range m.grants {
		out[bot], _ = m.Grant(bot)
	}
	return out
}

// Grant is the grant with a bot's id; false where there is none. A pair that was handed over
// replaces the one it was made from.
func (m *Memory) Grant(bot string) (Grant, bool) {
	g, ok := m.grants[bot]
	handed, is := m.handovers[bot]
	replaces := handed.From == g.Mark() || g.RenewedFrom != "" && handed.From == g.RenewedFrom
	if is && ok && replaces && handed.Grant.Source == g.Source && handed.Grant.Sealed != g.Sealed {
		record, version := g.Mark(), g.Version+1
		g = handed.Grant
		g.Version, g.record = version, record
	}
	return g, ok
}

// GrantOf is the grant of a source, and its bot's id; false where the source is not connected. Of
// several it is the one that a person allowed last.
func (m *Memory) GrantOf(source string) (bot string, grant Grant, connected bool) {
	for id := range m.grants {
		one, _ := m.Grant(id)
		if one.Source == source && (!connected || one.Granted.After(grant.Granted)) {
			bot, grant, connected = id, one, true
		}
	}
	return bot, grant, connected
}

// Logs are the logs of a source's last run and of its last run that failed; nil where
// there is none.
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

// Instances are the instances that have a record, by id. The record of one that died
// stays for an hour; see [Client.Alive].
func (m *Memory) Instances() map[string]Instance { return maps.Clone(m.instances) }

// Commands are the commands without an answer, expired ones too, in the order in which
// they came.
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

// kept decodes JSON that was checked when it was put into the memory.
func kept[T any](value []byte) T {
	v, err := decode[T](value)
	if err != nil {
		panic(err)
	}
	return v
}
