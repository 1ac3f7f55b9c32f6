// Package notion is Notion's REST API as Go, read-only: one client, one request
// budget for a connection, discovery of databases, and complete queries of
// their rows.
//
// It promises three things. What it returns is what Notion sent: pages are
// decoded strictly, and their properties stay the bytes that came, but for those
// that Client.Complete completes and Page.Without takes out. What it
// could not read is an error, never a shorter result: a capped query, a cursor
// that leads nowhere and a page that cannot be understood are all loud. And it
// spends a connection's budget in one place: whoever shares a Budget waits
// together when Notion says so.
//
// The API version is 2026-03-11. Answers of older versions decode too, because
// recorded pages come from them.
package notion
