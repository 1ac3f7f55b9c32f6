package control

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The kinds of key. A key is its kind and then names, separated by slashes. Names of
// sources, instances and ids never contain a slash.
const (
	kindDefinition  = "source"
	kindSourceState = "standing"
	kindGrant       = "grant"
	kindHandover    = "handover"
	kindRun         = "run"
	kindLog         = "log"
	kindDays        = "days"
	kindInstance    = "instance"
	kindCommand     = "command"
	kindAnswer      = "answer"
	kindDraft       = "draft"
)

// The two logs of a source that are kept.
const (
	lastLog   = "last"
	failedLog = "failed"
)

// HistorySize is how many runs of a source are kept.
const HistorySize = 100

// DefinitionKey is the key of a source's [Definition].
func DefinitionKey(source string) string { return join(kindDefinition, source) }

// SourceStateKey is the key of a source's [SourceState].
func SourceStateKey(source string) string { return join(kindSourceState, source) }

// GrantKey is the key of the [Grant] with this bot's id.
func GrantKey(bot string) string { return join(kindGrant, bot) }

// HandoverKey is the key of the [Handover] of the grant with this bot's id.
func HandoverKey(bot string) string { return join(kindHandover, bot) }

// RunKey is the key of the n-th [Entry] of a source's history. It is also the key of
// the entry [HistorySize] before, which it replaces.
func RunKey(source string, n int) string {
	return join(kindRun, source, strconv.Itoa(n%HistorySize))
}

// LastLogKey is the key of the [Log] of a source's last run.
func LastLogKey(source string) string { return join(kindLog, source, lastLog) }

// FailedLogKey is the key of the [Log] of a source's last run that failed.
func FailedLogKey(source string) string { return join(kindLog, source, failedLog) }

// DaysKey is the key of the [Days] of a source.
func DaysKey(source string) string { return join(kindDays, source) }

// InstanceKey is the key of the record of an [Instance].
func InstanceKey(id string) string { return join(kindInstance, id) }

// CommandKey is the key of a [Command].
func CommandKey(id string) string { return join(kindCommand, id) }

// AnswerKey is the key of the [Answer] to the command of the same id.
func AnswerKey(id string) string { return join(kindAnswer, id) }

// DraftKey is the key of a [SealedDraft].
func DraftKey(id string) string { return join(kindDraft, id) }

func join(parts ...string) string { return strings.Join(parts, "/") }

// split cuts exactly n names from a key, behind its kind.
func split(key string, n int) ([]string, error) {
	_, rest, _ := strings.Cut(key, "/")
	names := strings.Split(rest, "/")
	if len(names) != n || slices.Contains(names, "") {
		return nil, fmt.Errorf("the kind must be followed by %d names", n)
	}
	return names, nil
}
