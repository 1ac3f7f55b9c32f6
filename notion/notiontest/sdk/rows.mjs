// Reads all rows of a data source the way Notion's official client offers, and
// prints how many there were. BASE_URL, TOKEN and DATA_SOURCE tell where.
import { Client, iterateAllDataSourceRows } from "@notionhq/client"

const { BASE_URL: baseUrl, TOKEN: auth, DATA_SOURCE: data_source_id } = process.env
const notion = new Client({ auth, baseUrl, notionVersion: "2026-03-11", retry: false, logLevel: "error" })

const ids = new Set()
let rows = 0
for await (const row of iterateAllDataSourceRows(notion, { data_source_id })) {
  ids.add(row.id)
  rows++
}
console.log(JSON.stringify({ rows, distinct: ids.size }))
