package expression

import "strings"

// Mentions finds a placeholder in shell text, where none is evaluated: a
// {{ … }} that compiles in s and names something, or begins as a name does, as
// {{ inputs.kep }}, so that a person meant one. Templates of other programs, such
// as docker's {{.Names}}, are none. The offset is that of its braces.
func Mentions(script string, s Scope) (offset int, ok bool) {
	s.Run = true
	for at := 0; ; {
		end := strings.Index(script[at:], "}}")
		if end < 0 {
			return 0, false
		}
		// The last braces before the end: each byte is looked at once.
		if begin := strings.LastIndex(script[at:at+end], "{{"); begin >= 0 {
			text := script[at+begin+len("{{") : at+end]
			if p, err := compile(text, s); err == nil && (len(p.reads) > 0 || len(p.references) > 0) || rooted(text) {
				return at + begin, true
			}
		}
		at += end + len("}}")
	}
}

// rooted reports whether text begins with the first word of a name and what
// follows one.
func rooted(text string) bool {
	text = strings.TrimSpace(text)
	end := strings.IndexAny(text, ".[")
	if end <= 0 {
		return false
	}
	_, isHeard := heard[text[:end]]
	return isHeard || roots[text[:end]]
}
