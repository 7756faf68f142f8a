package render

import (
	"fmt"
	"strings"

	"github.com/penstock/penstock/rpc"
)

// Problems are the things wrong with a text, a line each, as compilers write
// them and editors read them: file:line:column: message.
func Problems(problems []rpc.Problem) string {
	var b strings.Builder
	for _, p := range problems {
		b.WriteString(place(p) + Line(p.Message) + "\n")
	}
	return b.String()
}

// place is as much of file:line:column as is known; without a line the path
// inside the definition stands for it.
func place(p rpc.Problem) string {
	var parts []string
	if p.File != "" {
		parts = append(parts, Line(p.File))
	}
	switch {
	case p.Line > 0 && p.Column > 0:
		parts = append(parts, fmt.Sprint(p.Line), fmt.Sprint(p.Column))
	case p.Line > 0:
		parts = append(parts, fmt.Sprint(p.Line))
	case p.Path != "":
		parts = append(parts, Line(p.Path))
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, ":") + ": "
}
