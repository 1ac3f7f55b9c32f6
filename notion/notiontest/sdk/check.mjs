// Drives a simulated Notion workspace with Notion's official client and checks
// what comes back. The workspace and what is in it are told by the environment:
// BASE_URL, TOKEN, and WORLD, a JSON object made by sdk_real_test.go.
import assert from "node:assert/strict"
import {
  APIErrorCode,
  Client,
  collectPaginatedAPI,
  isFullDatabase,
  isFullDataSource,
  isFullPage,
  iterateAllDataSourceRows,
} from "@notionhq/client"

const { BASE_URL: baseUrl, TOKEN: token, WORLD } = process.env
const world = JSON.parse(WORLD)
const client = (auth, version = "2026-03-11") => new Client({ auth, baseUrl, notionVersion: version, retry: false, logLevel: "error" })
const notion = client(token)

// The client knows no codes of OAuth, but keeps the body.
const refusedWith = (status, code) => error => {
  assert.equal(error.status, status)
  assert.equal(JSON.parse(error.body).code, code)
  return true
}

const checks = {
  async "users.me tells the workspace"() {
    const me = await notion.users.me({})
    assert.equal(me.type, "bot")
    assert.equal(me.bot.workspace_id, world.workspace)
  },

  async "users.list pages through everybody"() {
    const users = await collectPaginatedAPI(notion.users.list, { page_size: 2 })
    assert.equal(users.length, world.users)
    const one = await notion.users.retrieve({ user_id: users[1].id })
    assert.equal(one.name, users[1].name)
  },

  async "search finds the data sources, with their schemas"() {
    const found = await collectPaginatedAPI(notion.search, {
      filter: { property: "object", value: "data_source" },
      sort: { timestamp: "last_edited_time", direction: "descending" },
      page_size: 1,
    })
    assert.deepEqual(found.map(source => source.id).sort(), [...world.dataSources].sort())
    assert.ok(found.every(isFullDataSource))
    assert.ok(found.every(source => source.parent.type === "database_id"))
  },

  async "databases.retrieve names the data sources"() {
    const database = await notion.databases.retrieve({ database_id: world.database })
    assert.ok(isFullDatabase(database))
    assert.deepEqual(database.data_sources, [{ id: world.dataSource, name: "Tasks" }])
    assert.equal("archived" in database, false)
  },

  async "dataSources.retrieve shows the schema"() {
    const source = await notion.dataSources.retrieve({ data_source_id: world.dataSource })
    assert.ok(isFullDataSource(source))
    assert.deepEqual(Object.keys(source.properties), ["Name", "Points", "Related"])
    assert.equal(source.properties.Related.relation.data_source_id, world.dataSource)
  },

  async "dataSources.query follows cursors"() {
    const rows = await collectPaginatedAPI(notion.dataSources.query, {
      data_source_id: world.dataSource,
      filter: { timestamp: "created_time", created_time: { on_or_after: world.middle } },
      sorts: [{ timestamp: "created_time", direction: "ascending" }],
      page_size: 30,
    })
    assert.equal(rows.length, world.rowsSinceMiddle)
    assert.equal(new Set(rows.map(row => row.id)).size, rows.length)
    assert.ok(rows.every(isFullPage))
    const times = rows.map(row => row.created_time)
    assert.deepEqual(times, times.toSorted())
  },

  async "dataSources.query filters by a property and limits properties"() {
    const { results } = await notion.dataSources.query({
      data_source_id: world.dataSource,
      filter: { property: "Points", number: { equals: 7 } },
      filter_properties: ["title"],
    })
    assert.equal(results.length, 1)
    assert.deepEqual(Object.keys(results[0].properties), ["Name"])
  },

  async "a capped query says so, and iterateAllDataSourceRows reads on"() {
    const first = await notion.dataSources.query({ data_source_id: world.dataSource })
    assert.deepEqual(first.request_status, { type: "incomplete", incomplete_reason: "query_result_limit_reached" })
    const ids = new Set()
    for await (const row of iterateAllDataSourceRows(notion, { data_source_id: world.dataSource })) ids.add(row.id)
    assert.equal(ids.size, world.rows)
  },

  async "pages.retrieve truncates what pages.properties.retrieve lists"() {
    const page = await notion.pages.retrieve({ page_id: world.page })
    assert.ok(isFullPage(page))
    const { id, relation, has_more } = page.properties.Related
    assert.equal(relation.length, 25)
    assert.equal(has_more, true)
    const items = await collectPaginatedAPI(notion.pages.properties.retrieve, {
      page_id: world.page,
      property_id: id,
      page_size: 20,
    })
    assert.equal(items.length, world.related)
    assert.ok(items.every(item => item.object === "property_item" && item.relation.id))
    const points = await notion.pages.properties.retrieve({ page_id: world.page, property_id: page.properties.Points.id })
    assert.equal(points.type, "number")
  },

  async "an older version shows archived"() {
    const page = await client(token, "2025-09-03").pages.retrieve({ page_id: world.page })
    assert.equal(page.archived, false)
  },

  async "OAuth connects, renews, introspects and revokes"() {
    const { app, workspace, database, dataSource, person } = world
    const credentials = { client_id: app.id, client_secret: app.secret }
    const page = new URL("/v1/oauth/authorize", baseUrl)
    page.search = new URLSearchParams({
      client_id: app.id, redirect_uri: app.redirect, response_type: "code", owner: "user", state: "a b&c",
    })
    const shown = await fetch(page)
    assert.equal(shown.status, 200)
    assert.match(await shown.text(), /Allow access/)
    const consent = new URLSearchParams({ person, database, decision: "allow" })
    const sent = await fetch(page, { method: "POST", body: consent, redirect: "manual" })
    assert.equal(sent.status, 302)
    const back = new URL(sent.headers.get("location"))
    assert.equal(back.origin + back.pathname, app.redirect)
    assert.equal(back.searchParams.get("state"), "a b&c")

    const oauth = client().oauth
    const code = { ...credentials, grant_type: "authorization_code", code: back.searchParams.get("code"), redirect_uri: app.redirect }
    const first = await oauth.token(code)
    assert.equal(first.token_type, "bearer")
    assert.equal(first.workspace_id, workspace)
    assert.equal(first.owner.user.id, person)
    await assert.rejects(oauth.token(code), refusedWith(400, "invalid_grant"))

    const connected = client(first.access_token)
    const me = await connected.users.me({})
    assert.equal(me.id, first.bot_id)
    assert.equal(me.bot.owner.user.id, person)
    const found = await collectPaginatedAPI(connected.search, { filter: { property: "object", value: "data_source" } })
    assert.deepEqual(found.map(source => source.id), [dataSource])

    const renewal = { ...credentials, grant_type: "refresh_token", refresh_token: first.refresh_token }
    const second = await oauth.token(renewal)
    assert.equal(second.bot_id, first.bot_id)
    assert.notEqual(second.access_token, first.access_token)
    await assert.rejects(oauth.token(renewal), refusedWith(400, "invalid_grant"))
    await assert.rejects(oauth.token({ ...renewal, client_secret: "wrong" }), refusedWith(401, "invalid_client"))

    const isActive = async token => (await oauth.introspect({ ...credentials, token })).active
    assert.equal(await isActive(first.access_token), false)
    assert.equal(await isActive(second.access_token), true)
    const revoked = await oauth.revoke({ ...credentials, token: second.access_token })
    assert.ok(revoked.request_id)
    assert.equal(await isActive(second.access_token), false)
    await assert.rejects(client(second.access_token).users.me({}), error => error.code === APIErrorCode.Unauthorized)
  },

  async "errors carry Notion's codes"() {
    const refused = (promise, status, code, message) =>
      assert.rejects(promise, error => {
        assert.equal(error.status, status)
        assert.equal(error.code, code)
        assert.match(error.message, message)
        return true
      })
    await refused(client("ntn_wrong").users.me({}), 401, APIErrorCode.Unauthorized, /API token is invalid/)
    await refused(
      notion.dataSources.query({ data_source_id: world.dataSource, start_cursor: "bogus" }),
      400, APIErrorCode.ValidationError, /The start_cursor provided is invalid: bogus/,
    )
    await refused(
      notion.dataSources.query({ data_source_id: world.dataSource, in_trash: false }),
      400, APIErrorCode.ValidationError, /body\.in_trash should be not present, instead was `false`/,
    )
    await refused(
      notion.dataSources.retrieve({ data_source_id: world.database }),
      404, APIErrorCode.ObjectNotFound, /Could not find data_source with ID/,
    )
  },
}

let failed = 0
for (const [name, check] of Object.entries(checks)) {
  try {
    await check()
    console.log(`ok   ${name}`)
  } catch (error) {
    failed++
    console.log(`FAIL ${name}\n${error.stack}`)
  }
}
process.exit(failed ? 1 : 0)
