package config

import "sort"

// lines knows where each line of a text begins, as offsets in bytes.
type lines []int

func newLines(text string) lines {
	starts := lines{0}
	for i := range len(text) {
		if text[i] == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// position is that of the byte at offset.
func (l lines) position(offset int) Position {
	line := sort.SearchInts(l, offset+1)
	return Position{Line: line, Column: offset - l[line-1] + 1}
}
