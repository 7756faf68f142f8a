package render

import (
	"bytes"
	"encoding/json"
	"regexp"
	"testing"
	"unicode/utf8"
)

// attacks is what an output may try, with and without colours let through.
func attacks() []struct{ name, text, colour, plain string } {
	return []struct{ name, text, colour, plain string }{
		{"plain text", "compile\tmain.c\n", "compile\tmain.c\n", "compile\tmain.c\n"},
		{"colours", "\x1b[1;31mred\x1b[0m", "\x1b[1;31mred\x1b[0m", "red"},
		{"short reset", "\x1b[mx", "\x1b[mx", "x"},
		{"256 colours", "\x1b[38;5;8mgrey", "\x1b[38;5;8mgrey", "grey"},
		{"true colours", "\x1b[48;2;8;8;8mx", "\x1b[48;2;8;8;8mx", "x"},
		{"colon form", "\x1b[38:2::8:8:8mx", "\x1b[38:2::8:8:8mx", "x"},
		{"concealed text", "\x1b[8mhidden", "hidden", "hidden"},
		{"concealed text among colours", "\x1b[31;08;1mhidden", "\x1b[31;1mhidden", "hidden"},
		{"cut short colour swallows conceal", "\x1b[38;8mx", "x", "x"},
		{"private SGR", "\x1b[>4;2mx", "x", "x"},
		{"clear screen", "a\x1b[2J\x1b[Hb", "ab", "ab"},
		{"report cursor", "\x1b[6nx", "x", "x"},
		{"set title by OSC, BEL", "\x1b]0;pwned\ax", "x", "x"},
		{"set clipboard by OSC 52, ST", "\x1b]52;c;cm0gLXJm\x1b\\x", "x", "x"},
		{"hyperlink", "\x1b]8;;http://evil\x1b\\click\x1b]8;;\x1b\\", "click", "click"},
		{"DCS", "\x1bPq#0~\x1b\\x", "x", "x"},
		{"APC", "\x1b_Gf=100;AAAA\x1b\\x", "x", "x"},
		{"OSC without an end hides nothing", "\x1b]0;rest of the line\nnext", "0;rest of the line\nnext", "0;rest of the line\nnext"},
		{"OSC broken off by another sequence", "\x1b]0;a\x1b[31mb", "\x1b[31mb", "b"},
		{"CSI that never ends", "\x1b[12", "", ""},
		{"CSI broken by a newline", "\x1b[12\nx", "\nx", "\nx"},
		{"full reset", "\x1bcx", "x", "x"},
		{"character set", "\x1b(0lqk\x1b(B", "lqk", "lqk"},
		{"lone escape", "a\x1b", "a", "a"},
		{"escape before an escape", "\x1b\x1b[2J[31mx", "[31mx", "[31mx"},
		{"C1 CSI", "\u009b2Jx", "x", "x"},
		{"C1 CSI colours", "\u009b31mx", "\x1b[31mx", "x"},
		{"C1 OSC", "\u009d0;t\u009cx", "x", "x"},
		{"C1 next line", "a\u0085b", "ab", "ab"},
		{"raw C1 byte", "a\x9b2Jb", "a\ufffd2Jb", "a\ufffd2Jb"},
		{"CRLF", "a\r\nb\r\n", "a\nb\n", "a\nb\n"},
		{"overwriting by carriage return", "rm -rf /\rls", "rm -rf /^Mls", "rm -rf /^Mls"},
		{"overwriting by backspace", "bad\b\b\bok", "bad^H^H^Hok", "bad^H^H^Hok"},
		{"bell, NUL, DEL", "\a\x00\x7f", "^G^@^?", "^G^@^?"},
		{"bidi override", "a\u202egnp.exe", "a<U+202E>gnp.exe", "a<U+202E>gnp.exe"},
		{"bidi isolate and mark", "\u2066a\u2069\u200f", "<U+2066>a<U+2069><U+200F>", "<U+2066>a<U+2069><U+200F>"},
		{"line separator", "a\u2028b", "a<U+2028>b", "a<U+2028>b"},
		{"tags", "a\U000e0041b", "a<U+E0041>b", "a<U+E0041>b"},
		{"text of the world", "été 备份 📦 שלום", "été 备份 📦 שלום", "été 备份 📦 שלום"},
	}
}

func TestHarmless(t *testing.T) {
	for _, c := range attacks() {
		if got := string(Harmless([]byte(c.text), true)); got != c.colour {
			t.Errorf("%s: %q becomes %q, want %q", c.name, c.text, got, c.colour)
		}
		if got := string(Harmless([]byte(c.text), false)); got != c.plain {
			t.Errorf("%s, no colours: %q becomes %q, want %q", c.name, c.text, got, c.plain)
		}
	}
}

func TestLineStaysOneLine(t *testing.T) {
	for text, want := range map[string]string{
		"nightly":             "nightly",
		" two\nlines\r\n":     "two lines",
		"\x1b[31mred\x1b[0m":  "red",
		"tab\there":           "tab here",
		"a\u2028b\u202ec\rd ": "a<U+2028>b<U+202E>c^Md",
	} {
		if got := Line(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

var allowedSGR = regexp.MustCompile(`\x1b\[[0-9;:]*m`)

// drives tells whether text can drive a terminal.
func drives(text []byte) bool {
	if !utf8.Valid(text) {
		return true
	}
	return bytes.ContainsFunc(text, func(r rune) bool { return isC0(r) || isC1(r) || isInvisible(r) })
}

func FuzzHarmless(f *testing.F) {
	for _, c := range attacks() {
		f.Add([]byte(c.text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		plain := Harmless(text, false)
		if drives(plain) {
			t.Errorf("%q becomes %q", text, plain)
		}
		coloured := Harmless(text, true)
		if rest := allowedSGR.ReplaceAll(coloured, nil); drives(rest) {
			t.Errorf("with colours %q becomes %q", text, coloured)
		}
		if again := Harmless(coloured, true); !bytes.Equal(again, coloured) {
			t.Errorf("%q is made harmless as %q, that as %q", text, coloured, again)
		}
		if line := Line(string(text)); drives([]byte(line)) || bytes.ContainsAny([]byte(line), "\n\t") {
			t.Errorf("%q becomes the line %q", text, line)
		}
	})
}

func FuzzJSONCannotDriveATerminal(f *testing.F) {
	for _, c := range attacks() {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		line, err := JSON(map[string]string{"text": text})
		if err != nil {
			t.Fatal(err)
		}
		body, whole := bytes.CutSuffix(line, []byte("\n"))
		if !whole || drives(body) || bytes.ContainsAny(body, "\n\t") {
			t.Errorf("%q becomes %q", text, line)
		}
		var back map[string]string
		if err := json.Unmarshal(line, &back); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if want := string(bytes.ToValidUTF8([]byte(text), []byte("\ufffd"))); utf8.ValidString(text) && back["text"] != want {
			t.Errorf("%q comes back as %q", text, back["text"])
		}
	})
}
