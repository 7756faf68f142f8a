package render

import "strings"

// least is as narrow as a column is made: some of both ends of a name.
const least = 13

// fit makes columns narrower, the widest first, until the line that they make
// has room for the last, which is cut at its end like any line. No limit of the
// style is no need.
func (s Style) fit(wide []int, header []string) {
	last := len(wide) - 1
	if s.Width <= 0 || last < 0 {
		return
	}
	room := s.Width - last*len(gap) - min(wide[last], max(Width(header[last]), least))
	for total(wide[:last]) > room {
		widest := 0
		for i := range wide[:last] {
			if wide[i] > wide[widest] {
				widest = i
			}
		}
		if wide[widest] <= least {
			return
		}
		wide[widest]--
	}
}

func total(all []int) (sum int) {
	for _, n := range all {
		sum += n
	}
	return sum
}

// squeeze shortens a cell to so many columns in its middle: names differ at
// their ends.
func squeeze(cell string, columns int) string {
	if Width(cell) <= columns {
		return cell
	}
	paint, text := "", cell
	if cell[0] == escape {
		n, _ := next(cell)
		paint, text = cell[:n], strings.TrimSuffix(cell[n:], reset)
	}
	text = head(text, columns/2) + "…" + tail(text, columns-columns/2-1)
	if paint != "" {
		text = paint + text + reset
	}
	return text
}

// head is as much of the beginning of a line as has so many columns.
func head(line string, columns int) string {
	for end, used := 0, 0; end < len(line); {
		n, w := next(line[end:])
		if used+w > columns {
			return line[:end]
		}
		end, used = end+n, used+w
	}
	return line
}

// tail is as much of the end of a line as has so many columns.
func tail(line string, columns int) string {
	for Width(line) > columns {
		n, _ := next(line)
		line = line[n:]
	}
	return line
}
