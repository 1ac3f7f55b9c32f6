package grants

import (
	"context"
	"errors"
	"fmt"
	"time"

	"notion-kafka/notion"
	"notion-kafka/producer/control"
)

const (
	// settled is how long a new pair is not renewed, and how long after its first refusal a
	// second one is final: a single 401 among good answers has been seen.
	settled = time.Minute
	// forgetRefusal is when a refused renewal that was never confirmed is tried again.
	forgetRefusal = 10 * time.Minute
	// storePatience bounds the storing of a new pair, and its hand-over to another owner.
	storePatience = time.Minute
	storeAgain    = time.Second
	// What goes on after the end of the run it belongs to, so that a pair is not lost: Notion's
	// answer, and a hand-over. The transaction between them has its own bound.
	answerGrace   = 3 * time.Second
	handoverGrace = 2 * time.Second
)

// beyond is a context that ends d after ctx.
func beyond(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(d, cancel)
		context.AfterFunc(longer, func() { timer.Stop() })
	})
	return longer, func() { stop(); cancel() }
}

// Renew looks after a token that Notion has refused; see the package. It returns nil once the
// connection has another pair than the refused one; notion.ErrTokenActive if the refusal is an
// error of Notion's; a *notion.TokenError if a person has to connect the source again; else why it
// could not find out or renew, which a later refusal tries again.
func (c *Connection) Renew(ctx context.Context, refused string) error {
	err := c.lookAfter(ctx, refused)
	if errors.Is(err, errReplaced) {
		return nil
	}
	return err
}

func (c *Connection) lookAfter(ctx context.Context, refused string) error {
	select {
	case c.renewing <- struct{}{}:
		defer func() { <-c.renewing }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	_, catchUp, owner := c.grants.parts()
	if owner == nil || catchUp == nil {
		return &notion.TokenError{
			Why:    fmt.Sprintf("Notion refused the token of source %s, which has to be renewed, and only a running daemon does that", c.source),
			Advice: "start `notion-kafka run`, or look at its log", Ours: true,
		}
	}
	if _, replaced, err := c.unlike(refused); err == nil && replaced {
		return nil
	}
	if err := catchUp(ctx); err != nil {
		return fmt.Errorf("looking whether the tokens of source %s were renewed already: %w", c.source, err)
	}
	now, replaced, err := c.unlike(refused)
	switch {
	case err != nil || replaced:
		return err
	case now.Refused != "" && time.Since(now.RefusedAt) < forgetRefusal:
		return c.confirm(ctx, owner, now)
	case now.Stored.After(now.Granted.Add(settled)) && time.Since(now.Stored).Abs() < settled:
		return notion.ErrTokenActive // Notion renewed it a moment ago
	case c.grants.opts.OAuth == nil:
		return fmt.Errorf("renewing the token of source %s, which Notion refused: only the public connection that it belongs to can: set oauth.client_id and oauth.client_secret", c.source)
	}
	active, err := c.grants.opts.OAuth.Introspect(ctx, refused)
	if err != nil {
		return fmt.Errorf("renewing the token of source %s, which Notion refused: %w", c.source, err)
	}
	if active {
		return notion.ErrTokenActive
	}
	return c.renew(ctx, owner, now)
}

// unlike is the present grant, and whether its access token is another than the refused one.
func (c *Connection) unlike(refused string) (now held, replaced bool, err error) {
	now, connected, err := c.current()
	if err != nil || !connected {
		return now, !connected, err // Token says that the source is not connected
	}
	token, err := c.open(now)
	if err != nil {
		return now, false, err
	}
	return now, token.AccessToken != refused, nil
}

// renew replaces the pair. Once Notion is asked, the end of the run does not stop it at once.
func (c *Connection) renew(ctx context.Context, owner Owner, now held) error {
	pair, err := c.open(now)
	if err != nil {
		return err
	}
	if pair.RefreshToken == "" {
		return c.refuse(ctx, owner, now, "the token is not active any more, and Notion gave none to renew it with")
	}
	if _, err := c.grants.Seal(c.source, &notion.Grant{BotID: now.bot}, now.Granted); err != nil {
		return fmt.Errorf("renewing the token of source %s, which Notion refused: the new one could not be kept: %w", c.source, err)
	}
	before := now
	if now.Renewing.IsZero() {
		now.Renewing = time.Now().UTC()
	}
	if now, err = c.write(ctx, owner, now.Sealed, now); err != nil { // also where it is noted: only the owner can write
		return fmt.Errorf("noting that the tokens of source %s are being renewed: %w", c.source, err)
	}
	c.grants.opts.Logger.Info("Notion refused the token and says that it is not active: renewing it", "source", c.source)
	answering, end := beyond(ctx, answerGrace)
	renewed, err := c.grants.opts.OAuth.Renew(answering, pair.RefreshToken)
	end()
	switch {
	case err == nil && renewed.BotID != now.bot:
		return errors.New("renewing the token: Notion answered with the tokens of another connection")
	case err == nil:
		return c.keep(ctx, owner, now, renewed)
	case errors.Is(err, notion.ErrInvalidGrant):
		return c.refusedToRenew(ctx, owner, before, now, pair.AccessToken)
	case errors.Is(err, notion.ErrInvalidClient), errors.Is(err, notion.ErrInvalidRequest):
		now.Renewing = before.Renewing // Notion looked at our client id and not at the pair
		if _, unnoted := c.write(ctx, owner, now.Sealed, now); unnoted != nil {
			err = errors.Join(err, unnoted)
		}
	}
	return fmt.Errorf("renewing the token of source %s: %w", c.source, err)
}

// keep stores a new pair. If this process lost the source, the pair is left to the next owner.
func (c *Connection) keep(ctx context.Context, owner Owner, now held, renewed *notion.Grant) error {
	log := c.grants.opts.Logger
	next, err := c.grants.Seal(c.source, renewed, now.Granted)
	if err != nil {
		return err
	}
	if next.Person == "" {
		next.Person = now.Person
	}
	next.Version, next.RenewedFrom = now.Version, now.Mark()
	storing, end := context.WithTimeout(context.WithoutCancel(ctx), storePatience)
	defer end()
	err = c.store(storing, ctx.Done(), owner, now.Sealed, held{now.bot, next})
	if errors.Is(err, errReplaced) {
		return err
	}
	if err == nil {
		log.Info("the token was renewed", "source", c.source)
		return nil
	}
	log.Warn("the renewed token could not be stored, leaving it to the next owner of the source", "source", c.source, "error", err)
	handing, end := beyond(ctx, handoverGrace)
	defer end()
	handed := owner.HandOver(handing, control.Record{Key: control.HandoverKey(now.bot), Value: now.HandoverOf(next)})
	if handed != nil {
		log.Error("the renewed token is lost: "+connectAdvice(c.source), "source", c.source, "error", handed)
	}
	return fmt.Errorf("storing the renewed token of source %s: %w", c.source, err)
}

// store writes a new pair: once, and then again and again while this process owns the source and
// the run goes on.
func (c *Connection) store(ctx context.Context, over <-chan struct{}, owner Owner, from string, next held) error {
	for {
		_, err := c.write(ctx, owner, from, next)
		if err == nil || errors.Is(err, ErrNotOwner) || errors.Is(err, errReplaced) {
			return err
		}
		select {
		case <-time.After(storeAgain):
		case <-over:
			return err
		case <-ctx.Done():
			return err
		}
	}
}

// refusedToRenew is for an invalid_grant. It counts only if the pair that was sent is still the
// stored one: another process may have renewed it in the same moment.
func (c *Connection) refusedToRenew(ctx context.Context, owner Owner, before, now held, sent string) error {
	_, catchUp, _ := c.grants.parts()
	if err := catchUp(ctx); err != nil {
		return fmt.Errorf("looking whether the tokens of source %s were renewed elsewhere: %w", c.source, err)
	}
	if _, replaced, err := c.unlike(sent); err != nil || replaced {
		return err
	}
	why := "it does not renew the token (invalid_grant): the connection was removed in Notion"
	if !before.Renewing.IsZero() {
		why = fmt.Sprintf("it does not renew the token (invalid_grant): a renewal that began at %s did not come to its end here, and the new token it made was lost", before.Renewing.Format(time.RFC3339))
	}
	return c.refuse(ctx, owner, now, why)
}

// refuse notes that Notion refuses the grant.
func (c *Connection) refuse(ctx context.Context, owner Owner, now held, why string) error {
	now.Refused, now.RefusedAt = why, time.Now().UTC()
	now, err := c.write(ctx, owner, now.Sealed, now)
	if err != nil {
		return fmt.Errorf("noting that Notion refuses the connection of source %s: %w", c.source, err)
	}
	return c.refusal(now)
}

// confirm makes a refusal final when Notion refused the token a minute later too.
func (c *Connection) confirm(ctx context.Context, owner Owner, now held) error {
	if time.Since(now.RefusedAt) >= settled && !now.Final {
		now.Final = true
		if _, err := c.write(ctx, owner, now.Sealed, now); err != nil {
			return fmt.Errorf("noting that Notion refuses the connection of source %s: %w", c.source, err)
		}
	}
	return c.refusal(now)
}
