// Package notion is Notion's REST API as Go, read-only: one client, one request
// budget for a connection, discovery of databases, and complete queries of
// their rows. Client.MayWrite alone asks for changes: empty ones, of nothing.
//
// The package makes three promises. It returns what Notion sent: pages are decoded
// strictly, and their properties stay the bytes of the response, except those that
// Client.Complete completes and Page.Without removes. A failed read is an error,
// never a shorter result: so are a capped query, a cursor that leads nowhere and a
// page that cannot be decoded. A connection's request budget is spent in one place:
// all clients that share a Budget wait together when Notion throttles.
//
// The API version is 2026-03-11. Responses of older versions decode too, because
// recorded pages have them.
package notion
