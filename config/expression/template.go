package expression

import (
	"fmt"
	"slices"
	"strings"
)

// maxResult is the most that a template, or one operation in it, may make, in
// bytes.
const maxResult = 1 << 20

// Template is a text with placeholders, compiled. It is immutable and safe for
// concurrent use.
type Template struct {
	text  string // of a constant
	parts []part
}

// part is text as it is, or a placeholder.
type part struct {
	text    string
	program *program // nil: the text
}

// ParseTemplate compiles text. The error is an *Error. Without placeholders it
// cannot fail.
func ParseTemplate(text string, s Scope) (*Template, error) {
	t := &Template{}
	at := 0
	for {
		begin := strings.Index(text[at:], "{{")
		if begin < 0 {
			break
		}
		begin += at
		end := placeholderEnd(text, begin+len("{{"))
		if end < 0 {
			return nil, &Error{Offset: begin, Message: `a placeholder has {{ but no }}; a literal {{ is written {{ "{{" }}`}
		}
		p, err := compile(text[begin+len("{{"):end], s)
		if err != nil {
			err.Offset += begin + len("{{")
			return nil, err
		}
		p.offset += begin + len("{{")
		t.literal(text[at:begin])
		t.parts = append(t.parts, part{program: p})
		at = end + len("}}")
	}
	if t.parts == nil {
		t.text = text
		return t, nil
	}
	t.literal(text[at:])
	return t, nil
}

func (t *Template) literal(text string) {
	if text != "" {
		t.parts = append(t.parts, part{text: text})
	}
}

// Constant reports whether the template has no placeholder.
func (t *Template) Constant() bool { return t.parts == nil }

// Late reports whether the value is known only when an attempt begins: it names
// an output, the run's id, number or name, or a variable that is late.
func (t *Template) Late() bool { return t.some(func(p *program) bool { return p.late }) }

// RunTime reports whether the value may differ from run to run: it names an
// input, the run, its trigger, an output, the pipeline's revision or a variable
// that is late. Variables and axes of the file alone do not.
func (t *Template) RunTime() bool { return t.some(func(p *program) bool { return p.runTime }) }

func (t *Template) some(holds func(*program) bool) bool {
	return slices.ContainsFunc(t.parts, func(p part) bool { return p.program != nil && holds(p.program) })
}

// Type is the type of the value: String, but for one placeholder alone.
func (t *Template) Type() Type {
	if p := t.alone(); p != nil {
		return p.typ
	}
	return String
}

// alone is the placeholder that is the whole template, nil if there is none.
func (t *Template) alone() *program {
	if len(t.parts) == 1 {
		return t.parts[0].program
	}
	return nil
}

// ReadsPayload reports whether the template reads what a caller sent.
func (t *Template) ReadsPayload() bool {
	return t.some(func(p *program) bool { return slices.Contains(p.lookUps, "payload") })
}

// References lists the outputs that the template reads, in the order of the
// text; one may occur twice.
func (t *Template) References() (all []Reference) {
	for _, p := range t.parts {
		if p.program != nil {
			all = append(all, p.program.references...)
		}
	}
	return all
}

// Variables lists the variables that the template reads; one may occur twice.
func (t *Template) Variables() (all []string) {
	for _, p := range t.parts {
		if p.program != nil {
			all = append(all, p.program.variables()...)
		}
	}
	return all
}

// Evaluate is the template's value: string, float64, bool, []any or, out of an
// array, map[string]any. The error is an *Error; it wraps a [*Missing] where a
// step has not the output that is read.
func (t *Template) Evaluate(v Values) (any, error) {
	if t.Constant() {
		return t.text, nil
	}
	if p := t.alone(); p != nil {
		return p.evaluate(v)
	}
	var b strings.Builder
	for _, p := range t.parts {
		text := p.text
		if p.program != nil {
			value, err := p.program.evaluate(v)
			if err != nil {
				return nil, err
			}
			text = Text(value)
		}
		if b.Len()+len(text) > maxResult {
			return nil, &Error{Message: fmt.Sprintf("the text is longer than %d bytes", maxResult)}
		}
		b.WriteString(text)
	}
	return b.String(), nil
}
