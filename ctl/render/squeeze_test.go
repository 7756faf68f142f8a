package render

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNamesAreShortenedInTheirMiddle(t *testing.T) {
	for _, tt := range []struct {
		cell    string
		columns int
		want    string
	}{
		{"nightly/42", 10, "nightly/42"},
		{"a-long-pipeline/42", 10, "a-lon…e/42"},
		{"a-long-pipeline/42", 9, "a-lo…e/42"},
		{"日本語日本語/42", 9, "日本…/42"},
		{"日本語日本語/42", 11, "日本…語/42"},
		{"\x1b[1ma-long-pipeline/42\x1b[0m", 10, "\x1b[1ma-lon…e/42\x1b[0m"},
	} {
		if got := squeeze(tt.cell, tt.columns); got != tt.want {
			t.Errorf("%q to %d: got %q, want %q", tt.cell, tt.columns, got, tt.want)
		}
	}
}

func TestALongNamePushesNoColumnOutOfSight(t *testing.T) {
	header := []string{"RUN", "ID", "NAME", "STATUS", "CREATED"}
	row := []string{strings.Repeat("a", 63) + "/42", "1007", strings.Repeat("名", 30), "\x1b[32msuccess\x1b[0m", "2026-11-21 19:38:05"}
	for _, columns := range []int{0, 60, 80, 120} {
		text := Style{Colour: true, Width: columns}.table(header, [][]string{row, {"b/1", "2", "", "failed", "now"}})
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		for _, line := range lines {
			if columns > 0 && Width(line) > columns {
				t.Errorf("%d columns of %d: %q", Width(line), columns, line)
			}
		}
		for _, want := range append(header[:5:5], "success", "/42", "1007") {
			if !strings.Contains(text, want) {
				t.Errorf("%q is not to be seen in %d columns:\n%s", want, columns, text)
			}
		}
		if columns == 0 && !strings.Contains(text, row[0]) {
			t.Errorf("nothing is to be shortened:\n%s", text)
		}
	}
}

func TestTablesFitAndLineUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(t, "columns")
		cells := rapid.SliceOfN(rapid.StringMatching(`[a-z日é]{0,40}`), n, n)
		header := rapid.SliceOfN(rapid.StringMatching(`[A-Z]{1,8}`), n, n).Draw(t, "header")
		rows := rapid.SliceOfN(cells, 0, 5).Draw(t, "rows")
		s := Style{Width: rapid.IntRange(1, 130).Draw(t, "width")}
		text := s.table(header, rows)
		for _, line := range strings.Split(text, "\n") {
			if Width(line) > s.Width {
				t.Fatalf("%d columns of %d: %q", Width(line), s.Width, line)
			}
		}
		if s.Width >= n*(least+len(gap)) {
			for _, word := range header[:n-1] {
				if !strings.Contains(text, word) {
					t.Fatalf("%s is out of sight in %d columns:\n%s", word, s.Width, text)
				}
			}
		}
	})
}
