package host

import (
	"fmt"
	"strings"
)

// maxHeadline is how many bytes the first line of an error for people has at
// most: it is what a table shows.
const maxHeadline = 160

// told is an error for people: a line of at most maxHeadline bytes that says
// what is wrong, and after it whatever else there is to know.
type told struct {
	headline string
	detail   string // "" is none
	cause    error  // nil is none
}

func (t told) Error() string {
	if t.detail == "" {
		return t.headline
	}
	return t.headline + "\n" + t.detail
}

func (t told) Unwrap() error { return t.cause }

// headlined gives an error a first line that is short. What had to be cut off
// it follows, whole.
func headlined(err error) error {
	if err == nil {
		return nil
	}
	text := printable([]byte(err.Error()))
	line, rest, _ := strings.Cut(text, "\n")
	switch {
	case len(line) > maxHeadline:
		return told{clipped(line, maxHeadline), text, err}
	case text != err.Error():
		return told{line, rest, err}
	}
	return err
}

// details are lines "name: value"; those without a value are left out.
func details(pairs ...[2]string) string {
	var lines []string
	for _, p := range pairs {
		if p[1] != "" {
			lines = append(lines, fmt.Sprintf("%s: %s", p[0], p[1]))
		}
	}
	return strings.Join(lines, "\n")
}
