package render

import (
	"strings"

	"github.com/penstock/penstock/rpc"
)

// Explanation is why something is as it is, and below it, set in, what that
// follows from.
func (s Style) Explanation(e rpc.Explanation) string {
	var b strings.Builder
	s.explain(&b, e, "")
	return b.String()
}

func (s Style) explain(b *strings.Builder, e rpc.Explanation, indent string) {
	var head []string
	if e.Subject != "" {
		head = append(head, s.paint(bold, Line(e.Subject)))
	}
	if e.Status != "" {
		head = append(head, s.status(e.Status))
	}
	if e.Since != nil {
		head = append(head, "since "+s.Moment(*e.Since)+" ("+s.When(*e.Since)+")")
	}
	if len(head) > 0 {
		b.WriteString(indent + strings.Join(head, " ") + "\n")
		indent += "  "
	}
	for _, line := range []string{Line(e.Text), s.paint(dim, Line(e.Release))} {
		if line != "" {
			b.WriteString(indent + line + "\n")
		}
	}
	for _, cause := range e.Causes {
		s.explain(b, cause, indent)
	}
}
