package config

import (
	"path"
	"slices"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"
)

// endings are the statuses that a run can end with.
var endings = []string{"success", "failed", "canceled", "skipped"}

// after reads a subscription: the name of a pipeline, or a table with the
// statuses and labels that count.
func (t table) after(self string) After {
	a := After{Statuses: []string{"success"}}
	at := t.key("after")
	if _, isText := t.values["after"].(string); isText {
		a.Pipeline = t.name("after", "")
	} else {
		t.each(afterKind, "after", func(t table) {
			a.Pipeline = t.name("pipeline", "it says whose runs are waited for")
			at = t.key("pipeline")
			if t.has("status") {
				a.Statuses = t.endings("status")
			}
			a.Labels = t.wanted()
		})
	}
	if a.Pipeline == self && self != "" {
		t.report(at, "a pipeline cannot follow itself: each run would start the next, without an end")
	}
	return a
}

// wanted reads the labels that a run must have; nil where it says of none.
func (t table) wanted() map[string]string {
	var all map[string]string
	for _, l := range t.labels() {
		if all == nil {
			all = map[string]string{}
		}
		all[l.Name] = l.Value
	}
	return all
}

// endings reads the statuses of ends, one or more.
func (t table) endings(key string) []string {
	var all []string
	seen := map[string]bool{}
	for _, e := range t.oneOrMore(key) {
		word, ok := e.value.(string)
		switch {
		case !ok:
			t.report(e.at, "%s must hold strings, not %s", key, describe(e.value))
		case !slices.Contains(endings, word):
			t.report(e.at, "%s = %s is none that a run ends with%s", key, quote(word), didYouMean(word, endings))
		case seen[word]:
			t.report(e.at, "%s names %s twice", key, quote(word))
		default:
			all, seen[word] = append(all, word), true
		}
	}
	if t.empty(key) {
		t.report(t.key(key), "%s is empty, so that no run would ever count; leave it out for success", key)
	}
	return all
}

// files reads a watch: a pattern, or a table with more of it.
func (t table) files() Files {
	f := Files{Settle: 2 * time.Second}
	if _, isText := t.values["files"].(string); isText {
		f.Pattern = t.filePattern("files")
		return f
	}
	t.each(filesKind, "files", func(t table) {
		if !t.has("pattern") {
			t.missing("pattern", `it says which files count, such as "/var/spool/in/*.csv"`)
		}
		f.Pattern = t.filePattern("pattern")
		if d, ok := t.durationWithin("settle", 100*time.Millisecond, day, "100 milliseconds to 1 day"); ok {
			f.Settle = d
		}
		f.Claim = t.claim(f.Pattern)
	})
	return f
}

// filePattern reads an absolute pattern.
func (t table) filePattern(key string) string {
	s, ok := t.text(key)
	if !ok {
		return ""
	}
	pattern := t.absolute(t.key(key), key, s)
	if !doublestar.ValidatePattern(pattern) {
		t.report(t.key(key), `%s = %s is no pattern: a [ or a { is not closed, or a \ has nothing behind it`, key, quote(s))
		return ""
	}
	if pattern != "" && strings.HasSuffix(s, "/") {
		t.report(t.key(key), "%s = %s names a directory; write which files in it count, such as %s", key, quote(s), quote(s+"*"))
		return ""
	}
	return pattern
}

// claim reads the directory into which files are moved, which must not be one
// where they would be found again.
func (t table) claim(pattern string) string {
	s, ok := t.text("claim")
	if !ok {
		return ""
	}
	directory := t.absolute(t.key("claim"), "claim", s)
	if pattern != "" && directory != "" && foundAgain(pattern, directory) {
		t.report(t.key("claim"), "claim = %s is where the pattern looks: a file that is moved there would be found again", quote(s))
		return ""
	}
	return directory
}

// foundAgain reports whether a pattern may find files in a directory.
func foundAgain(pattern, directory string) bool {
	if path.Base(pattern) == "**" {
		return doublestar.MatchUnvalidated(pattern, path.Join(directory, "a"))
	}
	return doublestar.MatchUnvalidated(path.Dir(pattern), directory)
}
