package config

import (
	"slices"
	"strconv"
	"strings"
)

// place is where one value of a text stands: a tree with the shape of the
// decoded text. It exists because the decoder forgets positions, and those it
// has are wrong inside arrays of tables.
type place struct {
	parent *place
	name   string // its key in a table
	index  int    // its number in an array; -1 for a key
	offset int    // of its key, its header or its element; -1 while unknown
	quote  int    // offset of its string's opening quote; -1 where it has none that is known
	float  string // a float as it is written: 1.10 is not 1.1
	keys   map[string]*place
	items  []*place
}

// key is the place of a key of this table, made where there is none yet.
func (p *place) key(name string) *place {
	if k, ok := p.keys[name]; ok {
		return k
	}
	if p.keys == nil {
		p.keys = map[string]*place{}
	}
	k := &place{parent: p, name: name, index: -1, offset: -1, quote: -1}
	p.keys[name] = k
	return k
}

// item is the place of an element of this array, made where there is none yet.
func (p *place) item(index int) *place {
	for len(p.items) <= index {
		p.items = append(p.items, &place{parent: p, index: len(p.items), offset: -1, quote: -1})
	}
	return p.items[index]
}

// at says where the place is, unless that is known already: what comes first
// in the text is where a reader looks.
func (p *place) at(offset int) *place {
	if p.offset < 0 {
		p.offset = offset
	}
	return p
}

// start is the place's offset, or that of the nearest one around it.
func (p *place) start() int {
	for p.offset < 0 {
		p = p.parent
	}
	return p.offset
}

// path is the way to the place from the top of the text, as Locate reads it.
func (p *place) path() string {
	var parts []string
	for ; p.parent != nil; p = p.parent {
		parts = append(parts, p.segment())
	}
	slices.Reverse(parts)
	return strings.TrimPrefix(strings.Join(parts, ""), ".")
}

func (p *place) segment() string {
	switch {
	case p.index >= 0:
		return "[" + strconv.Itoa(p.index) + "]"
	case bare(p.name):
		return "." + p.name
	default:
		return "." + strconv.Quote(p.name)
	}
}

// bare tells whether TOML lets a key stand without quotes.
func bare(key string) bool {
	for i := range len(key) {
		c := key[i]
		if !lower(c) && !upper(c) && !digit(c) && c != '_' && c != '-' {
			return false
		}
	}
	return key != ""
}

// find follows path as far as it exists.
func (p *place) find(path string) *place {
	for path != "" {
		next, rest := p.follow(path)
		if next == nil {
			return p
		}
		p, path = next, rest
	}
	return p
}

// follow goes along the first segment of path; nil where it leads nowhere.
func (p *place) follow(path string) (next *place, rest string) {
	if path[0] == '[' {
		number, rest, _ := strings.Cut(path[1:], "]")
		i, err := strconv.Atoi(number)
		if err != nil || i < 0 || i >= len(p.items) {
			return nil, ""
		}
		return p.items[i], rest
	}
	name, rest := cutName(strings.TrimPrefix(path, "."))
	return p.keys[name], rest
}

// cutName cuts a key, bare or quoted, from the front of path.
func cutName(path string) (name, rest string) {
	if quoted, err := strconv.QuotedPrefix(path); err == nil {
		if name, err = strconv.Unquote(quoted); err == nil {
			return name, path[len(quoted):]
		}
	}
	end := strings.IndexAny(path, ".[")
	if end < 0 {
		end = len(path)
	}
	return path[:end], path[end:]
}
