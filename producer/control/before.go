package control

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// EveryPartition is the partition whose offset in [RecordQuery.Before] counts for all
// partitions that it does not name.
const EveryPartition int32 = -1

const (
	// mostBefore bounds how many partitions a text of ParseBefore names.
	mostBefore = 10_000
	// mostQuoted is how many characters of a text an error quotes.
	mostQuoted = 100
)

// ParseBefore reads the offsets of [RecordQuery.Before]: one offset, which counts for every
// partition, or partition:offset pairs such as 0:123,2:77. Of an empty text it returns nil.
// Its error completes a sentence that begins with what the text is.
func ParseBefore(text string) (map[int32]int64, error) {
	if text == "" {
		return nil, nil
	}
	if offset, err := parseOffset(text); err == nil {
		return map[int32]int64{EveryPartition: offset}, nil
	}
	before := map[int32]int64{}
	for pair := range strings.SplitSeq(text, ",") {
		p, o, _ := strings.Cut(pair, ":")
		partition, err := strconv.ParseUint(p, 10, 31)
		offset, bad := parseOffset(o)
		_, twice := before[int32(partition)]
		if err != nil || bad != nil || twice || len(before) == mostBefore {
			return nil, fmt.Errorf("must be an offset, or partition:offset pairs such as 0:123,2:77, each partition once, not %q", Shortened(text, mostQuoted))
		}
		before[int32(partition)] = offset
	}
	return before, nil
}

func parseOffset(text string) (int64, error) {
	n, err := strconv.ParseUint(text, 10, 63)
	return int64(n), err
}

// FormatBefore returns the text that ParseBefore reads, the partitions in order.
func FormatBefore(before map[int32]int64) string {
	var pairs []string
	for _, partition := range slices.Sorted(maps.Keys(before)) {
		if partition == EveryPartition {
			if len(before) == 1 {
				return strconv.FormatInt(before[partition], 10)
			}
			continue // a text names each partition, or none
		}
		pairs = append(pairs, fmt.Sprintf("%d:%d", partition, before[partition]))
	}
	return strings.Join(pairs, ",")
}
