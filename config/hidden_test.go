package config

import (
	"strings"
	"testing"
)

func TestStringsHideNothingBehindThem(t *testing.T) {
	for _, s := range []string{
		`""`, `"x"`, `"\""`, `"\\"`, `"#"`, `"'"`, `''`, `'\'`, `'"'`, `'#'`,
		`""""""`, `"""x"""`, `"""x""""`, `"""x"""""`, `"""a""b"""`, `"""\""""`, `"""\\"""`, "\"\"\"\n\\\"\"\n\"\"\"",
		`''''''`, `'''x'''`, `'''x''''`, `'''x'''''`, `'''a''b'''`, `'''\'''`, "'''\n\"\n'''", "\"\"\"\\\n\"\"\"",
	} {
		if _, err := decode("p.toml", []byte("a = ["+s+"]")); err != nil {
			t.Errorf("%s is no string: %v", s, err)
		}
		if r := inspect("a = [" + s + ", " + strings.Repeat("[", maxDepth)); r == nil {
			t.Errorf("%s hides what is behind it", s)
		}
	}
}

func TestStringsAndCommentsMayHoldWhatTheyLike(t *testing.T) {
	inside := strings.Repeat("[{a.b", 200)
	for _, text := range []string{
		"a = \"" + inside + "\"", "a = '" + inside + "'", "a = 1 # " + inside, "# " + inside,
		"a = \"\"\"\n" + inside + "\n\"\"\"", "a = '''\n" + inside + "\n'''",
		"a = \"\\\"" + inside + "\"", "a = \"\"\"\\\"\"\"" + inside + "\"\"\"", "a = '''''" + inside + "'''",
		"'" + inside + "' = 1", "['" + inside + "']", "a = [ # " + inside + "\n]", "a = { '" + inside + "' = 1 }",
	} {
		if _, err := decode("p.toml", []byte(text)); err != nil {
			t.Errorf("%.40s: %v", text, err)
		}
	}
}
