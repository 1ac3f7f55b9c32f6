package main

import (
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// perSearch is how many data sources a response of the search has (Notion: pagination).
const perSearch = 100

// requests is how many requests the first run sends at least: one for whose token it is,
// the search, the retrievals of databases and of their data sources, and the reads of empty
// tables. A database that a rule switches off is retrieved only for the list of databases.
func (r *review) requests(listed []listedStream, tables []control.ReviewedTable) int {
	sources, total := 0, 1
	for i, s := range listed {
		if s.stream == producer.DatabasesStream {
			continue
		}
		if s.offered {
			sources += s.dataSources
		}
		if tables[0].Enabled || !r.spec.SwitchesOff(s.stream, s.DatabaseID, s.Title) {
			total += 1 + s.dataSources
		}
		if tables[i].Enabled {
			total += s.dataSources * perTable
		}
	}
	return total + max(1, (sources+perSearch-1)/perSearch)
}

// perTable is how many requests the first read of an empty data source takes: its live
// rows and its archived ones are queried apart.
const perTable = 2
