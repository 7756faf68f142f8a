package logs

import (
	"strings"
	"testing"
)

func TestCut(t *testing.T) {
	long := strings.Repeat("x", maxLine)
	for _, c := range []struct {
		name  string
		b     string
		limit int
		final bool
		want  int
	}{
		{"nothing", "", 10, false, 0},
		{"whole lines within limit", "ab\ncd\nef", 7, false, 6},
		{"limit at the end of a line", "ab\ncd\n", 3, false, 3},
		{"first line above limit", "abcdef\ngh\n", 2, false, 7},
		{"unfinished line", "abc", 10, false, 0},
		{"unfinished line at the end of all", "abc", 10, true, 3},
		{"line without end", long, 10, false, maxLine},
		{"line without end yet", long[1:], 10, false, 0},
		{"line without end below limit", long + "y", 2 * maxLine, false, maxLine + 1},
	} {
		if got := cut([]byte(c.b), c.limit, c.final); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}
