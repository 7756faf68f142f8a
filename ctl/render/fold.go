package render

import "strings"

// Fold breaks the lines of a text so that they have so many columns at most.
// Paragraphs are put together anew; a line that begins with a blank is one by
// itself, and what does not fit goes on below where its text begins.
func Fold(text string, columns int) string {
	var folded, paragraph []string
	flush := func() {
		folded = append(folded, wrap(strings.Join(paragraph, " "), "", columns)...)
		paragraph = nil
	}
	for _, line := range strings.Split(text, "\n") {
		switch {
		case line == "":
			flush()
			folded = append(folded, "")
		case line[0] == ' ':
			flush()
			folded = append(folded, wrap(line, strings.Repeat(" ", hang(line)), columns)...)
		default:
			paragraph = append(paragraph, line)
		}
	}
	flush()
	return strings.Join(folded, "\n")
}

// hang is where the text of a line of a list begins: behind its term, if two
// blanks end that.
func hang(line string) int {
	begin := len(line) - len(strings.TrimLeft(line, " "))
	if term := strings.Index(line[begin:], gap); term >= 0 {
		rest := line[begin+term:]
		return begin + term + len(rest) - len(strings.TrimLeft(rest, " "))
	}
	return begin
}

// wrap breaks a line between words; those behind the first begin with indent. A
// word that is too long stays whole.
func wrap(line, indent string, columns int) (lines []string) {
	for Width(line) > columns {
		end := strings.LastIndexByte(head(line, columns+1), ' ')
		if strings.TrimSpace(line[:max(end, 0)]) == "" {
			if end = strings.IndexByte(strings.TrimLeft(line, " "), ' '); end < 0 {
				break
			}
			end += len(line) - len(strings.TrimLeft(line, " "))
		}
		lines = append(lines, strings.TrimRight(line[:end], " "))
		line = indent + strings.TrimLeft(line[end:], " ")
	}
	if strings.TrimSpace(line) == "" {
		return lines
	}
	return append(lines, line)
}
