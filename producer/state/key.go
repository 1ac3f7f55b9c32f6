package state

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
)

// The kinds of key. A key is its kind followed by names separated by slashes;
// sources, streams and ids never contain one.
const (
	kindMeta     = "meta"
	kindOwner    = "owner"
	kindSource   = "source"
	kindDatabase = "database"
	kindTopic    = "topic"
	kindCursor   = "cursor"
	kindScan     = "scan"
	kindPage     = "page"
	kindSchedule = "schedule"
	kindColumns  = "columns"
)

// MetaKey is the key of the [Meta] record, one in every partition.
func MetaKey() string { return kindMeta }

// OwnerKey is the key of the [Owner] record of a partition.
func OwnerKey() string { return kindOwner }

// SourceKey is the key of a source's [Source] record.
func SourceKey(source string) string { return join(kindSource, source) }

// DatabaseKey is the key of the [Database] record of one database of a source.
func DatabaseKey(source, database string) string { return join(kindDatabase, source, database) }

// TopicKey is the key of a stream's [Topic] record.
func TopicKey(source, stream string) string { return join(kindTopic, source, stream) }

// CursorKey is the key of the [Cursor] of one data source of a stream.
func CursorKey(source, stream, dataSource string) string {
	return join(kindCursor, source, stream, dataSource)
}

// ScanKey is the key of the [Scan] under way in a stream.
func ScanKey(source, stream string) string { return join(kindScan, source, stream) }

// PageKey is the key of the [NotedPage] record of one page of a stream.
func PageKey(source, stream, id string) string { return join(kindPage, source, stream, id) }

// ScheduleKey is the key of a stream's [Schedule] record; job is "run" or "sweep".
func ScheduleKey(source, stream, job string) string { return join(kindSchedule, source, stream, job) }

// ColumnsKey is the key of a stream's [Columns] record.
func ColumnsKey(source, stream string) string { return join(kindColumns, source, stream) }

func join(parts ...string) string { return strings.Join(parts, "/") }

// split returns the names of a key after its kind, which must be n.
func split(key string, n int) ([]string, error) {
	_, rest, _ := strings.Cut(key, "/")
	names := strings.Split(rest, "/")
	if len(names) != n || slices.Contains(names, "") {
		return nil, fmt.Errorf("the key must have %d names after its kind", n)
	}
	return names, nil
}

// ShardOf is the partition of the state topic that holds every record of a
// source: FNV-1a of the name, 64 bits, modulo the number of shards. It never
// changes, because a source's history cannot move.
func ShardOf(source string, shards int32) int32 {
	h := fnv.New64a()
	h.Write([]byte(source))
	return int32(h.Sum64() % uint64(shards)) //nolint:gosec // below shards
}
