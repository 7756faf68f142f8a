package render

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// Width is how many columns a terminal gives to a line: East Asian wide and
// full-width characters take two (UAX #11), marks and SGR sequences none.
func Width(line string) int {
	columns := 0
	for len(line) > 0 {
		n, w := next(line)
		columns += w
		line = line[n:]
	}
	return columns
}

// next measures the first character, or SGR sequence, of a line.
func next(line string) (bytes, columns int) {
	if line[0] == escape {
		end := strings.IndexByte(line, 'm')
		return max(end, 0) + 1, 0
	}
	r, n := utf8.DecodeRuneInString(line)
	return n, runeWidth(r)
}

func runeWidth(r rune) int {
	if r < 0x300 {
		return 1
	}
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// cut shortens a line to so many columns, an ellipsis the last of them. No
// colour outlives the cut. 0 columns is no limit.
func cut(line string, columns int) string {
	if columns <= 0 || Width(line) <= columns {
		return line
	}
	end, used, painted := 0, 0, false
	for end < len(line) {
		n, w := next(line[end:])
		if used+w > columns-1 {
			break
		}
		painted = painted || line[end] == escape
		end, used = end+n, used+w
	}
	if painted {
		return line[:end] + "…" + reset
	}
	return line[:end] + "…"
}

// pad fills a line with blanks up to so many columns.
func pad(line string, columns int) string {
	return line + strings.Repeat(" ", max(0, columns-Width(line)))
}
