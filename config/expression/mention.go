package expression

import "strings"

// Mentions finds a placeholder in shell text, where none is evaluated: a
// {{ … }} that compiles in s and names something, so that a person meant one.
// Templates of other programs, such as docker's {{.Names}}, are none. The offset
// is that of its braces.
func Mentions(script string, s Scope) (offset int, ok bool) {
	s.Run = true
	for at := 0; ; {
		end := strings.Index(script[at:], "}}")
		if end < 0 {
			return 0, false
		}
		// The last braces before the end: each byte is looked at once.
		if begin := strings.LastIndex(script[at:at+end], "{{"); begin >= 0 {
			p, err := compile(script[at+begin+len("{{"):at+end], s)
			if err == nil && (len(p.reads) > 0 || len(p.references) > 0) {
				return at + begin, true
			}
		}
		at += end + len("}}")
	}
}
