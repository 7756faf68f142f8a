package http

import (
	"strings"
	"testing"
)

func TestBodyAsOutput(t *testing.T) {
	long := strings.Repeat("x", MaxBody-1)
	for name, c := range map[string]struct {
		body string
		want string
		is   bool
	}{
		"text":                {"a\nb\r\n\n", "a\nb", true},
		"nothing":             {"", "", true},
		"no text":             {"\xff\xfe", "", false},
		"a zero byte":         {"a\x00b", "", false},
		"cut":                 {long + "yz", long + "y", true},
		"cut in a character":  {long + "é", long, true},
		"half a character":    {"a\xc3", "", false},
		"exactly as much":     {long + "y", long + "y", true},
		"cut, and is no text": {"\xff" + long + "z", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			kept, size, err := read(strings.NewReader(c.body))
			if err != nil || size != int64(len(c.body)) {
				t.Fatalf("read %d bytes, %v", size, err)
			}
			got, is := answer{kept: kept, size: size}.text()
			if got != c.want || is != c.is {
				t.Errorf("got %.20q (%d), %v; want %.20q (%d), %v", got, len(got), is, c.want, len(c.want), c.is)
			}
		})
	}
}

func TestExcerptIsOneShortLine(t *testing.T) {
	for body, want := range map[string]string{
		"":                "",
		" a\n\tb\r\n":     "a b",
		"0123456789":      "0123456789",
		"01234567890":     "0123456789 …",
		"012345678é":      "012345678 …",
		"\xff":            "�",
		"a\x1b[31mred ok": "a [31mred …",
	} {
		if got := (answer{kept: []byte(body)}).excerpt(10); got != want {
			t.Errorf("%q: got %q, want %q", body, got, want)
		}
	}
}
