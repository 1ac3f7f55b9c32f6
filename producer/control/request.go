package control

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"
)

const (
	requestTimeout = 20 * time.Second // of a command without a time of expiry
	tidyTimeout    = 2 * time.Second
	expiredGrace   = time.Minute // in which the sender removes its command itself; longer than clocks differ
)

// errUnanswered says that a command expired.
var errUnanswered = errors.New("the command expired")

// Request sends a command to the owner of its source, waits for the answer until the
// command expires (20 s from now where Expires is zero) or ctx ends, and removes both.
// An answer with an error is returned with that error. Where the command could not be
// written or nobody answered, the error is an [*Error] of kind [Unavailable]; the
// command may have been carried out nevertheless.
func (c *Client) Request(ctx context.Context, command Command) (Answer, error) {
	sent := time.Now()
	if command.Expires.IsZero() {
		command.Expires = sent.Add(requestTimeout)
	}
	id := rand.Text()
	record := Record{CommandKey(id), command}
	if _, _, err := record.Encode(); err != nil {
		return Answer{}, &Error{Invalid, fmt.Sprintf("asking the owner of source %s (%s): %v", command.Source, command.Verb, err)}
	}
	defer c.withdraw(ctx, id)
	if err := c.Append(ctx, record); err != nil {
		if ctx.Err() != nil {
			return Answer{}, context.Cause(ctx)
		}
		return Answer{}, &Error{Unavailable, fmt.Sprintf("asking the owner of source %s (%s): %v%s: "+
			"`notion-kafka check` looks at Kafka", command.Source, command.Verb, err, command.doubt("; it is not known whether it was asked"))}
	}
	return c.awaitAnswer(ctx, id, command, sent)
}

func (c *Client) awaitAnswer(ctx context.Context, id string, command Command, sent time.Time) (answer Answer, err error) {
	waiting, cancel := context.WithDeadlineCause(ctx, command.Expires, errUnanswered)
	defer cancel()
	err = c.Await(waiting, func(m *Memory) (answered bool) {
		answer, answered = m.Answer(id)
		return answered
	})
	if errors.Is(err, errUnanswered) {
		return Answer{}, &Error{Unavailable, fmt.Sprintf("no instance that owns source %s answered within %v%s: look with `notion-kafka runs` and `notion-kafka check` before trying again",
			command.Source, command.Expires.Sub(sent).Round(time.Second), command.doubt("; it may still have been carried out"))}
	}
	if err != nil {
		return Answer{}, err
	}
	if answer.Error != nil {
		return answer, answer.Error
	}
	if answer, err = answer.unpacked(); err != nil {
		return Answer{}, &Error{Internal, fmt.Sprintf("reading what the owner of source %s answered (%s): %v", command.Source, command.Verb, err)}
	}
	return answer, nil
}

// doubt returns the text for a command that may have been carried out; "" for a
// question, which changes nothing.
func (c Command) doubt(text string) string {
	if c.Question {
		return ""
	}
	return text
}

// withdraw removes a command and its answer. Where that fails, the owner of the
// source removes them later; see [Client.Expired].
func (c *Client) withdraw(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyTimeout)
	defer cancel()
	if err := c.Append(ctx, forgetCommand(id)...); err != nil {
		c.opts.Logger.Debug("removing a command from the control topic; the owner of its source will", "command", id, "error", err)
	}
}

// forgetCommand removes a command before its answer, so nobody waits for an answer
// that has no command.
func forgetCommand(id string) []Record {
	return []Record{{Key: CommandKey(id)}, {Key: AnswerKey(id)}}
}

// Pending returns the commands for owned sources that have no answer and have not
// expired, in the order in which they came. A command stays pending until its answer
// has been read back.
func (c *Client) Pending(owned func(source string) bool) (pending []PendingCommand) {
	now := time.Now()
	c.View(func(m *Memory) {
		for _, command := range m.Commands() {
			if now.Before(command.Expires) && owned(command.Source) {
				pending = append(pending, command)
			}
		}
	})
	return pending
}

// Answer answers a command, outside of any transaction. A large answer is compressed.
// One that is too large for the topic even then becomes an error that names the
// instance to ask directly.
func (c *Client) Answer(ctx context.Context, id string, answer Answer) error {
	record := Record{AnswerKey(id), answer}
	_, _, err := record.Encode()
	if err != nil {
		record.Value = answer.packed()
		_, _, err = record.Encode()
	}
	if err != nil {
		record.Value = Answer{Error: &Error{Internal, fmt.Sprintf("it was done, but what it answers is too large to be sent to another instance: "+
			"ask %s, which has the source (%v)", c.whereabouts(), err)}}
	}
	return c.Append(ctx, record)
}

// whereabouts names this instance and its console in words.
func (c *Client) whereabouts() string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.self.Console == "" {
		return "instance " + c.opts.Instance
	}
	return "instance " + c.opts.Instance + " at " + c.self.Console
}

// Expired returns the records that remove the commands of senders that died: expired
// commands for owned sources, with their answers, and answers that came after their
// command was removed. The owner appends these records once a minute.
func (c *Client) Expired(owned func(source string) bool) (remove []Record) {
	before := time.Now().Add(-expiredGrace)
	c.View(func(m *Memory) {
		for id, command := range m.commands {
			if command.Expires.Before(before) && owned(command.Source) {
				remove = append(remove, forgetCommand(id)...)
			}
		}
		for id := range m.answers {
			if _, waiting := m.commands[id]; !waiting {
				remove = append(remove, Record{Key: AnswerKey(id)})
			}
		}
	})
	return remove
}
