package run

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// bridge is a step that stands for another run, with one after it.
func bridge(t *testing.T, step PlanStep) *story {
	t.Helper()
	step.Name = "start"
	s := tell(t, Plan{Steps: []PlanStep{step, {Name: "after", Stage: 1}}})
	return s.do(Begin{At: s.now})
}

func (s *story) spawns(status Status) *story {
	s.Helper()
	return s.do(Spawned{Attempt: s.Steps[0].Latest().Number, At: s.now, Run: Downstream{ID: 7, Name: "child/7", Status: status}})
}

func (s *story) follows(status Status) *story {
	s.Helper()
	return s.do(Followed{Attempt: s.Steps[0].Latest().Number, At: s.now, Status: status})
}

func TestDownstreamStrategies(t *testing.T) {
	for _, c := range []struct {
		strategy Strategy
		child    Status
		run      Status
		steps    [2]Status
	}{
		{StrategyNone, Pending, Pending, [2]Status{Success, Pending}},
		{StrategyDepend, Running, Running, [2]Status{Running, Created}},
		{StrategyDepend, Manual, Running, [2]Status{Running, Created}},
		{StrategyDepend, Success, Running, [2]Status{Success, Pending}},
		{StrategyDepend, Skipped, Running, [2]Status{Success, Pending}},
		{StrategyDepend, Failed, Failed, [2]Status{Failed, Skipped}},
		{StrategyDepend, Canceled, Failed, [2]Status{Failed, Skipped}},
		{StrategyMirror, Running, Running, [2]Status{Running, Created}},
		{StrategyMirror, Manual, Manual, [2]Status{Manual, Created}},
		{StrategyMirror, Success, Running, [2]Status{Success, Pending}},
		{StrategyMirror, Failed, Failed, [2]Status{Failed, Skipped}},
		{StrategyMirror, Canceled, Canceled, [2]Status{Canceled, Skipped}},
	} {
		s := bridge(t, PlanStep{Downstream: c.strategy}).spawns(Pending)
		if c.child != Pending {
			s.follows(c.child)
		}
		if got := [2]Status{s.Steps[0].Status, s.Steps[1].Status}; got != c.steps {
			t.Errorf("%s, child %s: the steps are %s, want %s", c.strategy, c.child, got, c.steps)
		}
		if c.run != Pending && s.State.Status != c.run {
			t.Errorf("%s, child %s: the run is %s, want %s", c.strategy, c.child, s.State.Status, c.run)
		}
	}
}

func TestDownstreamStepThatMayFailIsNotBlocked(t *testing.T) {
	bridge(t, PlanStep{Downstream: StrategyMirror, AllowFailure: true}).spawns(Manual).are(Running, Running, Created).
		follows(Failed).are(Running, Failed, Pending)
}

func TestDownstreamBlockedStepIsReleasedInItsRun(t *testing.T) {
	s := bridge(t, PlanStep{Downstream: StrategyMirror}).spawns(Manual)
	const there = "child/7"
	s.refused(Play{Steps: []int{0}}, there).refused(Retry{Steps: []int{0}}, there).refused(Enqueue{Steps: []int{0}}, "")
	if text := s.Why(0); !strings.Contains(text.Text, there) || !strings.Contains(text.Release, there) {
		t.Errorf("why says %+v", text)
	}
	if x := s.WhyRun(); len(x.Causes) != 1 || x.Causes[0].Step != 0 {
		t.Errorf("why of the run says %+v", x)
	}
	s.follows(Running).are(Running, Running, Created).follows(Success).are(Running, Success, Pending)
}

// Of a step that is blocked by its run there is something to cancel, and nothing
// to play.
func TestDownstreamBlockedStepFits(t *testing.T) {
	s := tell(t, Plan{Steps: []PlanStep{{Name: "start", Downstream: StrategyMirror}, {Name: "m", When: ByHand}}})
	s.do(Begin{At: s.now}).spawns(Manual)
	both := []int{0, 1}
	if got := s.Fitting(both, (*Step).CanPlay); !slices.Equal(got, []int{1}) {
		t.Errorf("to play: %v", got)
	}
	if got := s.Fitting(both, (*Step).CanCancel); !slices.Equal(got, []int{0}) {
		t.Errorf("to cancel: %v", got)
	}
	if got := s.Fitting(both, (*Step).CanUnschedule); !slices.Equal(got, both) {
		t.Errorf("none fits, so that the refusal can name one: %v", got)
	}
}

func TestDownstreamRunIsWaitedForByACancel(t *testing.T) {
	s := bridge(t, PlanStep{Downstream: StrategyMirror}).spawns(Manual)
	s.do(Cancel{Cancellation: Cancellation{At: s.now, Actor: "ann"}}).are(Canceling, Canceling, Canceled)
	s.follows(Canceled).are(Canceled, Canceled, Canceled)
}

func TestDownstreamRunThatWasNeverStartedIsNotWaitedFor(t *testing.T) {
	s := bridge(t, PlanStep{Downstream: StrategyDepend})
	s.do(Cancel{Cancellation: Cancellation{At: s.now, Actor: "ann"}}).are(Canceled, Canceled, Canceled)
	if _, err := s.Apply(Spawned{Attempt: 1, At: s.now}); err == nil {
		t.Error("a run was started for a step that is over")
	}
}

func TestDownstreamStepHasOneRun(t *testing.T) {
	s := bridge(t, PlanStep{Downstream: StrategyDepend}).spawns(Running)
	if _, err := s.Apply(Spawned{Attempt: 1, At: s.now, Run: Downstream{ID: 8}}); err == nil || s.Steps[0].Latest().Downstream.ID != 7 {
		t.Errorf("it stands for another run as well: %v", err)
	}
}

func TestDownstreamFailureIsTriedAgainByItsRule(t *testing.T) {
	s := bridge(t, PlanStep{Downstream: StrategyDepend, Retry: RetryRule{Max: 1}}).spawns(Running).follows(Failed)
	s.are(Running, Pending, Created).do(Begin{At: s.now}).spawns(Running)
	if _, err := s.Apply(Followed{Attempt: 1, At: s.now, Status: Running}); err == nil {
		t.Error("the run of an attempt that is superseded is still followed")
	}
	s.follows(Success).are(Running, Success, Pending)
}

func TestDownstreamStepGoesOnWithItsRun(t *testing.T) {
	s := bridge(t, PlanStep{Downstream: StrategyDepend}).spawns(Running).follows(Failed).are(Failed, Failed, Skipped)
	s.follows(Running).are(Running, Running, Created)
	if a := s.Steps[0].Latest(); a.Number != 1 || a.FailureReason != "" || !a.FinishedAt.IsZero() || a.Log != nil {
		t.Errorf("its attempt is %+v", a)
	}
	s.follows(Success).works(1, well).are(Success, Success, Success)
}

func TestDownstreamWarningEndsNothingAgain(t *testing.T) {
	s := bridge(t, PlanStep{Downstream: StrategyDepend}).spawns(Running).follows(Success)
	over := s.Steps[0].Latest().FinishedAt
	s.do(Followed{Attempt: 1, At: s.now, Status: Success, Warnings: true})
	if a := s.Steps[0].Latest(); !a.FinishedAt.Equal(over) || !a.Downstream.Warnings {
		t.Errorf("its attempt is %+v", a)
	}
}

func TestDownstreamRunThatGoesOnTakesTheCancelBack(t *testing.T) {
	s := bridge(t, PlanStep{Downstream: StrategyMirror}).spawns(Running)
	s.do(Cancel{Cancellation: Cancellation{At: s.now, Actor: "ann"}}).follows(Canceled).are(Canceled, Canceled, Canceled)
	if s.follows(Running); s.State.Cancel != nil {
		t.Errorf("the run works and was %s", s.State.Cancel.text())
	}
}

func TestDownstreamTimeCountsAsWork(t *testing.T) {
	s := bridge(t, PlanStep{Downstream: StrategyDepend}).spawns(Running)
	s.now = s.now.Add(time.Minute)
	s.follows(Failed)
	if got := s.State.Busy; got < time.Minute {
		t.Errorf("the run worked for %s", got)
	}
}

func TestDownstreamBlockedStepHasItsResourceGroup(t *testing.T) {
	s := tell(t, Plan{Steps: []PlanStep{{Name: "start", Downstream: StrategyMirror, ResourceGroup: "prod"}}})
	s.do(Grant{At: s.now}).do(Begin{At: s.now}).spawns(Manual)
	if have, _, _ := s.Claims("prod"); have != 1 || s.Unmirrored(0) != Running {
		t.Errorf("%d steps have the group, and it is %s", have, s.Unmirrored(0))
	}
	s.follows(Running).follows(Success)
	if have, _, _ := s.Claims("prod"); have != 0 || s.Unmirrored(0) != Success {
		t.Errorf("%d steps have the group, and it is %s", have, s.Unmirrored(0))
	}
}
