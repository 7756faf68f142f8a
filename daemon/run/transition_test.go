package run

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// story is a run that a test tells event by event.
type story struct {
	*testing.T
	*Run
	now time.Time
}

func tell(t *testing.T, p Plan) *story {
	t.Helper()
	p.Pipeline, p.Number = "nightly", 1
	if p.Stages == nil {
		p.Stages = []PlanStage{{Name: "a"}, {Name: "b"}, {Name: "c"}}
	}
	now := time.Unix(1_700_000_000, 0).UTC()
	r, _ := New(&p, now, false)
	return &story{T: t, Run: r, now: now}
}

// do applies events, a second apart.
func (s *story) do(events ...Event) *story {
	s.Helper()
	for _, ev := range events {
		if _, err := s.Apply(ev); err != nil {
			s.Fatalf("%#v: %v", ev, err)
		}
		s.now = s.now.Add(time.Second)
	}
	return s
}

func (s *story) refused(ev Event, because string) *story {
	s.Helper()
	if _, err := s.Apply(ev); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), because) {
		s.Errorf("%#v: %v, want a refusal that says %q", ev, err, because)
	}
	return s
}

// are checks the statuses of all steps, and of the run.
func (s *story) are(run Status, steps ...Status) *story {
	s.Helper()
	var got []Status
	for i := range s.Steps {
		got = append(got, s.Steps[i].Status)
	}
	if s.State.Status != run || !slices.Equal(got, steps) {
		s.Errorf("the run is %s and its steps are %s, want %s and %s", s.State.Status, got, run, steps)
	}
	return s
}

// works begins step i and ends it.
func (s *story) works(i int, o Outcome) *story {
	s.Helper()
	s.do(Begin{Step: i, At: s.now})
	return s.ends(i, o)
}

func (s *story) ends(i int, o Outcome) *story {
	s.Helper()
	return s.do(Ended{Step: i, Attempt: len(s.Steps[i].Attempts), At: s.now, Outcome: o})
}

func fails(reason FailureReason, code int) Outcome {
	return Outcome{Status: Failed, FailureReason: reason, ExitCode: &code}
}

var well = Outcome{Status: Success}

func TestABlockingManualStepHoldsTheRun(t *testing.T) {
	s := tell(t, Plan{Steps: []PlanStep{{Name: "build"}, {Name: "deploy", Stage: 1, When: ByHand}, {Name: "tell", Stage: 2}}})
	s.works(0, well).are(Manual, Success, Manual, Created)
	s.do(Play{Steps: []int{1}, At: s.now, Actor: "ann"}).are(Running, Success, Pending, Created)
	s.works(1, well).works(2, well).are(Success, Success, Success, Success)
	s.refused(Play{Steps: []int{1}}, "it has ended; it can be tried again")
}

func TestAnOptionalManualStepHoldsNobody(t *testing.T) {
	s := tell(t, Plan{Steps: []PlanStep{{Name: "build"}, {Name: "deploy", Stage: 1, When: ByHand, AllowFailure: true}, {Name: "tell", Stage: 2}}})
	s.works(0, well).works(2, well).are(Success, Success, Manual, Success)
	s.do(Play{Steps: []int{1}, At: s.now}).works(1, fails(ScriptFailure, 1)).are(Success, Success, Failed, Success)
	if !s.State.Warnings {
		t.Error("the failure left no warning")
	}
}

func TestADelayedStepWaitsForItsTimeAlone(t *testing.T) {
	s := tell(t, Plan{Steps: []PlanStep{{Name: "build"}, {Name: "deploy", Stage: 1, When: Delayed, StartIn: time.Minute}, {Name: "tell", Stage: 2}}})
	s.works(0, well).are(Scheduled, Success, Scheduled, Created)
	at := s.Alarm(1)
	if want := s.now.Add(59 * time.Second); !at.Equal(want) {
		t.Errorf("it begins at %s, want %s", at, want)
	}
	if _, err := s.Apply(Due{Step: 1, At: at.Add(-1)}); !errors.Is(err, ErrStale) {
		t.Errorf("a moment too early: %v", err)
	}
	s.do(Due{Step: 1, At: at}).are(Running, Success, Pending, Created)
}

func TestAnUnscheduledStepWaitsForAPerson(t *testing.T) {
	s := tell(t, Plan{Steps: []PlanStep{{Name: "deploy", When: Delayed, StartIn: time.Minute}}})
	s.do(Unschedule{Steps: []int{0}, At: s.now, Actor: "ann"}).are(Manual, Manual)
	if at := s.Alarm(0); !at.IsZero() {
		t.Errorf("it still begins at %s", at)
	}
	if _, err := s.Apply(Unschedule{Steps: []int{0}, At: s.now, Actor: "eve"}); !errors.Is(err, ErrStale) {
		t.Errorf("a second time: %v", err)
	}
	s.do(Play{Steps: []int{0}, At: s.now}).works(0, well).are(Success, Success)
	s.refused(Unschedule{Steps: []int{0}}, "only a scheduled step can be unscheduled")
}

func TestOfStepsThoseAreUnscheduledThatAreStillScheduled(t *testing.T) {
	delayed := PlanStep{Name: "a", When: Delayed, StartIn: time.Minute}
	other := delayed
	other.Name = "b"
	s := tell(t, Plan{Steps: []PlanStep{delayed, other}})
	s.do(Unschedule{Steps: []int{0}, At: s.now, Actor: "ann"})
	s.do(Unschedule{Steps: []int{0, 1}, At: s.now, Actor: "eve"}).are(Manual, Manual, Manual)
	if by := s.Steps[0].Requested.Actor; by != "ann" {
		t.Errorf("a was unscheduled by %s", by)
	}
}

func TestACancelOfStepsEndsThoseThatAreLeft(t *testing.T) {
	s := tell(t, Plan{Steps: []PlanStep{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "d", Stage: 1}}})
	s.do(Begin{Step: 0}, Begin{Step: 2}).works(1, well)
	s.do(Cancel{Steps: []int{0}, Cancellation: Cancellation{At: s.now, Actor: "ann"}})
	s.do(Cancel{Steps: []int{0, 1, 2}, Cancellation: Cancellation{At: s.now, Actor: "eve"}})
	s.are(Running, Canceling, Success, Canceling, Created)
	if by := s.Steps[0].Stopped.Actor; by != "ann" {
		t.Errorf("a was ended by %s", by)
	}
	if _, err := s.Apply(Cancel{Steps: []int{0, 1, 2}, Cancellation: Cancellation{At: s.now}}); !errors.Is(err, ErrStale) {
		t.Errorf("nothing is left: %v", err)
	}
}

func TestARetryRuleTriesAgainWhatItNames(t *testing.T) {
	for name, c := range map[string]struct {
		rule     RetryRule
		failure  Outcome
		attempts int
	}{
		"twice":                      {RetryRule{Max: 2}, fails(ScriptFailure, 1), 3},
		"no rule":                    {RetryRule{}, fails(ScriptFailure, 1), 1},
		"the exit code":              {RetryRule{Max: 2, ExitCodes: []int{137}}, fails(ScriptFailure, 137), 3},
		"another exit code":          {RetryRule{Max: 2, ExitCodes: []int{137}}, fails(ScriptFailure, 1), 1},
		"the reason":                 {RetryRule{Max: 1, When: []FailureReason{PluginFailure}}, fails(PluginFailure, 1), 2},
		"another reason":             {RetryRule{Max: 1, When: []FailureReason{PluginFailure}}, fails(ScriptFailure, 1), 1},
		"reason or code":             {RetryRule{Max: 1, When: []FailureReason{PluginFailure}, ExitCodes: []int{3}}, fails(ScriptFailure, 3), 2},
		"lost, not named":            {RetryRule{Max: 1}, fails(Lost, 0), 1},
		"lost, named":                {RetryRule{Max: 1, When: []FailureReason{Lost}}, fails(Lost, 0), 2},
		"every reason":               {RetryRule{Max: 1, When: []FailureReason{EveryReason}, ExitCodes: []int{9}}, fails(PluginFailure, 1), 2},
		"every reason but lost":      {RetryRule{Max: 1, When: []FailureReason{EveryReason}}, fails(Lost, 0), 1},
		"every reason, and lost":     {RetryRule{Max: 1, When: []FailureReason{EveryReason, Lost}}, fails(Lost, 0), 2},
		"never what it depends upon": {RetryRule{Max: 1, When: []FailureReason{MissingDependency}}, fails(MissingDependency, 0), 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := tell(t, Plan{Steps: []PlanStep{{Name: "a", Retry: c.rule}}})
			for !s.Complete() {
				s.works(0, c.failure)
			}
			if got := len(s.Steps[0].Attempts); got != c.attempts {
				t.Errorf("%d attempts, want %d", got, c.attempts)
			}
			s.are(Failed, Failed)
		})
	}
}

func TestRetriesWaitLongerEachTime(t *testing.T) {
	rule := RetryRule{Max: 9, Delay: time.Second, Backoff: 2, MaxDelay: 5 * time.Second}
	for n, want := range []time.Duration{1, 2, 4, 5, 5} {
		if got := rule.delay(n+1, 7); got != want*time.Second {
			t.Errorf("retry %d waits %s, want %ds", n+1, got, want)
		}
	}
	rule.Jitter = 0.5
	seen := map[time.Duration]bool{}
	for seed := range uint64(50) {
		d := rule.delay(1, seed)
		if d < 500*time.Millisecond || d > time.Second || d != rule.delay(1, seed) {
			t.Errorf("retry with jitter waits %s", d)
		}
		seen[d] = true
	}
	if len(seen) < 40 {
		t.Errorf("50 runs wait only %d different times", len(seen))
	}
}

func TestARetryTakesBackWhatWasSkippedBecauseOfIt(t *testing.T) {
	plan := Plan{Steps: []PlanStep{{Name: "a"}, {Name: "b", Stage: 1}, {Name: "c", Stage: 2, HasNeeds: true, Needs: []int{1}}}}
	s := tell(t, plan).works(0, fails(ScriptFailure, 1)).are(Failed, Failed, Skipped, Skipped)
	s.refused(Retry{Steps: []int{1}}, "what it waits for can be tried again")
	s.do(Retry{Steps: []int{0}, At: s.now, Actor: "ann"}).are(Running, Pending, Created, Created)
	s.refused(Retry{Steps: []int{0}}, "it can be tried again once it has ended")
	s.works(0, well).works(1, well).works(2, well).are(Success, Success, Success, Success)
	s.refused(Retry{Steps: []int{0}, Attempt: 1}, "attempt 1 is superseded")
	s.refused(Retry{At: s.now}, "nothing of the run has failed or was canceled")
	s.do(Retry{Steps: []int{0}, Attempt: 2, At: s.now}).are(Running, Pending, Success, Success)
	s.works(0, well).are(Success, Success, Success, Success)
	s.do(Retry{Steps: []int{0}, After: true, At: s.now}).are(Running, Pending, Created, Created)
}

func TestARetryOfTheRunDecidesAgainWhatWentWrong(t *testing.T) {
	plan := Plan{Steps: []PlanStep{{Name: "a"}, {Name: "b"}, {Name: "c", Stage: 1}, {Name: "alarm", Stage: 1, When: OnFailure}}}
	s := tell(t, plan).works(0, well).works(1, fails(ScriptFailure, 1)).works(3, well).are(Failed, Success, Failed, Skipped, Success)
	s.do(Retry{At: s.now, Actor: "ann"}).are(Running, Success, Pending, Created, Success)
	s.works(1, well).works(2, well).are(Success, Success, Success, Success, Success)
}

func TestARunThatIsRetriedInALineWaitsForItsTurn(t *testing.T) {
	s := tell(t, Plan{Steps: []PlanStep{{Name: "a"}, {Name: "b", Stage: 1}}}).works(0, fails(ScriptFailure, 1))
	s.do(Hold{At: s.now}, Retry{Steps: []int{0}, At: s.now}).are(Created, Created, Created)
	s.do(Release{At: s.now}).are(Pending, Pending, Created)
	s = tell(t, Plan{Steps: []PlanStep{{Name: "a"}, {Name: "b", When: ByHand, AllowFailure: true}}}).works(0, well)
	s.do(Hold{At: s.now}, Play{Steps: []int{1}, At: s.now}).are(Running, Success, Created)
	s.do(Release{At: s.now}).are(Running, Success, Pending)
}

// What was asked of a step holds no longer once the step is to be decided anew,
// with what comes before it.
func TestAStepThatIsDoneAgainAfterAnotherForgetsThatItWasToBegin(t *testing.T) {
	for name, before := range map[string][]Event{
		"asked for, and canceled": {Play{Steps: []int{1}}, Cancel{Steps: []int{1}}, Hold{}},
		"asked for":               {Play{Steps: []int{1}}},
	} {
		t.Run(name, func(t *testing.T) {
			s := tell(t, Plan{Steps: []PlanStep{{Name: "first"}, {Name: "by hand", Stage: 1, When: ByHand, AllowFailure: true}}})
			s.do(Begin{Step: 0}, Ended{Step: 0, Attempt: 1, Outcome: Outcome{Status: Success}}, Hold{}).do(before...)
			change, err := s.Apply(Retry{Steps: []int{0}, After: true})
			if err != nil || !slices.Contains(change.Steps, 1) {
				t.Errorf("changed are %v, %v", change.Steps, err)
			}
			s.do(Release{}).are(Pending, Pending, Created)
		})
	}
}

func TestCancelEndsAtOnceWhatIsNotAtWork(t *testing.T) {
	plan := Plan{Steps: []PlanStep{{Name: "a"}, {Name: "b"}, {Name: "c", When: ByHand, AllowFailure: true}, {Name: "d", When: ByHand}, {Name: "e", Stage: 1}}}
	s := tell(t, plan).do(Begin{Step: 0})
	s.do(Cancel{Cancellation: Cancellation{At: s.now, Actor: "ann"}})
	s.are(Canceling, Canceling, Canceled, Manual, Canceled, Canceled)
	if _, err := s.Apply(Cancel{Cancellation: Cancellation{At: s.now}}); !errors.Is(err, ErrStale) {
		t.Errorf("a second cancel: %v", err)
	}
	s.do(Cancel{Cancellation: Cancellation{At: s.now, Force: true}})
	if owed := s.Owed(0); len(owed) != 1 || !owed[0].Force {
		t.Errorf("a forced cancel owes %v", owed)
	}
	if _, err := s.Apply(Cancel{Cancellation: Cancellation{At: s.now, Force: true}}); !errors.Is(err, ErrStale) {
		t.Errorf("a second forced cancel: %v", err)
	}
	if _, err := s.Apply(Cancel{Steps: []int{0}, Cancellation: Cancellation{At: s.now, Force: true}}); !errors.Is(err, ErrStale) {
		t.Errorf("a second forced cancel of a step: %v", err)
	}
	s.ends(0, well).are(Canceled, Canceled, Canceled, Manual, Canceled, Canceled)
}

func TestWhatIsToBeKilledStaysSo(t *testing.T) {
	s := tell(t, Plan{Steps: []PlanStep{{Name: "a"}, {Name: "b"}}}).do(Begin{Step: 0})
	s.do(Cancel{Steps: []int{0}, Cancellation: Cancellation{At: s.now, Force: true}})
	s.do(Cancel{Cancellation: Cancellation{At: s.now, Actor: "ann"}}).are(Canceling, Canceling, Canceled)
	if owed := s.Owed(0); len(owed) != 1 || !owed[0].Force {
		t.Errorf("after a milder cancel of the run, a owes %v", owed)
	}
}

func TestWhatCannotBePlayed(t *testing.T) {
	s := tell(t, Plan{Steps: []PlanStep{{Name: "a"}, {Name: "b", Stage: 1, When: ByHand}, {Name: "c", HasNeeds: true, Needs: []int{0}, When: OnFailure}}})
	s.refused(Play{Steps: []int{0}}, "it has been started already")
	s.refused(Play{Steps: []int{1}}, "its turn has not come")
	s.works(0, well).refused(Play{Steps: []int{2}}, "it was left out and cannot be played")
	s.refused(Cancel{Steps: []int{1}}, "it begins only if somebody plays it")
	s.refused(Retry{Steps: []int{1}}, "it can be played")
}

func TestAFailureEndsTheRestWhereItIsToldTo(t *testing.T) {
	s := tell(t, Plan{CancelOnFailure: true, Steps: []PlanStep{{Name: "a"}, {Name: "b"}, {Name: "c", Stage: 1}}})
	s.do(Begin{Step: 1}).works(0, fails(ScriptFailure, 1)).are(Canceling, Failed, Canceling, Canceled)
	s.ends(1, well).are(Failed, Failed, Canceled, Canceled)
}

// A run in which a failure ends the rest waits for nobody who has to play a
// step: that would be for nothing. What it did not wait for can be played still.
func TestAFailureEndsTheManualStepsThatTheRunWaitsFor(t *testing.T) {
	steps := []PlanStep{{Name: "a", Group: 1}, {Name: "b", Group: 1, When: ByHand}, {Name: "c", Group: 1, When: ByHand, AllowFailure: true}}
	for _, p := range []Plan{
		{CancelOnFailure: true, Steps: steps, Groups: []Group{{Name: "t"}}},
		{Steps: steps, Groups: []Group{{Name: "t", FailFast: true}}},
	} {
		tell(t, p).works(0, fails(ScriptFailure, 1)).are(Failed, Failed, Canceled, Manual)
	}
}

func TestAFailedCellEndsTheOthers(t *testing.T) {
	cell := func(n int) PlanStep { return PlanStep{Name: fmt.Sprintf("t: [%d]", n), Group: 1} }
	plan := Plan{Groups: []Group{{Name: "t", MaxParallel: 2, FailFast: true}}, Steps: []PlanStep{cell(1), cell(2), cell(3), {Name: "x"}}}
	s := tell(t, plan)
	if got := s.Ready(); !slices.Equal(got, []int{0, 1, 3}) {
		t.Errorf("ready are %v: max_parallel = 2", got)
	}
	s.do(Begin{Step: 1}).works(0, fails(ScriptFailure, 1)).are(Running, Failed, Canceling, Canceled, Pending)
}

func TestTheRunsTimeoutFailsWhatWorks(t *testing.T) {
	s := tell(t, Plan{Timeout: time.Minute, Steps: []PlanStep{{Name: "a", Retry: RetryRule{Max: 1}}, {Name: "b"}, {Name: "c", Stage: 1}}})
	s.do(Begin{Step: 0, At: s.now})
	s.do(Due{Step: -1, At: s.Alarm(-1)}).are(Canceling, Canceling, Failed, Canceled)
	s.ends(0, Outcome{Status: Canceled}).are(Failed, Failed, Failed, Canceled)
	if a := s.Steps[0].Latest(); a.FailureReason != StepTimeout || !s.State.TimedOut {
		t.Errorf("the attempt ended with %q", a.FailureReason)
	}
}

// Who ended a run stays who ended it.
func TestTheRunsTimeoutDoesNotEndWhatIsEnding(t *testing.T) {
	s := tell(t, Plan{Timeout: time.Minute, CancelOnFailure: true, Steps: []PlanStep{{Name: "a"}, {Name: "b"}}})
	s.do(Begin{Step: 1, At: s.now}).works(0, fails(ScriptFailure, 1)).are(Canceling, Failed, Canceling)
	note := s.Steps[1].Stopped.Note
	s.do(Due{Step: -1, At: s.Alarm(-1)}).are(Canceling, Failed, Canceling)
	if s.State.TimedOut || s.State.Cancel != nil || s.Steps[1].Stopped.Note != note {
		t.Errorf("the timeout took it over: %+v, %+v", s.State, s.Steps[1].Stopped)
	}
	if at := s.Alarm(-1); !at.After(s.now) {
		t.Errorf("the timeout comes again at %s", at)
	}
	s.ends(1, Outcome{Status: Canceled}).are(Failed, Failed, Canceled)
	if got := s.WhyRun().Text; got != "steps failed that may not" {
		t.Errorf("the run %q", got)
	}
}

func TestWhoAskedFirstIsWhoEndedAStepUnlessItIsKilled(t *testing.T) {
	s := tell(t, Plan{Steps: []PlanStep{{Name: "a"}, {Name: "b"}}})
	s.do(Begin{Step: 0, At: s.now}, Begin{Step: 1, At: s.now})
	by := func(actor string, force bool) Cancellation {
		return Cancellation{At: s.now, Actor: actor, Force: force}
	}
	s.do(Cancel{Cancellation: by("ann", false), Steps: []int{0}}, Cancel{Cancellation: by("bob", false)})
	if got := s.Steps[0].Stopped.Actor; got != "ann" {
		t.Errorf("a was ended by %s", got)
	}
	s.do(Cancel{Cancellation: by("eve", true)})
	if got := s.Steps[0].Stopped; got.Actor != "eve" || !got.Force {
		t.Errorf("a was killed by %+v", got)
	}
}

func TestAStepThatWaitsForTooLongFails(t *testing.T) {
	s := tell(t, Plan{Steps: []PlanStep{{Name: "a", WaitingTimeout: time.Second, ResourceGroup: "prod"}, {Name: "b", Stage: 1}}})
	s.are(WaitingForResource, WaitingForResource, Created)
	s.do(Grant{Step: 0, At: s.now}).are(Pending, Pending, Created)
	s.do(Due{Step: 0, At: s.Alarm(0)}).are(Failed, Failed, Skipped)
	if why := s.Steps[0].Stopped; why.Reason != StuckOrTimeout {
		t.Errorf("it failed with %q", why.Reason)
	}
}

func TestWhatIsLeftOutStopsNobody(t *testing.T) {
	plan := Plan{Steps: []PlanStep{{Name: "a"}, {Name: "b", HasNeeds: true, Needs: []int{0}, Skip: "skip = true"}, {Name: "c", HasNeeds: true, Needs: []int{1}}}}
	s := tell(t, plan).are(Pending, Pending, Created, Created)
	s.works(0, well).are(Running, Success, Skipped, Pending)
	s.works(2, well).do(Retry{Steps: []int{0}, At: s.now}).are(Running, Pending, Skipped, Success)
	s = tell(t, plan).works(0, fails(ScriptFailure, 1)).are(Failed, Failed, Skipped, Skipped)
	if s.Steps[1].Skipped != NotAdmitted {
		t.Error("b was left out, but it would not have been admitted")
	}
}

func TestAPauseLeavesOutWhatHasNotBegun(t *testing.T) {
	s := tell(t, Plan{Steps: []PlanStep{{Name: "a"}, {Name: "b", Stage: 1}, {Name: "c", Stage: 2, When: ByHand}}})
	until := s.now.Add(time.Hour)
	s.do(Pause{Steps: []int{1, 2}, Paused: Paused{At: s.now, Until: until, Actor: "ann", Reason: "moving house"}})
	s.works(0, well).are(Success, Success, Skipped, Skipped)
}

func TestWhatAPauseLeftOutStaysSo(t *testing.T) {
	s := tell(t, Plan{Steps: []PlanStep{{Name: "a"}, {Name: "b", Stage: 1}}})
	s.do(Pause{Steps: []int{1}, Paused: Paused{At: s.now, Actor: "ann"}}).works(0, well).do(Resume{Steps: []int{1}, At: s.now})
	s.do(Retry{Steps: []int{0}, At: s.now}).are(Running, Pending, Skipped)
	s.works(0, well).are(Success, Success, Skipped)
	s.do(Retry{Steps: []int{1}, At: s.now}).are(Running, Success, Pending)
}

func TestAPausedStepIsNotPlayed(t *testing.T) {
	s := tell(t, Plan{Steps: []PlanStep{{Name: "c", When: ByHand}}})
	s.do(Pause{Steps: []int{0}, Paused: Paused{At: s.now, Actor: "ann", Reason: "moving house"}}).are(Manual, Manual)
	s.refused(Play{Steps: []int{0}, At: s.now}, "it is paused by ann (moving house)")
	s.do(Resume{Steps: []int{0}, At: s.now}, Play{Steps: []int{0}, At: s.now}).are(Pending, Pending)
}

// Who tries a step of a run again that is still to end wants it to go on: it is
// not one that was canceled, and its timeout is there again.
func TestARunThatGoesOnBeforeItHasEndedWasNotCanceled(t *testing.T) {
	begun := func() *story {
		s := tell(t, Plan{Timeout: time.Hour, Steps: []PlanStep{{Name: "a"}, {Name: "b"}}})
		return s.do(Begin{Step: 0, At: s.now}, Begin{Step: 1, At: s.now})
	}
	s := begun()
	s.now = s.Alarm(-1)
	s.do(Due{Step: -1, At: s.now}).ends(0, well).are(Canceling, Failed, Canceling)
	s.do(Retry{Steps: []int{0}, At: s.now, Actor: "ann"}).are(Running, Pending, Canceling)
	s.works(0, well).ends(1, well).are(Failed, Success, Failed)
	if got := s.WhyRun().Text; got != "steps failed that may not" {
		t.Errorf("the timeout: %q", got)
	}
	s = begun()
	deadline := s.Alarm(-1)
	s.do(Cancel{Cancellation: Cancellation{At: s.now, Actor: "ann"}}).ends(0, well)
	s.do(Retry{Steps: []int{0}, At: s.now, Actor: "ann"})
	if got := s.WhyRun().Text; got != "its steps are on their way" {
		t.Errorf("the cancel: %q", got)
	}
	if !s.Alarm(-1).Equal(deadline) {
		t.Errorf("it was to end at %v, and is at %v", deadline, s.Alarm(-1))
	}
}

func TestAllowedExitCodesAreWarnings(t *testing.T) {
	plan := Plan{Steps: []PlanStep{{Name: "a", AllowExitCodes: []int{137}}, {Name: "b", Stage: 1}}}
	tell(t, plan).works(0, fails(ScriptFailure, 137)).are(Running, Failed, Pending)
	tell(t, plan).works(0, fails(ScriptFailure, 1)).are(Failed, Failed, Skipped)
}

func TestAnErasedLogIsOwedUntilItIsGone(t *testing.T) {
	s := tell(t, Plan{Steps: []PlanStep{{Name: "a"}}})
	s.refused(Erase{Step: 0}, "it never began")
	s.do(Begin{Step: 0}).refused(Erase{Step: 0}, "at work")
	s.ends(0, well).do(Erase{Step: 0, Attempt: 1, Actor: "ann"})
	s.do(Sealed{Step: 0, Attempt: 1})
	if owed := s.Owed(0); len(owed) != 1 || owed[0].Kind != EraseLog || s.Settled() {
		t.Errorf("owed is %v, settled %v", owed, s.Settled())
	}
	s.do(Erased{Step: 0, Attempt: 1})
	if !s.Settled() {
		t.Error("it is not settled")
	}
}

func TestDurationCountsTheNewestAttemptsAlone(t *testing.T) {
	at := func(n int64) time.Time { return instant(n) }
	worked := func(from, to int64) Outcome {
		return Outcome{Status: Failed, FailureReason: ScriptFailure, StartedAt: at(from), FinishedAt: at(to)}
	}
	s := tell(t, Plan{Steps: []PlanStep{{Name: "a"}, {Name: "b"}, {Name: "c"}}})
	s.works(0, worked(0, 2)).works(1, worked(1, 3)).works(2, worked(6, 7))
	s.do(Retry{Steps: []int{0}, At: s.now}).works(0, worked(2, 4))
	if got := s.State.Duration(s.now); got != 4*time.Second {
		t.Errorf("the run took %s, want 4s (1 to 4, and 6 to 7)", got)
	}
}

func TestWhatWaitedTooLongSaysForWhat(t *testing.T) {
	s := tell(t, Plan{MaxParallel: 1, Steps: []PlanStep{
		{Name: "group", ResourceGroup: "siren", WaitingTimeout: time.Minute},
		{Name: "place", WaitingTimeout: time.Minute}, {Name: "limit", WaitingTimeout: time.Minute},
	}})
	s.do(Due{Step: 0, At: s.Alarm(0)}, Due{Step: 2, At: s.Alarm(2)}, Due{Step: 1, At: s.Alarm(1)})
	for i, want := range []string{"the resource group siren", "a place", "its turn under max_parallel"} {
		want = "it waited for " + want + " for longer than its waiting_timeout of 1m"
		if got := s.Steps[i].Stopped.Note; got != want {
			t.Errorf("%s: %q, want %q", s.Plan.Steps[i].Name, got, want)
		}
	}
}

// A pause between a failure and its retry does not make a success of it.
func TestAPauseLeavesNoFailureOut(t *testing.T) {
	retried := func(delay time.Duration) *story {
		s := tell(t, Plan{Steps: []PlanStep{
			{Name: "dump", Retry: RetryRule{Max: 1, Delay: delay}}, {Name: "tell", Stage: 1}, {Name: "alarm", Stage: 1, When: OnFailure},
		}})
		return s.works(0, fails(ScriptFailure, 1))
	}
	pause := func(s *story) Event {
		return Pause{Steps: []int{0}, Paused: Paused{At: s.now, Actor: "ann"}}
	}
	s := retried(time.Minute)
	s.do(pause(s), Due{Step: 0, At: s.Alarm(0)}).are(Running, Failed, Skipped, Pending)
	if got, want := s.Why(0).Text, "attempt 1 failed (script_failure, exit code 1); it is not tried again, for it was paused by ann"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	s.do(Resume{Steps: []int{0}, At: s.now})
	if got, want := s.Why(0).Text, "attempt 1 failed (script_failure, exit code 1); it is not tried again, for it was paused then"; got != want {
		t.Errorf("after the pause: %q, want %q", got, want)
	}
	s = retried(0)
	s.do(pause(s)).are(Running, Failed, Skipped, Pending)

	// Whoever asks for another go and pauses it wants the run to go on without it.
	s.do(Resume{Steps: []int{0}, At: s.now}, Retry{Steps: []int{0}, At: s.now, Actor: "ann"}, pause(s)).are(Running, Skipped, Pending, Pending)
	s = retried(time.Minute)
	s.do(Play{Steps: []int{0}, At: s.now, Actor: "ann"}, pause(s)).are(Pending, Skipped, Pending, Skipped)
	s = tell(t, Plan{Steps: []PlanStep{{Name: "dump"}, {Name: "load", Stage: 1}}})
	s.works(0, well).works(1, fails(ScriptFailure, 1))
	s.do(Retry{Steps: []int{0}, After: true, At: s.now}).works(0, well).are(Running, Success, Pending)
	s.do(Pause{Steps: []int{1}, Paused: Paused{At: s.now, Actor: "ann"}}).are(Success, Success, Skipped)
}
