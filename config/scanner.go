package config

import (
	"fmt"
	"strings"
)

// scanner finds keys and brackets in a text, and nothing else: strings and
// comments may hold any number of dots and brackets.
type scanner struct {
	text   string
	at     int     // the next byte
	open   []frame // brackets and braces of the value that is being read
	fresh  bool    // only blanks so far on a line that begins a statement
	header bool    // inside [table] or [[table]]
	key    bool    // inside a key, or where one begins
	dots   int     // of the key
	path   int     // bytes of the key and of the keys around it, with a dot after each part
	cost   int     // so far; see charge
	table  int     // bytes of the key of the last header
}

// frame is one open bracket or brace.
type frame struct {
	mark byte
	path int // bytes of the keys around what is inside it
}

func (s *scanner) scan() *refusal {
	for s.at < len(s.text) {
		start := s.at
		s.next()
		if r := s.excess(start); r != nil {
			return r
		}
	}
	return nil
}

func (s *scanner) excess(at int) *refusal {
	switch {
	case len(s.open) > maxDepth:
		return &refusal{at, fmt.Sprintf("brackets are nested deeper than %d levels", maxDepth)}
	case s.dots > maxDots:
		return &refusal{at, fmt.Sprintf("the key has more than %d dots", maxDots)}
	case s.cost > maxCost:
		return &refusal{at, "the text has too many keys in tables inside tables up to here: nest it less deep, or give it shorter keys"}
	}
	return nil
}

// next reads one byte, one string or one comment.
func (s *scanner) next() {
	c := s.text[s.at]
	switch c {
	case ' ', '\t', '\r':
		s.at++
		return
	case '\n':
		s.newline()
	case '#':
		s.skipComment()
	case '"', '\'':
		s.skipString(c)
	case '[', '{':
		s.enter(c)
		return
	case ']', '}':
		s.leave()
	default:
		s.mark(c)
	}
	s.fresh = s.fresh && c == '\n'
}

// mark reads a byte that is part of a key, part of a value, or between them.
func (s *scanner) mark(c byte) {
	s.at++
	switch {
	case c == ',' && s.inTable():
		s.beginKey()
	case c == '=':
		s.key = false
		s.path++
		s.charge(1)
	case s.key && c == '.':
		s.dots++
		s.path++
		s.charge(2)
	case s.key:
		s.path++
	}
}

// charge counts what a decoder does: for each key, each dot of a key and each
// bracket in a value it goes through all keys around it. The weights are
// measured; within maxCost a text is decoded in a third of a second at worst.
func (s *scanner) charge(weight int) { s.cost += weight * s.path }

func (s *scanner) newline() {
	s.at++
	if len(s.open) > 0 {
		return
	}
	s.fresh, s.header = true, false
	s.beginKey()
}

func (s *scanner) beginKey() {
	s.key, s.dots, s.path = true, 0, s.around()
}

// around is the length of the keys around the one that begins here.
func (s *scanner) around() int {
	if n := len(s.open); n > 0 {
		return s.open[n-1].path
	}
	return s.table
}

func (s *scanner) inTable() bool {
	n := len(s.open)
	return n > 0 && s.open[n-1].mark == '{'
}

func (s *scanner) enter(c byte) {
	s.at++
	if c == '[' && (s.fresh || s.header) {
		s.fresh, s.header, s.path = false, true, 0
		return
	}
	s.open = append(s.open, frame{mark: c, path: s.path})
	s.key = false
	if c == '[' {
		s.charge(1)
		return
	}
	s.charge(8)
	s.beginKey()
}

func (s *scanner) leave() {
	s.at++
	if s.header {
		s.path++
		s.charge(1)
		s.table, s.header, s.key = s.path, false, false
		return
	}
	s.key = false
	if n := len(s.open); n > 0 {
		s.open = s.open[:n-1]
		s.path = s.around()
	}
}

func (s *scanner) skipComment() {
	s.at += untilNewline(s.text[s.at:])
}

func untilNewline(text string) int {
	if n := strings.IndexByte(text, '\n'); n >= 0 {
		return n
	}
	return len(text)
}

// skipString reads a string with its quotes. As a key its bytes count.
func (s *scanner) skipString(quote byte) {
	rest := s.text[s.at:]
	n := 0
	if triple := strings.Repeat(string(quote), 3); strings.HasPrefix(rest, triple) {
		n = longString(rest, quote)
	} else {
		n = shortString(rest, quote)
	}
	s.at += n
	if s.key {
		s.path += n
	}
}

// shortString is the length of the string on one line that rest begins with.
// One without an end ends before the newline: there the decoder gives up.
func shortString(rest string, quote byte) int {
	for i := 1; i < len(rest); i++ {
		switch {
		case rest[i] == '\n':
			return i
		case rest[i] == quote:
			return i + 1
		case rest[i] == '\\' && quote == '"':
			i++
		}
	}
	return len(rest)
}

// longString is the length of the multi-line string that rest begins with. Up
// to two more quotes before the closing three belong to its content.
func longString(rest string, quote byte) int {
	run := 0
	for i := 3; i < len(rest); i++ {
		if rest[i] == quote {
			if run++; run == 5 {
				return i + 1
			}
			continue
		}
		if run >= 3 {
			return i
		}
		run = 0
		if rest[i] == '\\' && quote == '"' {
			i++
		}
	}
	return len(rest)
}
