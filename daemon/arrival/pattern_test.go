package arrival

import "testing"

func TestPatterns(t *testing.T) {
	for _, c := range []struct {
		pattern, base     string
		matches, refuses  []string
		leadsOn, leadsOff []string
	}{
		{"/in/*.csv", "/in", []string{"/in/a.csv"}, []string{"/in/a.txt", "/in/d/a.csv", "/in/.a.csv", "/other/a.csv"},
			[]string{"/in"}, []string{"/in/d", "/other"}},
		{"/in/.*.csv", "/in", []string{"/in/.a.csv"}, []string{"/in/a.csv"}, nil, nil},
		{"/.in/*.csv", "/.in", []string{"/.in/a.csv"}, []string{"/.in/.a.csv"}, nil, nil},
		{"/in/*/new/*", "/in", []string{"/in/a/new/x"}, []string{"/in/a/x", "/in/a/new/d/x", "/in/.a/new/x"},
			[]string{"/in/a", "/in/a/new"}, []string{"/in/a/old", "/in/a/new/d", "/in/.a"}},
		{"/in/**/*.csv", "/in", []string{"/in/a.csv", "/in/d/e/a.csv"}, []string{"/in/d/a.txt", "/in/.d/a.csv"},
			[]string{"/in/d", "/in/d/e/f"}, []string{"/in/.d"}},
		{"/in/a*/**/x", "/in", []string{"/in/ab/c/x"}, []string{"/in/b/x"}, []string{"/in/ab", "/in/ab/c"}, []string{"/in/b"}},
		{"/in/{a,b/c}/*", "/in", []string{"/in/a/x", "/in/b/c/x"}, []string{"/in/b/x"}, []string{"/in/b", "/in/b/c"}, nil},
		{"/in/flag", "/in", []string{"/in/flag"}, []string{"/in/flag2"}, nil, []string{"/in/d"}},
		{"/*.csv", "/", []string{"/a.csv"}, []string{"/d/a.csv", "/.a.csv"}, []string{"/"}, []string{"/d"}},
		{"//in/./x//*", "/in/x", []string{"/in/x/a"}, nil, nil, nil},
		{`/in/\*/*`, "/in/*", []string{"/in/*/a"}, []string{"/in/b/a"}, nil, nil},
	} {
		p, err := newPattern(c.pattern)
		if err != nil || p.base != c.base {
			t.Errorf("%s: the base is %q, want %q; %v", c.pattern, p.base, c.base, err)
		}
		check := func(what string, ask func(string) bool, want bool, paths []string) {
			for _, path := range paths {
				if ask(path) != want {
					t.Errorf("%s %s %s: %v, want %v", c.pattern, what, path, !want, want)
				}
			}
		}
		check("matches", p.matches, true, c.matches)
		check("matches", p.matches, false, c.refuses)
		check("leads on to", p.leadsOn, true, c.leadsOn)
		check("leads on to", p.leadsOn, false, c.leadsOff)
	}
}

func TestWhatIsNoPattern(t *testing.T) {
	for _, text := range []string{"", "in/*.csv", "/in/", "/in/[a", "/in/{a"} {
		if _, err := newPattern(text); err == nil {
			t.Errorf("%q is taken for a pattern", text)
		}
	}
}
