package cron

import (
	"strings"

	"github.com/penstock/penstock/config/spelling"
)

// field is one of the fields of an expression.
type field struct {
	name     string
	min, max int
	names    []string // of the values from min on
	wraps    bool     // a range may go over the end
	days     bool     // it may be ?
}

var (
	secondField  = field{name: "second", max: 59}
	minuteField  = field{name: "minute", max: 59}
	hourField    = field{name: "hour", max: 23, wraps: true}
	dayField     = field{name: "day of month", min: 1, max: 31, days: true}
	monthField   = field{name: "month", min: 1, max: 12, wraps: true, names: []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}}
	weekdayField = field{name: "weekday", max: 7, wraps: true, days: true, names: []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}}
)

// piece is a part of the text, and where it begins.
type piece struct {
	text   string
	offset int
}

func (p piece) wrong(format string, arguments ...any) error {
	return wrong(p.offset, format, arguments...)
}

// cut splits a piece at the first of a character.
func (p piece) cut(c byte) (before, after piece, found bool) {
	i := strings.IndexByte(p.text, c)
	if i < 0 {
		return p, piece{offset: p.offset + len(p.text)}, false
	}
	return piece{p.text[:i], p.offset}, piece{p.text[i+1:], p.offset + i + 1}, true
}

// split is a piece as its parts between a character.
func (p piece) split(c byte) (parts []piece) {
	for {
		before, after, found := p.cut(c)
		parts = append(parts, before)
		if !found {
			return parts
		}
		p = after
	}
}

// words are the parts of a text between blanks.
func words(text string) (parts []piece) {
	all := piece{text: strings.ReplaceAll(text, "\t", " ")}
	for _, p := range all.split(' ') {
		if p.text != "" {
			parts = append(parts, p)
		}
	}
	return parts
}

// star reports whether a field begins so that it restricts nothing, in the eyes
// of Vixie's cron.
func star(p piece) bool { return p.text[0] == '*' || p.text[0] == '?' }

// parseFields reads an expression of five or six fields.
func parseFields(text string) (*Expression, error) {
	parts := words(text)
	switch len(parts) {
	case 5:
		parts = append([]piece{{text: "0"}}, parts...)
	case 6:
	default:
		return nil, miscounted(parts)
	}
	return fromFields(strings.Trim(text, blanks), [6]piece(parts))
}

func miscounted(parts []piece) error {
	const fields = "five belong here: minute, hour, day of month, month, weekday; or six, seconds first"
	if name := strings.ToLower(parts[0].text); name == "every" || name == "at" || written["@"+name] != "" {
		return parts[0].wrong("%q is no field; the word is written @%s", parts[0].text, name)
	}
	if len(parts) > 6 {
		return parts[6].wrong("there are %d fields; %s", len(parts), fields)
	}
	if len(parts) == 1 {
		return parts[0].wrong("there is one field; %s, separated by blanks", fields)
	}
	end := parts[len(parts)-1]
	return wrong(end.offset+len(end.text), "there are %d fields; %s", len(parts), fields)
}

// fromFields is the expression of six fields.
func fromFields(text string, parts [6]piece) (*Expression, error) {
	e := &Expression{
		text:     text,
		interval: star(parts[1]) || star(parts[2]),
		bothDays: star(parts[3]) || star(parts[5]),
	}
	rules := &dayRules{}
	var plain [6]string
	for i, f := range []field{secondField, minuteField, hourField, dayField, monthField, weekdayField} {
		var err error
		if plain[i], err = f.read(parts[i], rules); err != nil {
			return nil, err
		}
	}
	if err := e.fill(plain); err != nil {
		return nil, parts[0].wrong("%v", err)
	}
	if rules.any() {
		e.rules = rules
	}
	return e, e.possible(parts)
}

// possible refuses an expression that no day matches. The calendar repeats
// itself after 400 years.
func (e *Expression) possible(parts [6]piece) error {
	from := dayOf(2000, 1, 1)
	if day, ok := e.dayFrom(from); ok && day < from+400*366 {
		return nil
	}
	return parts[3].wrong("it would never be due: month %s has no day %s%s", parts[4].text, parts[3].text, also(parts[5]))
}

func also(weekday piece) string {
	if weekday.text == "*" || weekday.text == "?" {
		return ""
	}
	return " that is weekday " + weekday.text
}

// read checks a field and writes it plainly: numbers, ranges that go upwards,
// steps. Items that are rules for days go into rules.
func (f field) read(p piece, rules *dayRules) (string, error) {
	var plain []string
	items := p.split(',')
	for _, item := range items {
		switch {
		case item.text == "":
			return "", item.wrong("%s: a value is missing beside the comma", f.name)
		case (item.text == "*" || item.text == "?") && len(items) > 1:
			return "", item.wrong("%s: %s is every value already; leave it or the others out", f.name, item.text)
		}
		ruled, err := f.rule(item, rules)
		if err != nil {
			return "", err
		}
		if !ruled {
			text, err := f.values(item)
			if err != nil {
				return "", err
			}
			plain = append(plain, text)
		}
	}
	return strings.Join(plain, ","), nil
}

// hint is the end of a message about an unknown word.
func hint(word string, known []string) string {
	for _, k := range known {
		if len(word) > len(k) && strings.HasPrefix(word, k) {
			return "; write " + k
		}
	}
	if s := spelling.Nearest(word, known); s != "" {
		return "; did you mean " + s + "?"
	}
	return "; known are " + strings.Join(known, ", ")
}
