// Package notiontest is a Notion workspace that lives in memory: its API
// answers as Notion's does, and its people are the methods of Workspace.
//
// The promise: a client that reads this workspace correctly reads Notion
// correctly. So the API side is strict (an unknown body key, a missing version
// header, a foreign cursor is refused with Notion's own words), generous with
// Notion's oddities (minute-floored times, capped results, truncated relations,
// signed URLs that change on every read, a search index that lags) and able to
// fail in every way that Notion is known to fail. A breach of the contract that
// Notion itself would only punish later, such as a request inside an announced
// Retry-After, is reported through Options.Violation.
//
// A Workspace starts no goroutine and reads the time from its own clock, so it
// works inside a testing/synctest bubble (through RoundTripper) as well as
// behind a listener (as an http.Handler). Where Notion's behaviour is not
// documented, the package takes the case that is harder for a client.
//
// People's verbs may be called at any time from any goroutine. They panic where
// they are given something that does not exist: that is a mistake in the
// caller, not something a workspace could answer.
package notiontest
