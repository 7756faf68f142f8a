package main

import (
	"errors"
	"fmt"
)

// wrong is a sort of violation.
type wrong int

const (
	lost      wrong = iota // a run that is not there, or not as it must be
	twice                  // a step that began more than once
	missing                // a step that began not at all, too early, or against its rules
	crowded                // more at work at once than a limit allows
	differs                // output that is not what the step printed
	leftOver               // a directory or a process
	undecided              // an instant, an end or a file without its one record
	sorts
)

// findings is the violations.
type findings struct {
	count [sorts]int
	texts []error // the first of them
}

func (f *findings) add(w wrong, format string, args ...any) {
	f.count[w]++
	if len(f.texts) < 40 {
		f.texts = append(f.texts, fmt.Errorf(format, args...))
	}
}

func (f *findings) err() error { return errors.Join(f.texts...) }
