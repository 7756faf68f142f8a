package render

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestFoldedTextIsSetAnew(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", ""},
		{"one two three four", "one two\nthree\nfour"},
		{"one\ntwo three\n\nfour", "one two\nthree\n\nfour"},
		{"a b\n  1  one two\n  2  six\nc d", "a b\n  1  one\n     two\n  2  six\nc d"},
		{"extraordinary words", "extraordinary\nwords"},
		{"  extraordinary words", "  extraordinary\n  words"},
		{"日本 日本 日本", "日本 日本\n日本"},
	} {
		if got := Fold(tt.text, 9); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestFoldingLosesNoWordAndNoLineIsTooLong(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`( {0,3}([a-z日]{1,12}( {1,2}[a-zé]{1,9}){0,8})?\n){0,6}`).Draw(t, "text")
		columns := rapid.IntRange(1, 30).Draw(t, "columns")
		got := Fold(text, columns)
		if want, have := strings.Fields(text), strings.Fields(got); strings.Join(want, " ") != strings.Join(have, " ") {
			t.Fatalf("%q became %q", text, got)
		}
		for _, line := range strings.Split(got, "\n") {
			if Width(line) > columns && len(strings.Fields(line)) > 1 {
				t.Fatalf("%q has %d columns of %d", line, Width(line), columns)
			}
		}
	})
}
