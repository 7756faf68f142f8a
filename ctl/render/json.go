package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// JSON is a message as one line of JSON with a newline: any number of them
// make a stream of JSON lines. Characters that could drive a terminal are
// escaped inside its strings, so that the bytes are harmless wherever they go.
func JSON(message any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(message); err != nil {
		return nil, fmt.Errorf("encode %T as JSON: %w", message, err)
	}
	return escapeInvisible(b.Bytes()), nil
}

// escapeInvisible escapes what encoding/json leaves as it is: DEL, C1 and what
// isInvisible names. They can only stand in strings.
func escapeInvisible(text []byte) []byte {
	if !suspect(text) {
		return text
	}
	out := make([]byte, 0, len(text))
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		switch {
		case r > 0xffff && isInvisible(r):
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+(r-0x10000)>>10, 0xdc00+(r-0x10000)&0x3ff)
		case r == 0x7f || isC1(r) || isInvisible(r):
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			out = append(out, text[:n]...)
		}
		text = text[n:]
	}
	return out
}
