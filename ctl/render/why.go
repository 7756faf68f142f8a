package render

import (
	"strings"

	"github.com/penstock/penstock/rpc"
)

// Explanation is why something is as it is, and below it, set in, what that
// follows from. What was told above is only named again.
func (s Style) Explanation(e rpc.Explanation) string {
	t := telling{Style: s, told: map[string]bool{}}
	t.tell(e, "")
	return t.String()
}

// telling is an explanation on its way into text.
type telling struct {
	Style
	strings.Builder
	told map[string]bool // subjects
}

func (t *telling) tell(e rpc.Explanation, indent string) {
	again := e.Subject != "" && t.told[e.Subject]
	t.told[e.Subject] = true
	if head := t.head(e, indent == "", again); head != "" {
		t.WriteString(indent + head + "\n")
		indent += "  "
	}
	if again {
		return
	}
	for _, line := range []string{Line(e.Text), t.paint(dim, Line(e.Release))} {
		if line != "" {
			t.WriteString(indent + line + "\n")
		}
	}
	for _, cause := range e.Causes {
		t.tell(cause, indent)
	}
}

// head names the subject and how it stands. Of the first subject it tells the
// exact time, of others how long ago that was.
func (t *telling) head(e rpc.Explanation, first, again bool) string {
	var parts []string
	if e.Subject != "" {
		parts = append(parts, t.paint(bold, Line(e.Subject)))
	}
	if e.Status != "" {
		parts = append(parts, t.status(e.Status))
	}
	switch {
	case again:
		parts = append(parts, "(see above)")
	case e.Since != nil && first:
		parts = append(parts, "since "+t.Moment(*e.Since)+" ("+t.When(*e.Since)+")")
	case e.Since != nil:
		parts = append(parts, "("+t.When(*e.Since)+")")
	}
	return strings.Join(parts, " ")
}
