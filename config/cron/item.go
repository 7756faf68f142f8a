package cron

import (
	"fmt"
	"strconv"
	"strings"
)

// values writes an item of a list plainly, as robfig/cron reads it.
func (f field) values(p piece) (string, error) {
	body, step, stepped := p.cut('/')
	low, high, err := f.bounds(body, stepped)
	if err != nil {
		return "", err
	}
	by := 1
	if stepped {
		if by, err = f.step(step, p.text, low, high); err != nil {
			return "", err
		}
	}
	if body.text == "*" || body.text == "?" {
		return p.text, nil
	}
	return f.list(low, high, by), nil
}

// bounds are the ends of an item; the second lies before the first in a range
// that goes over the end of the field.
func (f field) bounds(p piece, stepped bool) (low, high int, err error) {
	switch {
	case p.text == "*", p.text == "?" && f.days && !stepped:
		return f.min, f.top(), nil
	case p.text == "?":
		return 0, 0, p.wrong("%s: ? stands only for a whole field of days; write *", f.name)
	}
	from, to, ranged := p.cut('-')
	if low, err = f.value(from, p); err != nil {
		return 0, 0, err
	}
	if !ranged {
		if high = low; stepped {
			high = f.top()
		}
		return low, high, nil
	}
	if high, err = f.value(to, p); err != nil {
		return 0, 0, err
	}
	if high < low && !f.wraps {
		return 0, 0, p.wrong("%s: %s goes backwards; write %d-%d,%d-%d to go over the end", f.name, p.text, low, f.max, f.min, high)
	}
	return low, high, nil
}

// top is the greatest value that * covers: Sunday counts once.
func (f field) top() int {
	if f.names != nil {
		return f.min + len(f.names) - 1
	}
	return f.max
}

// step reads the number after the slash.
func (f field) step(p piece, item string, low, high int) (int, error) {
	n, err := strconv.Atoi(p.text)
	if err != nil || !digits(p.text) {
		return 0, p.wrong("%s: after / belongs a number: every so many values", f.name)
	}
	if high < low {
		high += f.top() - f.min + 1
	}
	switch {
	case n == 0:
		return 0, p.wrong("%s: every 0th value is none; the smallest step is 1", f.name)
	case n > high-low:
		return 0, p.wrong("%s: %s is only %d: the step is larger than what it goes through; write %d", f.name, item, low, low)
	}
	return n, nil
}

// value reads a number or a name. item is what it is a part of.
func (f field) value(p, item piece) (int, error) {
	switch {
	case p.text == "":
		return 0, item.wrong("%s: %q lacks a value beside the -", f.name, item.text)
	case p.text == "*":
		return 0, p.wrong("%s: %q is no range; * stands alone or before /", f.name, item.text)
	case digits(p.text):
		n, err := strconv.Atoi(p.text)
		if err != nil || n < f.min || n > f.max {
			return 0, p.wrong("%s: %s is outside of %d-%d", f.name, p.text, f.min, f.max)
		}
		return n, nil
	}
	return f.named(p)
}

func (f field) named(p piece) (int, error) {
	word := strings.ToLower(p.text)
	for i, name := range f.names {
		if word == name {
			return f.min + i, nil
		}
	}
	switch {
	case strings.ContainsAny(word, `"'`+"`"):
		return 0, p.wrong("%s: %s has a quote; write the fields without", f.name, p.text)
	case word == "h" || strings.HasPrefix(word, "h("):
		return 0, p.wrong("%s: H is not known; write a value, and jitter beside the schedule to spread the load", f.name)
	case f.names != nil && letters(word):
		return 0, p.wrong("%s: %s is not known%s", f.name, p.text, hint(word, f.names))
	}
	return 0, p.wrong("%s: %q is no value; values are %d-%d%s", f.name, p.text, f.min, f.max, f.nameRange())
}

func (f field) nameRange() string {
	if f.names == nil {
		return ""
	}
	return " and " + f.names[0] + "-" + f.names[len(f.names)-1]
}

// list writes a range plainly. What robfig/cron has no range for, because it
// goes over the end or calls Sunday 7, is listed.
func (f field) list(low, high, by int) string {
	if low <= high && high <= f.top() {
		return fmt.Sprintf("%d-%d/%d", low, high, by)
	}
	count := f.top() - f.min + 1
	if high < low {
		high += count
	}
	var values []string
	for v := low; v <= high; v += by {
		values = append(values, strconv.Itoa(f.min+(v-f.min)%count))
	}
	return strings.Join(values, ",")
}

func digits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

func letters(text string) bool {
	return strings.Trim(text, "abcdefghijklmnopqrstuvwxyz") == ""
}
