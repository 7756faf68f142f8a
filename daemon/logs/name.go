package logs

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// head is the file that begins a live log.
const head = "log"

// named picks the files of a log, in the order of the stream.
func named(names []string) []segment {
	var segments []segment
	for _, name := range names {
		if start, ok := startOf(name); ok {
			segments = append(segments, segment{name: name, start: start})
		}
	}
	slices.SortFunc(segments, func(a, b segment) int { return cmp.Compare(a.start, b.start) })
	return segments
}

func startOf(name string) (int64, bool) {
	if name == head {
		return 0, true
	}
	number, ok := strings.CutPrefix(name, head+".")
	start, err := strconv.ParseUint(number, 10, 63)
	return int64(start), ok && err == nil && start > 0
}
