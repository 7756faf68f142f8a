package arrival

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// pattern is which paths a watch wants.
type pattern struct {
	text   string
	base   string   // the directory before the first wildcard
	parts  []string // what comes after it
	deep   int      // parts[deep:] may match any number of directories; len(parts): none does
	hidden bool     // names that begin with a point count
}

func newPattern(text string) (pattern, error) {
	switch {
	case !filepath.IsAbs(text):
		return pattern{}, errors.New("it is no absolute path: a daemon has no directory of its own to look in")
	case strings.HasSuffix(text, "/"):
		return pattern{}, fmt.Errorf("it names a directory; %s* is what lies in it", text)
	case !doublestar.ValidatePattern(text):
		return pattern{}, errors.New("a bracket or a brace in it is not closed, or what is in it makes no sense")
	}
	text = clean(text)
	base, rest := doublestar.SplitPattern(text)
	p := pattern{text: text, base: base, parts: strings.Split(rest, "/"), hidden: strings.Contains("/"+rest, "/.")}
	p.deep = len(p.parts)
	for i, part := range p.parts {
		if part == "**" || strings.ContainsAny(part, "{}") { // braces may hold a slash
			p.deep = i
			break
		}
	}
	return p, nil
}

// clean takes out what a path may have and the path of an entry never has.
func clean(text string) string {
	for strings.Contains(text, "//") {
		text = strings.ReplaceAll(text, "//", "/")
	}
	return strings.ReplaceAll(text, "/./", "/")
}

// matches reports whether a file of this path counts.
func (p pattern) matches(path string) bool {
	return (p.hidden || !p.hides(path)) && doublestar.MatchUnvalidated(p.text, path)
}

// hides reports whether a component below the base begins with a point.
func (p pattern) hides(path string) bool {
	return strings.Contains(strings.TrimPrefix(path, strings.TrimSuffix(p.base, "/")), "/.")
}

// leadsOn reports whether below a directory there may be files that count.
func (p pattern) leadsOn(dir string) bool {
	if dir == p.base {
		return true
	}
	below, err := filepath.Rel(p.base, dir)
	if err != nil || !p.hidden && p.hides(dir) {
		return false
	}
	depth := strings.Count(below, "/") + 1
	if depth >= len(p.parts) && p.deep == len(p.parts) {
		return false
	}
	known := min(depth, p.deep)
	if known == 0 {
		return true
	}
	above := strings.Join(strings.Split(below, "/")[:known], "/")
	return doublestar.MatchUnvalidated(strings.Join(p.parts[:known], "/"), above)
}
