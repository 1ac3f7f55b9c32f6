package notion

import (
	"context"
	"errors"
	"net/http"
)

// A Right says whether a connection may do something, as far as Notion has shown it.
type Right int8

// What can be known of a right.
const (
	Unknown Right = iota
	Granted       // Notion did what was asked, or found only that the object does not exist
	Refused       // Notion refused it: 403 restricted_resource
)

// Capabilities are the rights of a connection that matter to a reader. Notion has no
// endpoint that lists them (Notion: capabilities), so each is found out by a request
// that needs it. Where that request is about an object that does not exist, Granted
// means "it seems so": Notion might look for the object before it looks at the right.
type Capabilities struct {
	ReadContent  Right // without it nothing can be read
	ReadUsers    Right // without it user objects have only an id, with no name
	ReadComments Right
}

// noObject is an id that Notion gives no object: of version 4, whose other digits are
// random, all of them zero.
const noObject = "00000000-0000-4000-8000-000000000000"

// Capabilities finds out what the client's connection may read, with one request for
// each right. whose is the token's own user, see [Client.Me]. Whether a personal token
// may read users is Unknown: it cannot list them, whatever it shows elsewhere (Notion:
// users). Errors are *Error: Notion did not answer, or refuses the token; then the rights
// that it was not asked about are Unknown.
func (c *Client) Capabilities(ctx context.Context, whose Bot) (all Capabilities, err error) {
	err = c.tryRights(ctx, []attempted{
		{&all.ReadContent, request{op: "finding out whether content may be read", endpoint: "GET /v1/pages/{id}", method: http.MethodGet, path: "/v1/pages/" + noObject}},
		{&all.ReadComments, request{op: "finding out whether comments may be read", endpoint: "GET /v1/comments", method: http.MethodGet, path: "/v1/comments?block_id=" + noObject}},
	})
	if err == nil {
		all.ReadUsers, err = c.MayReadUsers(ctx, whose)
	}
	return all, err
}

// MayReadUsers finds out whether the client's connection may read users, as
// [Client.Capabilities] does, with one request; with none for a personal token.
func (c *Client) MayReadUsers(ctx context.Context, whose Bot) (right Right, err error) {
	if whose.Person {
		return Unknown, nil
	}
	err = c.tryRights(ctx, []attempted{
		{&right, request{op: "finding out whether users may be read", endpoint: "GET /v1/users", method: http.MethodGet, path: "/v1/users?page_size=1"}},
	})
	return right, err
}

// MayWrite finds out whether the client's connection may change content (Notion's
// capability "Update content") and add some ("Insert content"), which a reader should
// not. It asks for changes of an object that does not exist, and the changes are empty,
// so that nothing can change. Errors are those of [Client.Capabilities].
func (c *Client) MayWrite(ctx context.Context) (update, insert Right, err error) {
	err = c.tryRights(ctx, []attempted{
		{&update, request{
			op: "finding out whether content may be changed", endpoint: "PATCH /v1/pages/{id}",
			method: http.MethodPatch, path: "/v1/pages/" + noObject, body: []byte(`{"properties":{}}`),
		}},
		{&insert, request{
			op: "finding out whether content may be added", endpoint: "PATCH /v1/blocks/{id}/children",
			method: http.MethodPatch, path: "/v1/blocks/" + noObject + "/children", body: []byte(`{"children":[]}`),
		}},
	})
	return update, insert, err
}

// An attempted right is one that a request needs.
type attempted struct {
	right   *Right
	request request
}

// tryRights tries rights in this order, until there is an error.
func (c *Client) tryRights(ctx context.Context, rights []attempted) (err error) {
	for _, one := range rights {
		if *one.right, err = c.tryRight(ctx, one.request); err != nil {
			return err
		}
	}
	return nil
}

// tryRight sends a request that needs a right. An answer that says nothing of it, such
// as a 400, leaves it Unknown.
func (c *Client) tryRight(ctx context.Context, r request) (Right, error) {
	err := c.do(Once(ctx), r, func(answer) error { return nil })
	failed, _ := errors.AsType[*Error](err)
	switch {
	case err == nil, errors.Is(err, ErrNotFound):
		return Granted, nil
	case errors.Is(err, ErrForbidden) && failed.Code == "restricted_resource":
		return Refused, nil
	case errors.Is(err, ErrForbidden), errors.Is(err, ErrInvalidRequest), errors.Is(err, ErrMalformed):
		return Unknown, nil
	}
	return Unknown, err
}
