package http

import (
	"io"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxBody is how much of an answer that is not saved becomes the output
// "body", in bytes.
const MaxBody = 32 << 10

// An answer is what the server said, read to its end.
type answer struct {
	status int
	header http.Header
	size   int64  // bytes of the body
	kept   []byte // the first of them, at most MaxBody; none where saved
	saved  bool
}

// read reads a body to its end and keeps the beginning.
func read(from io.Reader) (kept []byte, size int64, err error) {
	kept, err = io.ReadAll(io.LimitReader(from, MaxBody))
	if err != nil {
		return nil, 0, err
	}
	rest, err := io.Copy(io.Discard, from)
	return kept, int64(len(kept)) + rest, err
}

// text answers the body as an output takes it: without newlines at its end and,
// where it was cut, without half a character. It is false for what is no text.
func (a answer) text() (string, bool) {
	body := string(a.kept)
	if a.cut() {
		body = body[:len(body)-halfRune(body)]
	}
	if !utf8.ValidString(body) || strings.ContainsRune(body, 0) {
		return "", false
	}
	return strings.TrimRight(body, "\r\n"), true
}

func (a answer) cut() bool { return a.size > int64(len(a.kept)) }

// halfRune answers how many bytes at the end of s begin a character that is
// not complete.
func halfRune(s string) int {
	for n := 1; n < utf8.UTFMax && n <= len(s); n++ {
		if utf8.RuneStart(s[len(s)-n]) {
			if utf8.FullRuneInString(s[len(s)-n:]) {
				return 0
			}
			return n
		}
	}
	return 0
}

// excerpt answers the beginning of the body for people: at most max bytes on
// one line, without control characters.
func (a answer) excerpt(max int) string {
	text := strings.ToValidUTF8(string(a.kept), "�")
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if len(text) <= max {
		return text
	}
	return strings.TrimRight(text[:max-halfRune(text[:max])], " ") + " …"
}
