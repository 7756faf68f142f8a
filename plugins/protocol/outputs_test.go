package protocol

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestParseOutputs(t *testing.T) {
	for _, test := range []struct {
		text string
		want map[string]string
		err  string
	}{
		{"", map[string]string{}, ""},
		{"\n\na=1\n", map[string]string{"a": "1"}, ""},
		{"a=1\na=2", map[string]string{"a": "2"}, ""},
		{"a=b=c<<d\n", map[string]string{"a": "b=c<<d"}, ""},
		{"a= spaces kept \n", map[string]string{"a": " spaces kept "}, ""},
		{"a=\n", map[string]string{"a": ""}, ""},
		{"a<<END\none\n\ntwo=2\nEND\nb=3\n", map[string]string{"a": "one\n\ntwo=2", "b": "3"}, ""},
		{"a<<END\nEND", map[string]string{"a": ""}, ""},
		{"a<<END\none\n", nil, "line 1: no line \"END\""},
		{"a=1\ngarbage\n", nil, "line 2: \"garbage\" is neither"},
		{"a<<\n", nil, "line 1"},
		{"a=1\nb=\xff\n", nil, "line 2: the value of b is no UTF-8"},
		{"a=\u00e4\x00\n", nil, "line 1: the value of a has a NUL byte"},
		{"a<<E\n\u00e4\r\nE\n", map[string]string{"a": "\u00e4\r"}, ""},
		{"a=" + strings.Repeat("x", MaxOutputs-3) + "\n", map[string]string{"a": strings.Repeat("x", MaxOutputs-3)}, ""},
		{"a<b\n", nil, "line 1"},
		{"=1\n", nil, "has 0 bytes"},
		{"1a=1\n", nil, "a name is a letter"},
		{"a b=1\n", nil, "a name is a letter"},
		{strings.Repeat("a", 64) + "=1\n", nil, "not 1 to 63"},
		{"a=" + strings.Repeat("x", MaxOutputs), nil, "more than"},
	} {
		got, err := ParseOutputs([]byte(test.text))
		if test.err == "" && (err != nil || !maps.Equal(got, test.want)) {
			t.Errorf("%.40q: %q, %v", test.text, got, err)
		}
		if test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
			t.Errorf("%.40q: %v, want %q", test.text, err, test.err)
		}
	}
}

func TestOutputsAreParsedAsTheyAreAppended(t *testing.T) {
	values := []string{"", "x", "a=b", "END", "\n", "END\n", "a\nEND\nEND_\nb", "END\nEND"}
	var text []byte
	for i, value := range values {
		text = AppendOutput(text, string(rune('a'+i)), value)
	}
	got, err := ParseOutputs(text)
	if err != nil {
		t.Fatal(err)
	}
	for i, value := range values {
		if got[string(rune('a'+i))] != value {
			t.Errorf("%q came back as %q", value, got[string(rune('a'+i))])
		}
	}
}

func TestReadOutputsTrustsNoFile(t *testing.T) {
	for name, make := range map[string]func(string) error{
		"link":      func(path string) error { return os.Symlink("/etc/passwd", path) },
		"fifo":      func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"directory": func(path string) error { return os.Mkdir(path, 0o700) },
	} {
		dir := t.TempDir()
		if err := make(filepath.Join(dir, OutputsFile)); err != nil {
			t.Fatal(err)
		}
		if got, err := ReadOutputs(dir); err == nil {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got, err := ReadOutputs(t.TempDir()); len(got) != 0 || err != nil {
		t.Errorf("no file: %q, %v", got, err)
	}
}

func FuzzParseOutputs(f *testing.F) {
	f.Add([]byte("a=1\nb<<X\ny\nX\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		first, err := ParseOutputs(text)
		if err != nil {
			return
		}
		var again []byte
		for name, value := range first {
			again = AppendOutput(again, name, value)
		}
		if len(again) > MaxOutputs {
			return
		}
		if second, err := ParseOutputs(again); err != nil || !maps.Equal(first, second) {
			t.Errorf("%q became %q, %v", first, second, err)
		}
	})
}
