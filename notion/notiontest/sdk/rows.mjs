// Reads all rows of a data source the way Notion's official client offers, and prints how
// many there were. BASE_URL, TOKEN and DATA_SOURCE tell where; with FILE each row is also
// written into this file, as a line of JSON.
import { once } from "node:events"
import { createWriteStream } from "node:fs"
import { Client, iterateAllDataSourceRows } from "@notionhq/client"

const { BASE_URL: baseUrl, TOKEN: auth, DATA_SOURCE: data_source_id, FILE: file } = process.env
const notion = new Client({ auth, baseUrl, notionVersion: "2026-03-11", retry: false, logLevel: "error" })

const lines = file && createWriteStream(file)
const ids = new Set()
let rows = 0
for await (const row of iterateAllDataSourceRows(notion, { data_source_id })) {
  ids.add(row.id)
  rows++
  if (lines && !lines.write(JSON.stringify(row) + "\n")) await once(lines, "drain")
}
if (lines) await once(lines.end(), "finish")
console.log(JSON.stringify({ rows, distinct: ids.size }))
