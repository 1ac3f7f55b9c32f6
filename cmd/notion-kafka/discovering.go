package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"notion-kafka/config"
	"notion-kafka/notion"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

const (
	// mostLooking is how many looks at connections are under way at a time. Each holds a list
	// of databases, and may match a thousand rules against it.
	mostLooking = 4
	// looksWithin bounds one look: a person waits for it.
	looksWithin = 20 * time.Second
	// rightsWithin bounds what is found out of rights: without them the list is worth much.
	rightsWithin = 10 * time.Second
)

// mostTitleInText is as much of a title, in columns, as a sentence has.
const mostTitleInText = 60

var (
	errLooksTooLong  = fmt.Errorf("there was no answer within %v", looksWithin)
	errRightsTooLong = fmt.Errorf("there was no answer within %v", rightsWithin)
)

// look begins a look at a connection, once others have ended. end is to be called.
func (c *connector) look(ctx context.Context) (within context.Context, end func(), err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, looksWithin, errLooksTooLong)
	select {
	case c.looking <- struct{}{}:
		return ctx, func() { cancel(); <-c.looking }, nil
	case <-ctx.Done():
		cancel()
		return nil, nil, &control.Error{Kind: control.Unavailable, Message: fmt.Sprintf("%d other connections are being looked at, and this one had to wait too long: try again in a moment", mostLooking)}
	}
}

// Discover implements console.Backend. Only what is wrong on this side, or a Notion that
// does not answer, is an error: what is wrong with the connection is a failed check.
func (b *backend) Discover(ctx context.Context, d control.Draft) (control.Discovery, error) {
	ctx, end, err := b.definitions.connector.look(ctx)
	if err != nil {
		return control.Discovery{}, err
	}
	defer end()
	read, err := b.unfinished(d)
	if err != nil {
		return control.Discovery{}, err
	}
	found := control.Discovery{Checks: []control.Check{}, Databases: []control.FoundDatabase{}}
	with, err := b.connectionOf(d, read.Source)
	var whose notion.Bot
	if err == nil {
		whose, err = with.client.Me(ctx)
		found.Workspace, found.Connection = cmp.Or(whose.WorkspaceName, with.workspace), whose.Name
	}
	if err == nil {
		err = b.discover(ctx, &found, read, with, whose)
	}
	found.At = time.Now().UTC()
	if refused := with.refused(err); refused != "" {
		found.Checks, found.Databases = []control.Check{{Name: "token", Result: control.CheckFailed, Text: refused}}, []control.FoundDatabase{}
		return found, nil
	}
	return found, lookFailed(ctx, "what the connection shows", err)
}

// discover fills in the checks and databases of a connection that Notion takes.
func (b *backend) discover(ctx context.Context, found *control.Discovery, read config.Reading, with connection, whose notion.Bot) error {
	seen, err := seenBy(ctx, with.client, whose)
	if err != nil {
		return err
	}
	found.Checks = append(found.Checks,
		control.Check{Name: "token", Result: control.CheckPassed, Text: "Notion accepts " + with.what},
		control.Check{Name: "workspace", Result: control.CheckPassed, Text: whoseLine(whose)})
	reading := aboutReading(notion.Capabilities{ReadContent: seen.content, ReadUsers: seen.users}, whose, seen.usersUnknown)
	found.Checks = append(found.Checks, checkOf("capabilities", reading)...)
	found.Checks = append(found.Checks, checkOf("writing", aboutWriting(seen.update, seen.insert, whose, seen.writingUnknown))...)
	if seen.content == notion.Granted {
		found.Databases = b.offered(ctx, read, with.source, seen.listing.Databases)
		shown := fitting(found.Databases)
		found.Checks = append(found.Checks, sharedCheck(seen.listing, shown, whose))
		found.Databases = found.Databases[:shown]
	}
	found.Checks = append(found.Checks, b.sourceCheck(with, whose))
	return nil
}

// A sight is what a connection may do, as far as it is known, and what it sees.
type sight struct {
	content, users, update, insert notion.Right
	usersUnknown, writingUnknown   error
	listing                        *producer.Listing
}

// seenBy finds out what a connection may do and sees. That content may be read is shown by
// the search.
func seenBy(ctx context.Context, client *notion.Client, whose notion.Bot) (s sight, err error) {
	asking, ctx := errgroup.WithContext(ctx)
	asking.Go(func() error {
		return notion.Guard(func() error {
			ctx, cancel := context.WithTimeoutCause(ctx, rightsWithin, errRightsTooLong)
			defer cancel()
			s.users, s.usersUnknown = client.MayReadUsers(ctx, whose)
			s.update, s.insert, s.writingUnknown = client.MayWrite(ctx)
			return nil
		})
	})
	var listing *producer.Listing
	content := notion.Granted
	asking.Go(func() error {
		return notion.Guard(func() (err error) {
			if listing, err = producer.Search(ctx, client); errors.Is(err, notion.ErrForbidden) {
				content, err = notion.Refused, nil
			}
			return err
		})
	})
	err = asking.Wait()
	s.content, s.listing = content, listing
	return s, err
}

// lookFailed is why nothing could be looked at: not a fault of the definition.
func lookFailed(ctx context.Context, at string, err error) error {
	if err == nil {
		return nil
	}
	if _, told := errors.AsType[*control.Error](err); told {
		return err
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return &control.Error{Kind: control.Unavailable, Message: fmt.Sprintf("asking Notion for %s: %v. Try again in a moment", at, err)}
}

// checkOf makes one check of what was found; none of nothing.
func checkOf(name string, found []finding) []control.Check {
	if len(found) == 0 {
		return nil
	}
	check := control.Check{Name: name, Result: control.CheckPassed}
	var texts []string
	worst := asWanted
	for _, one := range found {
		texts, worst = append(texts, one.text), max(worst, one.level)
	}
	check.Text = strings.Join(texts, "; ")
	switch worst {
	case worthKnowing:
		check.Result = control.CheckNoted
	case toBeFixed:
		check.Result = control.CheckFailed
	}
	return []control.Check{check}
}

// sharedCheck says what is shared, of which a list has the first shown, or how to share
// something.
func sharedCheck(listing *producer.Listing, shown int, whose notion.Bot) control.Check {
	check := control.Check{Name: "shared", Result: control.CheckPassed}
	var titles, also []string
	for _, db := range listing.Databases {
		titles = append(titles, cut(db.Title, mostTitleInText))
	}
	if listing.Unreadable > 0 {
		also = append(also, "not listed: "+plural(listing.Unreadable, "data source")+" that cannot be read")
	}
	if listing.Incomplete != nil {
		also = append(also, "there may be more: Notion did not show its list to the end")
	}
	if len(titles) == 0 {
		check.Result = control.CheckFailed
		check.Text = strings.Join(append([]string{producer.NothingShared(whose, listing.OnlyIDs).Error()}, also...), ". ")
		return check
	}
	if shown < len(titles) {
		also = append(also, fmt.Sprintf("the list has the %d that were edited last, and there is no room for more: rules select the others too", shown))
	}
	if len(listing.OnlyIDs) > 0 {
		also = append(also, producer.OnlyIDs(listing.OnlyIDs))
	}
	if len(also) > 0 {
		check.Result = control.CheckNoted
	}
	check.Text = strings.Join(append([]string{sharedLine(titles)}, also...), "; ")
	return check
}
