package config

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// plainName is a line that gives the name in the way that everybody writes it.
var plainName = regexp.MustCompile(`^(\s*name\s*=\s*)("[^"\\]*"|'[^']*')\s*(?:#.*)?\s*$`)

// Renamed is the text of s with another name for the pipeline, and else as it
// was written, byte for byte. Whether the name is a good one ParsePipeline
// says. A name in a form that cannot be replaced in place, such as a multi-line
// string, is an error.
func (s *Source) Renamed(to string) (string, error) {
	lines := strings.SplitAfter(s.document.text, "\n")
	at := s.Locate("name").Line - 1
	line := lines[at]
	match := plainName.FindStringSubmatchIndex(line)
	if match == nil {
		return "", fmt.Errorf("%s:%d: the name is not written as name = \"…\" on a line of its own; write it so and apply the text first",
			s.document.file, at+1)
	}
	literal := match[4:6]
	lines[at] = line[:literal[0]] + strconv.Quote(to) + line[literal[1]:]
	return strings.Join(lines, ""), nil
}
