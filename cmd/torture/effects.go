package main

import (
	"fmt"
	"os"
	"strings"
)

// effects is what the steps left in their file, read as it grows.
type effects struct {
	path   string
	offset int
	lines  int
	begun  map[string][]int // lines on which an attempt began
	ended  map[string][]ending
	cut    map[string]bool // pipelines whose steps may never end
}

// ending is what a step wrote last.
type ending struct {
	line      int
	out, errs string // SHA-256
}

func newEffects(path string, all []*shape) *effects {
	e := &effects{path: path, begun: map[string][]int{}, ended: map[string][]ending{}, cut: map[string]bool{}}
	for _, s := range all {
		e.cut[s.name] = s.cut
	}
	return e
}

// read takes in what is new. A line that is no trace of a step is an error:
// writes were torn, and nothing that is counted here could be trusted.
func (e *effects) read() error {
	text, err := os.ReadFile(e.path)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(text[e.offset:])) {
		if !strings.HasSuffix(line, "\n") {
			return nil
		}
		e.offset += len(line)
		e.lines++
		if err := e.take(strings.Fields(line)); err != nil {
			return err
		}
	}
	return nil
}

func (e *effects) take(words []string) error {
	switch {
	case len(words) == 2 && words[0] == "begin":
		e.begun[words[1]] = append(e.begun[words[1]], e.lines)
	case len(words) == 4 && words[0] == "end":
		e.ended[words[1]] = append(e.ended[words[1]], ending{e.lines, words[2], words[3]})
	default:
		return fmt.Errorf("%s: line %d is no trace of a step: %q", e.path, e.lines, words)
	}
	return nil
}

// working is how many steps are at work, not counting those that may never end.
func (e *effects) working() (n int) {
	for attempt := range e.begun {
		pipeline, _, _ := strings.Cut(attempt, "/")
		if len(e.ended[attempt]) == 0 && !e.cut[pipeline] {
			n++
		}
	}
	return n
}
