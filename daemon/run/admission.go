package run

import (
	"fmt"
	"time"
)

// admission tells of step i how it came into the run and what let it begin, as
// far as neither a person did nor it still waits for that. It speaks of what
// came before as that stands now; where this would not admit the step any more,
// because it was tried again since, it says no more than it knows.
func (e *explaining) admission(i int) (told []Explanation) {
	if rule := e.Plan.Steps[i].Rule; rule != "" {
		told = append(told, Explanation{Step: -1, Text: "it is in the run by " + rule})
	}
	if e.begun(i) {
		told = append(told, e.admitted(i))
	}
	if a := e.Steps[i].Latest(); a != nil {
		for _, text := range append(e.delayed(i), a.waits(e.Plan.Steps[i].ResourceGroup)...) {
			told = append(told, Explanation{Step: -1, Text: text})
		}
	}
	return told
}

// begun reports whether what step i looks at has admitted it.
func (e *explaining) begun(i int) bool {
	s := &e.Steps[i]
	switch {
	case e.byHand(i):
		return false // a person has
	case s.Status == Created, s.Status == Skipped:
		return false
	case s.Status == Canceled, s.Status == Failed:
		return !s.AdmittedAt.IsZero()
	}
	return true
}

// byHand reports whether a person let step i begin as it stands.
func (e *explaining) byHand(i int) bool {
	s := &e.Steps[i]
	return s.Requested != nil && (e.Plan.Steps[i].When == ByHand || s.asked())
}

// asked reports whether what s stands at, or waits for, is what a person asked
// for: not an attempt that followed later, by its retry rule or in its turn.
func (s *Step) asked() bool {
	before := len(s.Attempts)
	if before > 0 && s.stands(s.Latest()) {
		before--
	}
	return s.Requested != nil && s.Requested.Tried == before
}

// admitted says what admitted step i.
func (e *explaining) admitted(i int) Explanation {
	p, x := &e.Plan.Steps[i], Explanation{Step: -1}
	switch {
	case !p.When.admits(e.saw(i), p.HasNeeds):
		x.Text = "it was admitted by " + e.sight(i) + " as they stood then"
	case p.When == OnFailure:
		x.Text, x.Causes = `when = "on_failure" admitted it`, e.steps(e.barring(i))
	case p.When == Always:
		x.Text = `when = "always" admitted it, however ` + e.sight(i) + " ended"
	case len(e.sees(i)) == 0:
		x.Text = "it was admitted at once: no step of its run comes before it"
		if wait := e.State.Waited(); wait >= noticeable {
			x.Text += "; its run waited " + length(wait.Round(time.Second)) + " for its turn"
		}
	case p.HasNeeds:
		x.Text = "it was admitted because the steps that it needs succeeded"
	default:
		x.Text = "it was admitted because nothing failed among the steps before it"
	}
	if a := e.Steps[i].Latest(); p.When == Delayed && a != nil && e.Steps[i].stands(a) {
		x.Text += "; start_in = " + length(p.StartIn) + " held it"
	}
	return x
}

// noticeable is how long a wait is that people may ask about.
const noticeable = time.Second

// waits says for how long a, an attempt of a step of this resource group,
// waited, and for what: the group first, then max_parallel, then a place.
func (a *Attempt) waits(group string) (told []string) {
	since := a.ReadyAt
	for _, had := range []struct {
		at   time.Time
		what string
	}{{a.GrantedAt, "the resource group " + group}, {a.SlotAt, "its turn under max_parallel"}, {a.DecidedAt, "a place"}} {
		if had.at.IsZero() {
			continue
		}
		if wait := had.at.Sub(since); !since.IsZero() && wait >= noticeable {
			told = append(told, fmt.Sprintf("attempt %d waited %s for %s", a.Number, length(wait.Round(time.Second)), had.what))
		}
		since = had.at
	}
	return told
}

// delayed says how long the retry rule put the newest attempt of step i off.
func (e *explaining) delayed(i int) (told []string) {
	s := &e.Steps[i]
	n := len(s.Attempts)
	if n < 2 || e.Plan.Steps[i].Retry.Delay == 0 {
		return nil
	}
	before, a, rule := &s.Attempts[n-2], &s.Attempts[n-1], &e.Plan.Steps[i].Retry
	if q := s.Requested; q != nil && q.Tried == n-1 {
		return nil // a person wanted it
	}
	if before.Status != Failed || n-1 > rule.Max || !rule.wants(before) {
		return nil // its turn came again
	}
	if wait := a.ReadyAt.Sub(before.FinishedAt); wait >= noticeable {
		told = append(told, fmt.Sprintf("attempt %d waited %s by its retry rule", a.Number, length(wait.Round(time.Second))))
	}
	return told
}
