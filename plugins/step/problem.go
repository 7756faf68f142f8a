package step

import "strings"

// Problem is one thing that is wrong with the settings of a step.
type Problem struct {
	Path string // into the settings: "script", "headers.Accept", "args[2]"; "" is the whole
	// Message is what is wrong and what would be right, as the rest of a
	// sentence that the path begins: "is missing", "must be above 0". Where
	// the path is empty it is the sentence.
	Message string
}

// String is the sentence, as people see it.
func (p Problem) String() string {
	if p.Path == "" {
		return p.Message
	}
	return p.Path + " " + p.Message
}

// Problems is the error of settings that are wrong. A Validate method returns
// it to name more than one problem, or the place of one.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "; ")
}

// Err is nil where there is no problem, else p.
func (p Problems) Err() error {
	if len(p) == 0 {
		return nil
	}
	return p
}
