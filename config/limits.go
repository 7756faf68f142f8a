package config

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The limits of a text. They are checked before a decoder sees it, because a
// decoder spends quadratic time on long keys and deep tables, and overflows its
// stack on deep brackets.
const (
	maxText  = 256 << 10 // bytes of a text
	maxLine  = 8 << 10   // bytes of a line, without its end
	maxDepth = 64        // brackets and braces that are open at once
	maxDots  = 16        // dots of one key
	maxCost  = 4 << 20   // bytes of keys that a decoder handles; see charge
)

// refusal is why a text is not given to a decoder.
type refusal struct {
	offset  int
	message string
}

// inspect returns the first reason to refuse text, nil where there is none.
// Its cost is linear in the text, its memory constant. It does not judge the
// syntax: on a text that is no TOML it agrees with a decoder up to the place
// where that gives up.
func inspect(text string) *refusal {
	if len(text) > maxText {
		return &refusal{0, fmt.Sprintf("the text has %d bytes; at most %d (256 KiB) are allowed", len(text), maxText)}
	}
	if at := invalidUTF8(text); at >= 0 {
		return &refusal{at, "the text is not valid UTF-8 here"}
	}
	if at := strings.IndexByte(text, 0); at >= 0 {
		return &refusal{at, "the text holds a NUL byte; TOML is plain text in UTF-8"}
	}
	if at := longLine(text); at >= 0 {
		return &refusal{at, fmt.Sprintf("the line is longer than %d bytes (8 KiB); break it up, for instance in a \"\"\" string", maxLine)}
	}
	s := scanner{text: text, fresh: true, key: true}
	return s.scan()
}

func invalidUTF8(text string) int {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// longLine is the offset of the first byte that is too much in a line.
func longLine(text string) int {
	start := 0
	for start < len(text) {
		n := strings.IndexByte(text[start:], '\n')
		if n < 0 {
			n = len(text) - start
		}
		if n > maxLine {
			return start + maxLine
		}
		start += n + 1
	}
	return -1
}
