package render

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// Harmless makes text safe to show on a terminal, as ECMA-48 and
// xterm's ctlseqs describe what a terminal obeys:
//
//   - newline and tab stay; so do SGR sequences (colours) where colour is true,
//     but for "conceal", which would hide text from its reader
//   - every other escape sequence goes: CSI, OSC, DCS, SOS, PM, APC, the two
//     character ones, and their C1 forms. A string sequence that does not end
//     on its line loses its introducer only: nothing is swallowed unseen
//   - a carriage return before the end of a line goes, any other is shown as ^M,
//     like the rest of C0 and DEL: nothing overwrites what stands there
//   - controls of the writing direction, line separators and the invisible tag
//     characters are shown as <U+202E>
//   - what is no UTF-8 becomes U+FFFD
//
// Text that has none of these comes back as it is, not copied. Harmless text
// stays the same when it is made harmless again.
func Harmless(text []byte, colour bool) []byte {
	if !suspect(text) {
		return text
	}
	out := make([]byte, 0, len(text)+len(text)/8)
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		switch {
		case r == escape || isC1(r):
			var sgr []byte
			if n, sgr = sequence(text); colour {
				out = append(out, sgr...)
			}
		case r == '\r' && (n == len(text) || text[n] == '\n'):
		case isC0(r):
			out = append(out, '^', byte(r)^0x40)
		case isInvisible(r):
			out = fmt.Appendf(out, "<U+%04X>", r)
		default:
			out = utf8.AppendRune(out, r)
		}
		text = text[n:]
	}
	return out
}

// Line makes text safe and keeps it on one line, without colours: for names
// and messages inside a line of ours.
func Line(text string) string {
	if !suspect([]byte(text)) && !bytes.ContainsAny([]byte(text), "\n\t") {
		return text
	}
	line := Harmless(bytes.TrimSpace([]byte(text)), false)
	return string(bytes.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return ' '
		}
		return r
	}, line))
}

const escape = 0x1b

// suspect tells whether text holds anything beyond printable ASCII, newline
// and tab.
func suspect(text []byte) bool {
	for _, b := range text {
		if b < ' ' && b != '\n' && b != '\t' || b > '~' {
			return true
		}
	}
	return false
}

func isC0(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f }

func isC1(r rune) bool { return r >= 0x80 && r <= 0x9f }

// isInvisible tells the characters that change how others are read while they
// are not seen: UAX #9's explicit formatting, separators of lines, tags.
func isInvisible(r rune) bool {
	switch {
	case r == 0x061c, r == 0x200e, r == 0x200f:
	case r >= 0x2028 && r <= 0x202e:
	case r >= 0x2066 && r <= 0x2069:
	case r >= 0xe0000 && r <= 0xe007f:
	default:
		return false
	}
	return true
}
