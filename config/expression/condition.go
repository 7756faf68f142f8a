package expression

import "strings"

// Condition is an expression that is true or false, compiled. It is immutable
// and safe for concurrent use.
type Condition struct{ program *program }

// ParseCondition compiles text, an expression without braces. It is decided
// before the run exists, so what is late is refused. The error is an *Error.
func ParseCondition(text string, s Scope) (*Condition, error) {
	if begin := strings.Index(text, "{{"); begin >= 0 {
		return nil, &Error{Offset: begin, Message: "a condition is an expression already: write it without {{ }}"}
	}
	p, err := compile(text, s)
	switch {
	case err != nil:
		return nil, err
	case p.late:
		return nil, &Error{Message: "a condition is decided before the run exists: it cannot read outputs, run.id, run.number and run.name"}
	case p.typ != Boolean && p.typ != Any:
		return nil, &Error{Message: "a condition must be true or false; this is a " + p.typ.String()}
	}
	return &Condition{program: p}, nil
}

// Variables lists the variables that the condition reads.
func (c *Condition) Variables() []string { return c.program.variables() }

// Evaluate decides the condition. The error is an *Error.
func (c *Condition) Evaluate(v Values) (bool, error) {
	value, err := c.program.evaluate(v)
	if err != nil {
		return false, err
	}
	holds, ok := value.(bool)
	if !ok {
		return false, &Error{Message: "a condition must be true or false; this is " + Text(value)}
	}
	return holds, nil
}
