package run

import (
	"slices"
	"time"

	"pgregory.net/rapid"
)

// This is a second reading of the rules, deliberately slow: it scans everything
// and remembers nothing.

// reading is how the steps that step i looks at stand together.
type reading struct {
	previous  Status
	known     bool // all of them are over
	forbidden bool // one of them was skipped, so that i can never begin
}

func read(r *Run, i int) reading {
	p, me := r.Plan, &r.Plan.Steps[i]
	out := reading{known: true}
	var tally Tally
	for n := range p.Steps {
		if !looksAt(p, i, n) {
			continue
		}
		as := slowTag(r, n)
		tally.add(as, 1)
		out.known = out.known && as.complete()
		out.forbidden = out.forbidden || me.HasNeeds && me.When != Always && (as == tagSkipped || as == tagIgnored)
	}
	out.previous = tally.Composite(me.HasNeeds)
	return out
}

// looksAt reports whether step i looks at step n.
func looksAt(p *Plan, i, n int) bool {
	me, other := &p.Steps[i], &p.Steps[n]
	serial := p.Stages[me.Stage].Serial
	switch {
	case slices.Contains(me.After, n):
		return true
	case me.HasNeeds:
		return slices.Contains(me.Needs, n) || serial && n == i-1 && other.Stage == me.Stage
	}
	return other.Stage < me.Stage || serial && other.Stage == me.Stage && n < i
}

// slowTag is how others see step n.
func slowTag(r *Run, n int) tag {
	s, p := &r.Steps[n], &r.Plan.Steps[n]
	allowed := p.AllowFailure
	if s.Status == Failed && s.Stopped == nil {
		if code := s.Latest().ExitCode; code != nil && slices.Contains(p.AllowExitCodes, *code) {
			allowed = true
		}
	}
	if s.Status == Skipped && s.Skipped != NotAdmitted {
		return tagLeftOut
	}
	if a := s.Latest(); s.Status == Manual && a != nil && a.Status == Running {
		return tagBlocked
	}
	return tagOf(s.Status, allowed)
}

// admitted reads the table of GitLab's job processing, row by row.
func admitted(s PlanStep, previous Status) bool {
	switch {
	case s.When == OnFailure:
		return previous == Failed
	case s.When == Always:
		return slices.Contains([]Status{Success, Failed, Skipped}, previous)
	case s.HasNeeds:
		return previous == Success
	}
	return previous == Success || previous == Skipped
}

// checkWorld holds r against the rules.
func checkWorld(t *rapid.T, r *Run, ready []int, now time.Time) {
	for i := range r.Steps {
		checkStep(t, r, i, now)
	}
	checkCounts(t, r)
	checkLimits(t, r, ready)
	checkMoves(t, r, ready)
	checkClock(t, r, now)
	checkWhy(t, r)
	checkRefusals(t, r, ready, now)
}

func pausedAt(s *Step, now time.Time) bool {
	return s.Paused != nil && (s.Paused.Until.IsZero() || s.Paused.Until.After(now))
}

func checkStep(t *rapid.T, r *Run, i int, now time.Time) {
	s, p, is := &r.Steps[i], r.Plan.Steps[i], read(r, i)
	if r.graph.tag[i] != slowTag(r, i) {
		t.Fatalf("%s is seen as %d, not %d", p.Name, r.graph.tag[i], slowTag(r, i))
	}
	switch {
	case s.Status == Created && !r.State.Held && (is.known || is.forbidden):
		t.Fatalf("%s waits for nothing: what came before is %s", p.Name, is.previous)
	case s.Status == Skipped && s.Skipped == NotAdmitted && !is.forbidden && (!is.known || admitted(p, is.previous)):
		t.Fatalf("%s is skipped, but what came before is %s (over: %v)", p.Name, is.previous, is.known)
	case (s.Status == Skipped) != (s.Skipped != ""):
		t.Fatalf("%s is %s and skipped as %q", p.Name, s.Status, s.Skipped)
	case (s.Status == Scheduled) == s.DueAt.IsZero():
		t.Fatalf("%s is %s and due at %v", p.Name, s.Status, s.DueAt)
	case s.Status == Canceling && s.Stopped == nil:
		t.Fatalf("%s is canceling and nobody knows why", p.Name)
	case works(r, i) != (len(s.Attempts) > 0 && !s.Latest().Ended()) || executes(s.Status) && s.Latest().Status != s.Status:
		t.Fatalf("%s is %s, its newest attempt is not", p.Name, s.Status)
	case s.Latest() != nil && s.Latest().Downstream != nil && s.Status == s.Latest().Status && s.Stopped == nil && standing(p, s.Latest().Downstream) != s.Status:
		t.Fatalf("%s is %s, the run that it stands for %s", p.Name, s.Status, s.Latest().Downstream.Status)
	case r.State.Held && (s.Latest() == nil || s.Latest().Downstream == nil) && slices.Contains([]Status{Pending, WaitingForResource, Scheduled, Running}, s.Status):
		t.Fatalf("%s is %s in a run that is held", p.Name, s.Status)
	case (s.Status == Pending || s.Status == WaitingForResource) && pausedAt(s, now):
		t.Fatalf("%s is %s, though it is paused", p.Name, s.Status)
	case s.Again && (s.Status.Complete() || s.Latest() == nil || s.Latest().Status != Failed):
		t.Fatalf("%s is to be tried again by its rule, and has not failed: %+v", p.Name, s)
	case s.Skipped == LeftPaused && s.Since.Equal(now) && !pausedAt(s, now):
		t.Fatalf("%s was left out as paused, and is not", p.Name)
	case s.Status == Created && !r.State.Held && s.Requested != nil && s.Requested.Waits:
		t.Fatalf("%s was asked for, and its run is not held any more", p.Name)
	}
}

// works reports whether an attempt of step i lives: it may be blocked by the
// run that it stands for.
func works(r *Run, i int) bool {
	s, p := &r.Steps[i], &r.Plan.Steps[i]
	blocked := len(s.Attempts) > 0 && s.Latest().Status == Running && s.Latest().Downstream != nil && s.Latest().Downstream.Status == Manual
	return executes(s.Status) || s.Status == Manual && blocked && p.Downstream == StrategyMirror && !p.AllowFailure
}

// standing is the status of a step by the run that it stands for, read from
// GitLab's table of strategies.
func standing(p PlanStep, d *Downstream) Status {
	table := map[Strategy]map[Status]Status{
		StrategyDepend: {Success: Success, Skipped: Success, Failed: Failed, Canceled: Failed},
		StrategyMirror: {Success: Success, Skipped: Success, Failed: Failed, Canceled: Canceled, Manual: Manual},
	}
	switch as := table[p.Downstream][d.Status]; {
	case p.Downstream == StrategyNone:
		return Success
	case as == "", as == Manual && p.AllowFailure:
		return Running
	default:
		return as
	}
}

// checkRetries: what tries again by itself may, and not too often.
func checkRetries(t *rapid.T, r *Run, old []Step) {
	for i := range r.Steps {
		s, rule := &r.Steps[i], r.Plan.Steps[i].Retry
		if old[i].Status != Running || s.Status != Pending && s.Status != Scheduled && s.Status != WaitingForResource {
			continue
		}
		if len(s.Attempts) > rule.Max || s.Latest().Status != Failed || s.Latest().FailureReason == Lost {
			t.Fatalf("s%d is tried again after %d attempts of at most %d more: %+v", i, len(s.Attempts), rule.Max, s.Latest())
		}
	}
}

// checkRefusals: nothing begins without a slot, or before its time.
func checkRefusals(t *rapid.T, r *Run, ready []int, now time.Time) {
	for i := range r.Steps {
		if r.Steps[i].Status == Pending && !slices.Contains(ready, i) {
			if _, err := r.Apply(Begin{Step: i, At: now}); err == nil {
				t.Fatalf("s%d began beyond its limits", i)
			}
		}
		if at := r.Alarm(i); now.Before(at) {
			if _, err := r.Apply(Due{Step: i, At: now}); err == nil {
				t.Fatalf("s%d was due at %s, and is told so at %s", i, at, now)
			}
		}
	}
}

// checkAdmission: what was admitted by itself was so by the rules.
func checkAdmission(t *rapid.T, r *Run, old []Step, now time.Time) {
	for i := range r.Steps {
		s := &r.Steps[i]
		began := slices.Contains([]Status{Pending, WaitingForResource, Manual, Scheduled}, s.Status)
		if old[i].Status != Created || !began || s.Requested != nil && (s.Requested.At.Equal(now) || old[i].Requested != nil && old[i].Requested.Waits) {
			continue
		}
		if is := read(r, i); !is.known || !admitted(r.Plan.Steps[i], is.previous) {
			t.Fatalf("s%d became %s after %s (over: %v)", i, s.Status, is.previous, is.known)
		}
	}
}

func checkCounts(t *rapid.T, r *Run) {
	var all Tally
	stages, unfinished := make([]Tally, len(r.Plan.Stages)), 0
	for i := range r.Steps {
		all.add(slowTag(r, i), 1)
		stages[r.Plan.Steps[i].Stage].add(slowTag(r, i), 1)
		for k := range r.Steps[i].Attempts {
			a := &r.Steps[i].Attempts[k]
			unfinished += count(a.Ended() && (a.Log == nil || a.Erase != nil && !a.Erase.Done))
		}
	}
	if r.graph.all != all || !slices.Equal(r.graph.stages, stages) || r.graph.unfinished != unfinished {
		t.Fatal("the counts are not those of the steps")
	}
	began := all.Composite(false) == Pending && r.State.Status == Running
	if r.State.Status != all.Composite(false) && !began || r.State.Warnings != all.Warnings() {
		t.Fatalf("the run is %s, its steps make %s", r.State.Status, all.Composite(false))
	}
	for i := range stages {
		if made, is := stages[i].Composite(false), r.StageStatus(i); made != Created && made != is {
			t.Fatalf("stage %d is %s, its steps make %s", i, is, made)
		}
	}
}

// checkLimits: no limit is exceeded, none is left unused, none leaks.
func checkLimits(t *rapid.T, r *Run, ready []int) {
	for n, most := range append([]int{r.Plan.MaxParallel}, cells(r.Plan)...) {
		taken, forced := 0, 0
		for i := range r.Steps {
			if member := n == 0 || r.Plan.Steps[i].Group == n; member && (works(r, i) || slices.Contains(ready, i)) {
				taken++
				forced += count(r.Plan.Steps[i].Downstream != "")
			}
		}
		if most > 0 && taken > most+forced { // a run that goes on asks nobody
			t.Fatalf("limit %d lets %d begin, %d are allowed", n, taken, most)
		}
		if r.graph.limits[n].taken != taken {
			t.Fatalf("limit %d counts %d, %d work", n, r.graph.limits[n].taken, taken)
		}
	}
	for i := range r.Steps {
		full := slices.ContainsFunc(r.limitsFor(i), (*limit).full)
		if r.Steps[i].Status == Pending && !slices.Contains(ready, i) && !full {
			t.Fatalf("s%d is pending, within its limits, and nobody was told", i)
		}
	}
}

func cells(p *Plan) (most []int) {
	for i := range p.Groups {
		most = append(most, p.Groups[i].MaxParallel)
	}
	return most
}

// checkMoves: a live run is owed something, or waits for a thing with a name.
func checkMoves(t *rapid.T, r *Run, ready []int) {
	moves := len(ready) > 0 || r.State.Held
	for i := range r.Steps {
		s := r.Steps[i].Status
		moves = moves || len(r.Owed(i)) > 0 || !r.Alarm(i).IsZero() || s == WaitingForResource || s == Manual
		moves = moves || works(r, i) && r.Steps[i].Latest().Downstream != nil
	}
	if !r.Complete() && !moves {
		t.Fatalf("the run is %s, and nothing will ever move it", r.State.Status)
	}
}

func checkClock(t *rapid.T, r *Run, now time.Time) {
	st := &r.State
	executing := slices.ContainsFunc(r.Steps, func(s Step) bool { return executes(s.Status) })
	switch {
	case executing == st.BusySince.IsZero():
		t.Fatal("the run's clock does not run with its steps")
	case r.Complete() && st.FinishedAt.IsZero():
		t.Fatal("the run is over and has no end")
	case r.Complete() && st.Since.Equal(now) && st.Busy != r.Worked(now):
		t.Fatalf("the run took %s, its attempts %s", st.Busy, r.Worked(now))
	case st.TimedOut && !st.DeadlineAt.IsZero():
		t.Fatal("the run timed out, and will again")
	case executing && r.Plan.Timeout > 0 && !st.TimedOut && st.DeadlineAt.IsZero():
		t.Fatal("the run works and its timeout does not")
	}
}
