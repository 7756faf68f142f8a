package simulation

import (
	"regexp"

	"github.com/penstock/penstock/config"
)

// Test plays a test of a pipeline and says where the run came out otherwise
// than the test expects, in the order in which that showed.
func Test(p *config.Pipeline, t *config.Test) []config.Difference {
	w, err := Begin(p, t.Start)
	if err != nil || t.Expect.Refused != "" {
		return refused(&t.Expect, err)
	}
	if err := w.Play(t.Scripts, t.Places); err != nil {
		return []config.Difference{{Position: t.Position, Path: "step", Want: "steps of the pipeline", Got: err.Error()}}
	}
	j := judge{World: w}
	for i := range t.Acts {
		j.act(&t.Acts[i])
	}
	if err := w.Finish(); err != nil {
		j.differ(&t.Expect, "an end", err.Error())
		return j.found
	}
	j.expect(&t.Expect)
	return j.found
}

// refused compares why there is no run with what is expected of that.
func refused(e *config.Expectation, err error) []config.Difference {
	switch {
	case e.Refused == "":
		return []config.Difference{e.Difference("a run", "it is refused: "+err.Error())}
	case err == nil:
		return []config.Difference{e.Difference("no run, because of "+e.Refused, "a run", "refused")}
	case !fits(e.Refused, err):
		return []config.Difference{e.Difference(e.Refused, err.Error(), "refused")}
	}
	return nil
}

// fits reports whether an error is told as a pattern, which config has
// checked, wants.
func fits(pattern string, err error) bool {
	return regexp.MustCompile(pattern).MatchString(err.Error())
}

// judge compares a run with what is expected of it.
type judge struct {
	*World
	found []config.Difference
}

func (j *judge) differ(e *config.Expectation, want, got string, keys ...string) {
	j.found = append(j.found, e.Difference(want, got, keys...))
}

// act looks at the run when the time of an act has come, and lets it happen.
func (j *judge) act(a *config.Act) {
	if err := j.Until(j.began.Add(a.At)); err != nil {
		j.odd(a, "it goes on", err.Error())
		return
	}
	j.expect(&a.Expect)
	if a.Do == "" {
		return
	}
	switch err := j.Do(*a); {
	case err != nil && a.Refused == "":
		j.odd(a, "it can be done", err.Error())
	case err == nil && a.Refused != "":
		j.odd(a, "it is refused: "+a.Refused, "it can be done")
	case err != nil && !fits(a.Refused, err):
		j.odd(a, "it is refused: "+a.Refused, err.Error())
	}
}

// odd says that an act did not go as expected.
func (j *judge) odd(a *config.Act, want, got string) {
	j.found = append(j.found, config.Difference{Position: a.Position, Path: "event." + a.Do, Want: want, Got: got})
}
