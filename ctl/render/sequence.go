package render

import (
	"bytes"
	"strconv"
	"strings"
)

// maxSGR bounds the parameters of a colour sequence that is let through.
const maxSGR = 64

// sequence measures the escape sequence that text begins with: how many bytes
// it has (at least one), and what of it may stay.
func sequence(text []byte) (n int, sgr []byte) {
	if text[0] == escape && len(text) == 1 {
		return 1, nil
	}
	const head = 2 // ESC and a byte, or the two bytes of a C1 character
	kind := text[1]
	if text[0] != escape {
		kind -= 0x40 // C1 is ESC and the character 0x40 below: ECMA-48 5.3
	}
	switch {
	case kind == '[':
		return control(text, head)
	case bytes.IndexByte([]byte("]PX^_"), kind) >= 0:
		return head + stringLength(text[head:]), nil
	case kind >= ' ' && kind <= '/':
		n = head + span(text[head:], ' ', '/')
		return n + min(1, span(text[n:], '0', '~')), nil
	case kind >= '0' && kind <= '~':
		return head, nil
	}
	return 1, nil
}

// control measures a CSI sequence (ECMA-48 5.4).
func control(text []byte, head int) (n int, sgr []byte) {
	params := text[head:][:span(text[head:], '0', '?')]
	n = head + len(params)
	between := span(text[n:], ' ', '/')
	n += between
	if n == len(text) || text[n] < '@' || text[n] > '~' {
		return n, nil
	}
	if text[n] == 'm' && between == 0 {
		sgr = colours(string(params))
	}
	return n + 1, sgr
}

// stringLength is how many bytes of a string sequence follow its introducer,
// its end included; 0 where it has no end on its line.
func stringLength(text []byte) int {
	end := bytes.IndexAny(text, "\x07\x18\x1a\x1b\n\u009c")
	if end < 0 {
		return 0
	}
	switch text[end] {
	case '\n':
		return 0
	case escape:
		if end+1 < len(text) && text[end+1] == '\\' {
			return end + 2
		}
		return end // another sequence begins and breaks this one off
	case 0xc2:
		return end + 2
	}
	return end + 1
}

// colours is the SGR sequence of the parameters without what hides text; nil
// where nothing is left or the parameters are none of SGR's.
func colours(params string) []byte {
	if len(params) > maxSGR || strings.Trim(params, "0123456789;:") != "" {
		return nil
	}
	fields := strings.Split(params, ";")
	kept := fields[:0]
	for len(fields) > 0 {
		n := colourFields(fields)
		if n == 0 {
			return nil
		}
		if first(fields[0]) != conceal {
			kept = append(kept, fields[:n]...)
		}
		fields = fields[n:]
	}
	if len(kept) == 0 {
		return nil
	}
	return []byte("\x1b[" + strings.Join(kept, ";") + "m")
}

const conceal = 8

// colourFields is how many fields the first attribute takes: 38;5;n and
// 38;2;r;g;b are one (ITU-T T.416); 0 where they are cut short.
func colourFields(fields []string) int {
	n := 1
	switch code := first(fields[0]); {
	case code != 38 && code != 48 && code != 58 || strings.Contains(fields[0], ":"):
	case len(fields) > 1 && first(fields[1]) == 5:
		n = 3
	case len(fields) > 1 && first(fields[1]) == 2:
		n = 5
	default:
		return 0
	}
	if n > len(fields) {
		return 0
	}
	return n
}

// first is the number that a field begins with; an empty one is 0.
func first(field string) int {
	digits, _, _ := strings.Cut(field, ":")
	n, err := strconv.Atoi("0" + digits)
	if err != nil {
		return -1
	}
	return n
}

// span counts the bytes from lo to hi that text begins with.
func span(text []byte, lo, hi byte) int {
	n := 0
	for n < len(text) && text[n] >= lo && text[n] <= hi {
		n++
	}
	return n
}
