// Package notiontest is a simulated Notion workspace in memory. It has an API like
// Notion's, and the methods of Workspace, Database and DataSource are the verbs of
// its people.
//
// The package makes one promise: a client that reads this workspace correctly reads
// Notion correctly. So the API is strict: it refuses an unknown body key, a missing
// version header or a foreign cursor with Notion's own words. It has Notion's
// oddities: minute-floored times, capped results, truncated relations, signed URLs
// that change on every read, a search index that lags. And it can fail in every way
// that Notion is known to fail. Options.Violation reports breaches of the contract
// that Notion would only punish later, such as a request before an announced
// Retry-After has passed.
//
// A Workspace starts no goroutine and reads the time from its own clock, so it
// works inside a testing/synctest bubble (through RoundTripper) as well as behind a
// listener (as an http.Handler). Where Notion's behaviour is not documented, the
// package chooses the case that is harder for a client.
//
// AddApp registers a public connection, which people let in by OAuth: with a browser, on
// the consent page, or with the verb App.Allow. Each person's authorization gives the App
// a bot of its own, which sees only what the person shares with it.
//
// People's verbs may be called at any time from any goroutine. They panic for an
// object that does not exist, because that is a bug of the caller.
package notiontest
