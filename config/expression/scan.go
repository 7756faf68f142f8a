package expression

import "strings"

// placeholderEnd is where the }} of a placeholder begins that begins at from;
// -1 if there is none. Braces in strings do not count.
func placeholderEnd(text string, from int) int {
	for i := from; i < len(text); i++ {
		switch {
		case quotes(text[i]):
			i = stringEnd(text, i) - 1
		case strings.HasPrefix(text[i:], "}}"):
			return i
		}
	}
	return -1
}

func quotes(c byte) bool { return c == '"' || c == '\'' || c == '`' }

// stringEnd is what follows the string that begins at from, the text's end if
// it does not end.
func stringEnd(text string, from int) int {
	quote := text[from]
	for i := from + 1; i < len(text); i++ {
		switch {
		case text[i] == '\\' && quote != '`':
			i++
		case text[i] == quote:
			return i + 1
		}
	}
	return len(text)
}

// joint stands for the - in names while the parser of expr-lang sees them: it
// takes it for a letter. No expression of a person may hold it.
const joint = '$'

// join replaces the - that belong to names, so that the parser, to which each
// is a minus, sees names. No offset changes.
func join(source string) (string, *Error) {
	out := []byte(source)
	for i := 0; i < len(source); {
		c := source[i]
		switch {
		case quotes(c):
			i = stringEnd(source, i)
		case c == joint:
			return "", &Error{Offset: i, Message: "$ has no meaning here: a variable is vars.NAME"}
		case strings.HasPrefix(source[i:], "//"), strings.HasPrefix(source[i:], "/*"):
			return "", &Error{Offset: i, Message: "an expression holds no comment"}
		case digit(c):
			i = after(source, i, func(c byte) bool { return inName(c) || c == '.' })
		case inName(c):
			i = joinMembers(out, source, after(source, i, inName))
		case c == ']' || c == ')':
			i = joinMembers(out, source, i+1)
		default:
			i++
		}
	}
	return string(out), nil
}

// joinMembers does so in the names after dots that begin at i, and returns what
// follows them.
func joinMembers(out []byte, source string, i int) int {
	for {
		rest := strings.TrimPrefix(source[i:], "?")
		if len(rest) < 2 || rest[0] != '.' || !inName(rest[1]) || digit(rest[1]) {
			return i
		}
		for i = len(source) - len(rest) + 1; i < len(source); i++ {
			if source[i] == '-' && i+1 < len(source) && inName(source[i+1]) {
				out[i] = joint
			} else if !inName(source[i]) {
				break
			}
		}
	}
}

func after(source string, i int, in func(byte) bool) int {
	for i < len(source) && in(source[i]) {
		i++
	}
	return i
}

// bare reports whether source is a name and nothing else, as Cycle's
// placeholders hold it.
func bare(source string) bool {
	if source == "" || digit(source[0]) || source[0] == '-' {
		return false
	}
	for i := range len(source) {
		if c := source[i]; c >= 0x80 || !inName(c) && c != '-' {
			return false
		}
	}
	return true
}

// inName tells the bytes of names, those of letters beyond ASCII included.
func inName(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c >= 0x80 || digit(c)
}

func digit(c byte) bool { return '0' <= c && c <= '9' }
