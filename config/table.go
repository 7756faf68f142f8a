package config

import "time"

// table is one table of a document that is being read. Its methods read one
// key each: they report a value of a wrong type and are silent about an absent
// key, ok being false in both cases.
type table struct {
	*reader
	*place
	values map[string]any
}

func (r *reader) table(at *place, v any) (table, bool) {
	m, ok := v.(map[string]any)
	return table{reader: r, place: at, values: m}, ok
}

func (t table) has(key string) bool {
	_, ok := t.values[key]
	return ok
}

// wrong reports that key must be something else than it is.
func (t table) wrong(key, must string) {
	t.report(t.key(key), "%s must be %s, not %s", key, must, describe(t.values[key]))
}

// missing reports that the table lacks key.
func (t table) missing(key, advice string) {
	t.report(t.place, "%s is missing: %s", key, advice)
}

func (t table) text(key string) (s string, ok bool) {
	v, there := t.values[key]
	if !there {
		return "", false
	}
	if s, ok = v.(string); !ok {
		t.wrong(key, "a string")
	}
	return s, ok
}

func (t table) boolean(key string) (b, ok bool) {
	v, there := t.values[key]
	if !there {
		return false, false
	}
	if b, ok = v.(bool); !ok {
		t.wrong(key, "true or false, without quotes")
	}
	return b, ok
}

func (t table) integer(key string, least, most int64) (n int64, ok bool) {
	v, there := t.values[key]
	if !there {
		return 0, false
	}
	if n, ok = v.(int64); !ok {
		t.wrong(key, "an integer, without quotes")
		return 0, false
	}
	if n < least || n > most {
		t.report(t.key(key), "%s must be from %d to %d, not %d", key, least, most, n)
		return 0, false
	}
	return n, true
}

// count reads an integer that is small.
func (t table) count(key string, least, most int) (n int, ok bool) {
	long, ok := t.integer(key, int64(least), int64(most))
	return int(long), ok
}

// number reads an integer or a float.
func (t table) number(key string, least, most float64) (n float64, ok bool) {
	switch v := t.values[key].(type) {
	case nil:
		return 0, false
	case int64:
		n = float64(v)
	case float64:
		n = v
	default:
		t.wrong(key, "a number, without quotes")
		return 0, false
	}
	if ok = least <= n && n <= most; !ok {
		t.report(t.key(key), "%s must be from %v to %v, not %v", key, least, most, n)
	}
	return n, ok
}

// durationWithin reads a duration from least to most, both of which belong to
// it; words names the two.
func (t table) durationWithin(key string, least, most time.Duration, words string) (time.Duration, bool) {
	text, isText := t.values[key].(string)
	if !isText {
		return t.duration(key)
	}
	d, err := ParseDuration(text)
	switch {
	case err != nil:
		t.report(t.key(key), "%s = %s is no duration: %v; it is from %s", key, quote(text), err, words)
	case d < least || d > most:
		t.report(t.key(key), "%s must be from %s, not %s", key, words, text)
	default:
		return d, true
	}
	return 0, false
}

// duration reads a duration of more than nothing.
func (t table) duration(key string) (d time.Duration, ok bool) {
	v, there := t.values[key]
	if !there {
		return 0, false
	}
	switch v := v.(type) {
	case string:
		return t.parsedDuration(key, v)
	case int64:
		t.report(t.key(key), `%s must be a string with a unit: write %s = "%ds" for seconds`, key, key, v)
	default:
		t.wrong(key, `a string such as "90s" or "20m"`)
	}
	return 0, false
}

func (t table) parsedDuration(key, text string) (time.Duration, bool) {
	d, err := ParseDuration(text)
	switch {
	case err != nil:
		t.report(t.key(key), "%s = %s is no duration: %v", key, quote(text), err)
	case d == 0:
		t.report(t.key(key), "%s must be more than 0; leave it out for the default", key)
	}
	return d, err == nil && d > 0
}

// size reads a number of bytes.
func (t table) size(key string, least int64) (n int64, ok bool) {
	v, there := t.values[key]
	if !there {
		return 0, false
	}
	switch v := v.(type) {
	case int64:
		n = v
	case string:
		var err error
		if n, err = parseSize(v); err != nil {
			t.report(t.key(key), "%s = %s is no size: %v", key, quote(v), err)
			return 0, false
		}
	default:
		t.wrong(key, `a number of bytes or a string such as "256MiB"`)
		return 0, false
	}
	if n < least {
		t.report(t.key(key), "%s must be at least %d bytes, not %d", key, least, n)
	}
	return n, n >= least
}

// element is a value of an array, and where it stands.
type element struct {
	value any
	at    *place
}

// oneOrMore is the elements of an array, or a single value as the only one.
func (t table) oneOrMore(key string) []element {
	v, there := t.values[key]
	if !there {
		return nil
	}
	all, isArray := list(v)
	if !isArray {
		return []element{{v, t.key(key)}}
	}
	elements := make([]element, len(all))
	for i, v := range all {
		elements[i] = element{v, t.key(key).item(i)}
	}
	return elements
}

// item is a string of an array, and where it stands.
type item struct {
	text string
	at   *place
}

func (t table) strings(key string) (items []item, ok bool) {
	v, there := t.values[key]
	if !there {
		return nil, false
	}
	all, isArray := list(v)
	if !isArray {
		t.wrong(key, `an array of strings: ["…", "…"]`)
		return nil, false
	}
	for i, v := range all {
		at := t.key(key).item(i)
		if s, isString := v.(string); isString {
			items = append(items, item{s, at})
			continue
		}
		t.report(at, "%s must hold strings, not %s", key, describe(v))
	}
	return items, true
}

// sub reads a table in the table.
func (t table) sub(key string) (table, bool) {
	v, there := t.values[key]
	if !there {
		return table{}, false
	}
	sub, ok := t.table(t.key(key), v)
	if !ok {
		t.wrong(key, "a table: "+key+" = { … }")
	}
	return sub, ok
}

// subs reads an array of tables. What is no table is reported and stays in
// the list as an empty one, so that numbers are those of the text.
func (t table) subs(key, header string) []table {
	v, there := t.values[key]
	if !there {
		return nil
	}
	all, ok := list(v)
	if !ok {
		t.wrong(key, "an array of tables: write "+header)
	}
	subs := make([]table, len(all))
	for i, v := range all {
		if subs[i], ok = t.table(t.key(key).item(i), v); !ok {
			t.report(subs[i].place, "%s must hold tables, not %s", key, describe(v))
		}
	}
	return subs
}

// choose reads one of a few words, the first of which is the default.
func choose[T ~string](t table, key string, known ...T) T {
	s, ok := t.text(key)
	if !ok {
		return known[0]
	}
	words := make([]string, len(known))
	for i, k := range known {
		if words[i] = string(k); words[i] == s {
			return k
		}
	}
	t.report(t.key(key), "%s = %s is unknown%s", key, quote(s), didYouMean(s, words))
	return known[0]
}

// name reads a name that must be there.
func (t table) name(key, advice string) string {
	s, ok := t.text(key)
	switch {
	case !t.has(key):
		t.missing(key, advice)
	case ok && !validName(s):
		t.badName(key, s)
	case ok:
		return s
	}
	return ""
}

func (t table) badName(key, s string) {
	if guess := asName(s); guess != "" {
		t.report(t.key(key), "%s = %s is no name; write %s (%s)", key, quote(s), quote(guess), nameRule)
		return
	}
	t.report(t.key(key), "%s = %s is no name (%s)", key, quote(s), nameRule)
}
