package calendar

import (
	"slices"
	"strings"
)

// block is the unfolded lines of one VEVENT, from BEGIN to END. line is where it
// begins.
type block struct {
	line  int
	lines []string
}

// maxDepth is how deep components may lie in each other: an alarm in an event in
// a calendar is 3.
const maxDepth = 8

// cut finds the events of an iCalendar text. Components within an event, alarms,
// are left out: their properties are not the event's.
func cut(lines []string) (blocks []block, err error) {
	s := &scanner{}
	for i := 0; i < len(lines); {
		text, next, err := unfold(lines, i)
		if err != nil {
			return nil, err
		}
		if err := s.take(text, i+1); err != nil {
			return nil, err
		}
		i = next
	}
	if len(s.open) > 0 {
		return nil, wrong(s.open[len(s.open)-1].line, "%s begins here and has no end", s.open[len(s.open)-1].name)
	}
	return s.blocks, nil
}

// unfold puts a line together with those that go on with it: that begin with a
// blank.
func unfold(lines []string, at int) (text string, next int, err error) {
	var all strings.Builder
	all.WriteString(lines[at])
	for next = at + 1; next < len(lines) && strings.IndexAny(lines[next], " \t") == 0; next++ {
		all.WriteString(lines[next][1:])
	}
	if all.Len() > maxLine {
		return "", next, wrong(at+1, "the line has %d bytes; at most %d are read", all.Len(), maxLine)
	}
	return strings.TrimRight(all.String(), "\r"), next, nil
}

// component is one that has begun.
type component struct {
	name string
	line int
}

// scanner follows which components are open.
type scanner struct {
	open   []component
	blocks []block
}

// take looks at one line.
func (s *scanner) take(text string, line int) error {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	name, value, found := strings.Cut(text, ":")
	value = strings.ToUpper(strings.TrimSpace(value))
	switch {
	case !found:
		return wrong(line, "%q has no colon: it is no line of iCalendar", short(text))
	case strings.EqualFold(name, "BEGIN"):
		return s.begin(value, line)
	case strings.EqualFold(name, "END"):
		return s.end(value, line)
	case len(s.open) == 0:
		return wrong(line, "%q stands outside of VCALENDAR", short(text))
	case s.open[len(s.open)-1].name == "VEVENT" && ours(name):
		if n := parameters(text); n > maxParameters {
			return wrong(line, "%s has %d bytes of parameters; at most %d are read", short(name), n, maxParameters)
		}
		s.add(text)
	}
	return nil
}

// maxParameters bounds what stands before the value of a property, in bytes.
const maxParameters = 1 << 10

// parameters is how many bytes stand before the value: a colon in quotes does
// not begin it.
func parameters(text string) int {
	quoted := false
	for i := range len(text) {
		switch {
		case text[i] == '"':
			quoted = !quoted
		case text[i] == ':' && !quoted:
			return i
		}
	}
	return len(text)
}

// ours reports whether a property of an event is looked at. name may have
// parameters behind it.
func ours(name string) bool {
	name, _, _ = strings.Cut(name, ";")
	return slices.Contains(read, strings.ToUpper(name))
}

// read are the properties that are looked at.
var read = []string{"UID", "SUMMARY", "STATUS", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID"}

// begin opens a component.
func (s *scanner) begin(name string, line int) error {
	if len(s.open) == maxDepth {
		return wrong(line, "%s lies in more than %d others", name, maxDepth-1)
	}
	if (len(s.open) == 0) != (name == "VCALENDAR") {
		return wrong(line, "%s cannot begin here: a file is VCALENDAR with everything else in it", name)
	}
	if s.open = append(s.open, component{name, line}); name != "VEVENT" {
		return nil
	}
	if len(s.open) != 2 {
		return wrong(line, "an event lies in %s; it belongs right into VCALENDAR", s.open[len(s.open)-2].name)
	}
	if len(s.blocks) == maxEntries {
		return wrong(line, "there are more than %d events; leave out what is past", maxEntries)
	}
	s.blocks = append(s.blocks, block{line: line})
	s.add("BEGIN:VEVENT")
	return nil
}

// end closes the component that was opened last.
func (s *scanner) end(name string, line int) error {
	if len(s.open) == 0 || s.open[len(s.open)-1].name != name {
		return wrong(line, "END:%s ends nothing that has begun", name)
	}
	if s.open = s.open[:len(s.open)-1]; name == "VEVENT" {
		s.add("END:VEVENT")
	}
	return nil
}

// add adds a line to the event that is open.
func (s *scanner) add(text string) {
	b := &s.blocks[len(s.blocks)-1]
	b.lines = append(b.lines, text)
}

// short is so much of a text as fits into a message.
func short(text string) string {
	if len(text) > 40 {
		return text[:40] + "…"
	}
	return text
}
