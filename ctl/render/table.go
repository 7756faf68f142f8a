package render

import "strings"

// gap stands between two columns of a table.
const gap = "  "

// table sets rows below a header in columns that are as wide as their widest
// cell. Where that is too much for the width of the style, cells of the widest
// columns are shortened in their middle, and of the last at their end; nothing
// is padded at the end.
func (s Style) table(header []string, rows [][]string) string {
	wide := make([]int, len(header))
	measure(wide, header)
	for _, row := range rows {
		measure(wide, row)
	}
	s.fit(wide, header)
	var b strings.Builder
	b.WriteString(s.paint(bold, s.row(wide, header)) + "\n")
	for _, row := range rows {
		b.WriteString(s.row(wide, row) + "\n")
	}
	return b.String()
}

func measure(wide []int, row []string) {
	for i, cell := range row {
		wide[i] = max(wide[i], Width(cell))
	}
}

func (s Style) row(wide []int, cells []string) string {
	padded := make([]string, len(cells))
	for i, cell := range cells {
		if i < len(cells)-1 {
			cell = squeeze(cell, wide[i])
		}
		padded[i] = pad(cell, wide[i])
	}
	return cut(strings.TrimRight(strings.Join(padded, gap), " "), s.Width)
}

// pairs sets names and what they stand for in two columns; empty ones are left
// out.
func (s Style) pairs(pairs ...[2]string) string {
	wide := 0
	for _, p := range pairs {
		if p[1] != "" {
			wide = max(wide, Width(p[0]))
		}
	}
	var b strings.Builder
	for _, p := range pairs {
		if p[1] != "" {
			b.WriteString(s.paint(dim, pad(p[0], wide)) + gap + p[1] + "\n")
		}
	}
	return b.String()
}
