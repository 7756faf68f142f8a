package run

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// text says why step i has its status.
func (e *explaining) text(i int) string {
	s, p := &e.Steps[i], &e.Plan.Steps[i]
	switch s.Status {
	case Created:
		return e.waits(i)
	case WaitingForResource:
		return "it waits for the resource group " + p.ResourceGroup
	case Pending:
		return e.crowd(i)
	case Running:
		return fmt.Sprintf("attempt %d %s%s", s.Latest().Number, s.Latest().doing(p), e.again(i))
	case Manual:
		return e.manual(i)
	case Scheduled:
		return e.scheduled(i)
	case Canceling, Canceled:
		return e.stopped(i)
	case Skipped:
		return e.skipped(i)
	case Failed:
		return e.failed(i)
	}
	return fmt.Sprintf("attempt %d succeeded%s", s.Latest().Number, e.again(i))
}

// releases says what would let step i go on.
func (e *explaining) releases(i int) string {
	s, p := &e.Steps[i], &e.Plan.Steps[i]
	switch {
	case s.Status == Created && e.State.Held:
		return "its run goes on when its turn comes"
	case s.Status == Created:
		return "it is decided when these are over: " + e.prospect(i)
	case s.Status == WaitingForResource:
		return "it goes on when the group is free for it" + e.deadline(i)
	case s.Status == Pending:
		return "it begins when there is a place" + e.deadline(i)
	case s.follows():
		return "it goes on when a step of " + s.Latest().Downstream.Name + " is played"
	case s.Status == Manual && s.Paused != nil:
		return "it can be played once it is resumed" + s.Paused.from()
	case s.Status == Manual:
		return "it begins when somebody plays it"
	case s.Status == Scheduled:
		return s.dueRelease()
	case s.Status == Canceling && p.Downstream != "":
		return "it is over when " + s.Latest().Downstream.Name + " is"
	case s.Status == Canceling:
		return "it is over when its processes are gone"
	case s.Status == Running && p.Downstream != "":
		return "it ends with the run that it stands for"
	case s.Status == Running && p.Timeout > 0:
		return fmt.Sprintf("it ends by itself, or by its timeout of %s", length(p.Timeout))
	case s.Status == Running:
		return "it ends by itself"
	}
	return ""
}

// prospect says what becomes of created step i, by how what comes before it ends.
func (e *explaining) prospect(i int) string {
	s, p := &e.Steps[i], &e.Plan.Steps[i]
	text := p.When.wants(p.HasNeeds)
	switch {
	case p.Skip != "":
		return "it is left out then: " + p.Skip
	case s.Paused != nil:
		text += ", unless its turn comes while it is " + s.Paused.text() + ": then it is left out"
	}
	return text
}

// wants says which end of what comes before admits a step.
func (w When) wants(hasNeeds bool) string {
	switch {
	case w == OnFailure:
		return "it begins if they fail"
	case w == Always:
		return "it begins unless they are canceled"
	case w == ByHand:
		return "it can be played if they succeed"
	case w == Delayed:
		return "if they succeed, its start_in begins"
	case hasNeeds:
		return "it begins if all of them succeed"
	}
	return "it begins if none of them fails"
}

func (e *explaining) deadline(i int) string {
	at := e.Alarm(i)
	if at.IsZero() {
		return ""
	}
	return "; it fails at " + moment(at) + ", by its waiting_timeout"
}

// waits says what a created step waits for.
func (e *explaining) waits(i int) string {
	p := &e.Plan.Steps[i]
	switch {
	case e.State.Held:
		return "its run waits for its turn"
	case p.HasNeeds && e.awaits(p.Needs):
		return "it waits for steps that it needs"
	case p.HasNeeds && !e.awaits(p.After):
		return "it waits for the step before it: the stage " + e.Plan.Stages[p.Stage].Name + " is serial"
	case p.HasNeeds, e.graph.rank[i] == e.graph.frontier:
		return "it waits for steps whose outputs it reads"
	case e.Plan.Stages[p.Stage].Serial && e.graph.ranks[e.graph.frontier].stage == p.Stage:
		return "it waits for the steps before it: the stage " + e.Plan.Stages[p.Stage].Name + " is serial"
	}
	return "it waits for the stages before its own"
}

// awaits reports whether one of some steps is not over.
func (e *explaining) awaits(steps []int) bool {
	return slices.ContainsFunc(steps, func(i int) bool { return !e.graph.tag[i].complete() })
}

// crowd says why a pending step has not begun.
func (e *explaining) crowd(i int) string {
	if e.graph.slot[i] {
		return "it may begin and waits for one of the daemon's places"
	}
	p := &e.Plan.Steps[i]
	if p.Group > 0 && e.graph.limits[p.Group].full() {
		g := &e.Plan.Groups[p.Group-1]
		return fmt.Sprintf("max_parallel = %d of %s is used up", g.MaxParallel, g.Name)
	}
	return fmt.Sprintf("max_parallel = %d of the pipeline is used up", e.Plan.MaxParallel)
}

// again says what began the newest attempt, where it was not the first by
// itself.
func (e *explaining) again(i int) string {
	s, text := &e.Steps[i], ""
	if q := s.Requested; e.byHand(i) && q.Actor != "" {
		text = "; it was begun by " + q.Actor
	}
	if n := len(s.Attempts); n > 1 && !s.asked() {
		before := &s.Attempts[n-2]
		text += fmt.Sprintf("; attempt %d %s", before.Number, before.ended())
	}
	return text
}

func (e *explaining) manual(i int) string {
	s, p := &e.Steps[i], &e.Plan.Steps[i]
	if s.follows() {
		return "it stands for " + s.Latest().Downstream.Name + ", which waits for somebody to play a step of it; the run waits for it"
	}
	text := "it is begun by hand"
	if p.When != ByHand && s.Requested != nil {
		text += ": it was unscheduled by " + s.Requested.Actor
	}
	if e.paused(&changing{at: s.Since}, i) {
		text += "; it is " + s.Paused.text()
	}
	if e.graph.tag[i] == tagIgnored {
		return text + "; the run does not wait for it"
	}
	return text + "; the run waits for it"
}

func (e *explaining) scheduled(i int) string {
	s, p := &e.Steps[i], &e.Plan.Steps[i]
	text := fmt.Sprintf("start_in = %s: it begins at %s", length(p.StartIn), moment(s.DueAt))
	if s.Again {
		a := s.Latest()
		text = fmt.Sprintf("attempt %d %s; its retry rule tries again at %s (attempt %d of %d)",
			a.Number, a.ended(), moment(s.DueAt), a.Number+1, p.Retry.Max+1)
	}
	if s.Paused != nil {
		text += "; it is " + s.Paused.text()
	}
	return text
}

// dueRelease says what becomes of scheduled step s when its time comes.
func (s *Step) dueRelease() string {
	at := moment(s.DueAt)
	switch {
	case s.Paused == nil:
		return "it begins at " + at + ", or when somebody plays it"
	case !s.Paused.Until.IsZero() && !s.DueAt.Before(s.Paused.Until):
		return "it begins at " + at
	case s.Again:
		return "unless it is resumed by then, it stays failed at " + at
	}
	return "unless it is resumed by then, it is left out at " + at
}

func (e *explaining) stopped(i int) string {
	s := &e.Steps[i]
	if s.Stopped == nil {
		return "it canceled itself"
	}
	return "it was " + s.Stopped.text()
}

// text says who ended something, as "canceled by ann: reason".
func (c *Cancellation) text() string {
	text := "canceled"
	if c.Actor != "" {
		text += " by " + c.Actor
	}
	if c.Run != "" {
		text += ", for " + c.Run + " is newer"
	}
	if c.Note != "" {
		text += ": " + c.Note
	}
	return text
}

// from says when a pause is over without anybody who takes it back.
func (p *Paused) from() string {
	if p.Until.IsZero() {
		return ""
	}
	return ", or from " + moment(p.Until) + " on"
}

// text says who paused something, as far as that is still known.
func (p *Paused) text() string {
	if p == nil {
		return "paused then"
	}
	text := "paused by " + p.Actor
	if !p.Until.IsZero() {
		text += " until " + moment(p.Until)
	}
	if p.Reason != "" {
		text += ": " + p.Reason
	}
	return text
}

func (e *explaining) skipped(i int) string {
	s, p := &e.Steps[i], &e.Plan.Steps[i]
	switch s.Skipped {
	case LeftOut:
		return "it was left out: " + p.Skip
	case LeftPaused:
		return "it was left out: it was " + s.Paused.text()
	}
	when := p.When
	if when == "" {
		when = OnSuccess
	}
	if previous := e.saw(i); p.When != OnFailure || previous != Success {
		return fmt.Sprintf("when = %q does not admit it: %s ended as %s", when, e.sight(i), previous)
	}
	return fmt.Sprintf("when = %q does not admit it: nothing failed among %s", when, e.sight(i))
}

// sight names what step i looks at.
func (e *explaining) sight(i int) string {
	if e.Plan.Steps[i].HasNeeds {
		return "the steps that it needs"
	}
	return "the steps before it"
}

func (e *explaining) failed(i int) string {
	s, p := &e.Steps[i], &e.Plan.Steps[i]
	if s.Stopped != nil {
		return "it failed (" + string(s.Stopped.Reason) + "): " + s.Stopped.Note
	}
	a := s.Latest()
	text := fmt.Sprintf("attempt %d %s", a.Number, a.ended())
	switch {
	case e.graph.tag[i] == tagWarn:
		text += "; it may fail"
	case len(p.AllowExitCodes) > 0:
		text += fmt.Sprintf("; only with exit code %s may it fail", alternatives(p.AllowExitCodes))
	case p.Retry.Max >= len(s.Attempts) && p.Retry.wants(a): // nothing else keeps its rule from it
		text += "; it is not tried again, for it was " + s.Paused.text()
	case p.Retry.Max > 0 && !p.Retry.wants(a):
		text += "; its retry rule does not want such a failure tried again"
	case p.Retry.Max > 0:
		text += fmt.Sprintf("; it was tried as often as retry.max = %d allows", p.Retry.Max)
	}
	return text
}

// alternatives writes exit codes as "2 or 75".
func alternatives(codes []int) string {
	var texts []string
	for _, code := range codes {
		texts = append(texts, strconv.Itoa(code))
	}
	return strings.Join(texts, " or ")
}

// doing says what a, which lives, does.
func (a *Attempt) doing(p *PlanStep) string {
	switch {
	case p.Downstream == "":
		return "works"
	case a.Downstream == nil:
		return "is about to start a run"
	}
	return fmt.Sprintf("waits for %s, which is %s", a.Downstream.Name, a.Downstream.Status)
}

// ended says how a ended, as "failed (script_failure, exit code 3)".
func (a *Attempt) ended() string {
	if a.Status != Failed {
		return "ended as " + string(a.Status)
	}
	text := "failed (" + string(a.FailureReason)
	if a.ExitCode != nil {
		text += fmt.Sprintf(", exit code %d", *a.ExitCode)
	}
	text += ")"
	if a.Message != "" {
		text += ": " + strings.TrimSpace(a.Message)
	}
	return text
}

func (e *explaining) runText() string {
	st := &e.State
	switch {
	case st.Held:
		return "it waits for its turn among the runs of its pipeline"
	case st.TimedOut:
		return "its timeout ended it: " + st.Cancel.Note
	case st.Cancel != nil:
		return "it was " + st.Cancel.text()
	case st.Status == Manual:
		return "it is blocked: a step has to be played"
	case st.Status == Success && st.Warnings:
		return "its steps succeeded, but for some that may fail"
	case st.Status == Success:
		return "its steps succeeded"
	case st.Status == Skipped:
		return "no step had to begin"
	case st.Status == Failed:
		return "steps failed that may not"
	case st.Status == Canceling, st.Status == Canceled:
		return "steps of it were canceled"
	}
	return "its steps are on their way"
}

// length writes a duration as people do: 1h, not 1h0m0s.
func length(d time.Duration) string {
	text := d.String()
	for _, nothing := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, nothing) {
			text = text[:len(text)-2]
		}
	}
	return text
}

// moment writes a time for people: RFC 3339, in seconds.
func moment(t time.Time) string { return t.Format(time.RFC3339) }
