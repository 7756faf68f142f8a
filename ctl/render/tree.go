package render

import (
	"fmt"
	"strings"

	"github.com/penstock/penstock/rpc"
)

// Tree is a run with those that its steps stand for, and theirs: the schema of
// `penstockctl status --tree -o json`.
type Tree struct {
	rpc.RunSummary
	// Step and Attempt of the run above stand for it; the first has neither.
	Step     string `json:"step,omitempty"` // deploy/start
	Attempt  int    `json:"attempt,omitempty"`
	Deleted  bool   `json:"deleted,omitempty"` // all that is known of it are its name, its id and its last status
	Children []Tree `json:"children"`
}

// Tree is a run a line, each below the one whose step stands for it.
func (s Style) Tree(t Tree) string {
	var b strings.Builder
	b.WriteString(cut(s.paint(bold, Line(t.Name))+gap+s.standing(t), s.Width) + "\n")
	s.branches(&b, t.Children, "")
	return b.String()
}

func (s Style) branches(b *strings.Builder, children []Tree, indent string) {
	for i, t := range children {
		fork, below := "├─ ", "│  "
		if i == len(children)-1 {
			fork, below = "└─ ", "   "
		}
		step := Line(t.Step)
		if t.Attempt > 1 {
			step += fmt.Sprintf(", attempt %d", t.Attempt)
		}
		line := indent + fork + step + ": " + s.paint(bold, Line(t.Name)) + gap + s.standing(t)
		b.WriteString(cut(line, s.Width) + "\n")
		s.branches(b, t.Children, indent+below)
	}
}

// standing is how a run of a tree stands.
func (s Style) standing(t Tree) string {
	if t.Deleted {
		return s.paint(dim, "deleted")
	}
	text := s.outcome(t.RunSummary)
	if took := elapsed(t.RunSummary); took != "" {
		text += gap + took
	}
	return text
}
