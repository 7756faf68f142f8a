package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
)

// retry asks for the steps, or for the run.
func retry(steps ...int) Decide {
	return func(_ *run.Run, now time.Time) (run.Event, error) {
		return run.Retry{Steps: steps, At: now, Actor: "ann", Variables: map[string]string{"A": "again"}}, nil
	}
}

func play(steps ...int) Decide {
	return func(_ *run.Run, now time.Time) (run.Event, error) {
		return run.Play{Steps: steps, At: now, Actor: "ann"}, nil
	}
}

// over runs steps to their ends.
func (d *daemon) over(q StartRequest, status run.Status) store.Run {
	d.Helper()
	record := d.startOf(q)
	for _, s := range q.Plan.Steps {
		d.next(fmt.Sprintf("nightly/%d/stage/%s/1", record.Number, s.Name)).end(status)
	}
	return d.settled(record.ID)
}

func TestARunThatIsOverLivesAgain(t *testing.T) {
	d := begin(t, 9)
	ended := d.over(request("", "a", "b"), run.Failed)
	d.nothingIsLeft()
	d.check(d.Act(d.ctx, 1, retry(1)))
	b := d.next("nightly/1/stage/b/2")
	if fmt.Sprint(b.Variables) != "map[A:again]" {
		t.Errorf("it was given %v", b.Variables)
	}
	if news := d.Watch(d.ctx, 1, ended.State.Sequence); !news.Live {
		t.Error("a watcher is told that it is over")
	}
	now := d.record(1).State
	if now.Status != run.Running || now.Sequence <= ended.State.Sequence {
		t.Errorf("it is %+v, it was %+v", now, ended.State)
	}
	d.restart()
	b = d.next("nightly/1/stage/b/2")
	d.idle()
	b.end(run.Success)
	d.settled(1)
	d.check(d.Act(d.ctx, 1, retry()))
	d.next("nightly/1/stage/a/2").end(run.Success)
	if s := d.settled(1).State; s.Status != run.Success || s.CreatedAt != ended.State.CreatedAt || s.StartedAt != ended.State.StartedAt {
		t.Errorf("in the end it is %+v", s)
	}
	d.nothingIsLeft()
}

func TestWhatIsRefusedChangesNothing(t *testing.T) {
	d := begin(t, 9)
	q := among(config.OverlapQueue, 1)
	d.over(q, run.Success)
	mine := errors.New("mine")
	other := d.startOf(q) // the line is full: a retry would have to wait
	d.next("nightly/2/stage/a/1")
	d.idle()
	before := d.record(1)
	for name, c := range map[string]struct {
		id     uint64
		decide Decide
		want   error
	}{
		"nothing has failed":  {1, retry(), run.ErrRefused},
		"it is not manual":    {1, play(0), run.ErrRefused},
		"the caller's reason": {1, func(*run.Run, time.Time) (run.Event, error) { return nil, mine }, mine},
		"it is at work":       {other.ID, retry(0), run.ErrRefused},
		"there is no run":     {77, retry(), ErrNotFound},
	} {
		if err := d.Act(d.ctx, c.id, c.decide); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if after := d.record(1); after.State.Sequence != before.State.Sequence || after.State.Held || d.heard(1, 0) != "over" {
		t.Errorf("it was %+v, it is %+v", before.State, after.State)
	}
}

// A run that is tried again, or of which more is played, waits for its turn like
// any other.
func TestARunThatLivesAgainWaitsForItsTurn(t *testing.T) {
	for _, c := range []struct {
		decide Decide
		next   string
	}{{retry(0), "a/2"}, {play(1), "b/1"}} {
		d := begin(t, 9)
		q := request("", "a", "b")
		q.Overlap = config.Overlap{Policy: config.OverlapSkip, Limit: 1}
		q.Plan.Steps[1].When, q.Plan.Steps[1].AllowFailure = run.ByHand, true
		d.startOf(q)
		d.next("nightly/1/stage/a/1").end(run.Failed)
		d.settled(1)
		d.startOf(q)
		d.next("nightly/2/stage/a/1")
		d.check(d.Act(d.ctx, 1, c.decide))
		if got := d.statuses(1, 2); got != "[held running]" {
			t.Errorf("the runs are %s", got)
		}
		d.idle()
		d.restart()
		second := d.next("nightly/2/stage/a/1")
		d.idle()
		second.end(run.Success)
		d.next("nightly/1/stage/" + c.next).end(run.Success)
		d.settled(1)
		d.settled(2)
		d.nothingIsLeft()
	}
}

// The same, where the engine still keeps the run: its log is being sealed.
func TestARunThatIsBeingSealedLivesAgain(t *testing.T) {
	for _, refused := range []bool{false, true} {
		d := begin(t, 9)
		q := among(config.OverlapQueue, 1)
		d.startOf(q)
		d.startOf(q)
		a := d.next("nightly/1/stage/a/1")
		d.idle()
		d.machine.mu.Lock() // nothing is sealed or launched now
		a.ended, a.told = true, true
		a.outcome.Status = run.Failed
		decide, want := retry(0), error(nil)
		if refused {
			decide, want = play(0), run.ErrRefused
		}
		answer := make(chan error)
		a.joined(Report{Outcome: a.outcome, LogSize: 1})
		d.until(2, func(s run.State) bool { return !s.Held })
		go func() { answer <- d.Act(d.ctx, 1, decide) }()
		d.waiting(1)
		d.machine.mu.Unlock()
		if err := <-answer; !errors.Is(err, want) {
			t.Errorf("it answered %v", err)
		}
		if got, want := d.status(1), map[bool]string{false: "held", true: "failed"}[refused]; got != want {
			t.Errorf("the run is %s, want %s", got, want)
		}
		d.next("nightly/2/stage/a/1").end(run.Success)
		d.settled(2)
		if !refused {
			d.next("nightly/1/stage/a/2").end(run.Success)
		}
		d.settled(1)
		d.nothingIsLeft()
	}
}

func TestALogIsErased(t *testing.T) {
	d := begin(t, 9)
	d.over(request("", "a", "b"), run.Success) // b has output
	d.machine.awaitSweep()
	d.journal()
	erase := func(_ *run.Run, now time.Time) (run.Event, error) {
		return run.Erase{Step: 1, At: now, Actor: "ann"}, nil
	}
	d.machine.arm(0) // the engine dies before it is gone
	d.check(d.Act(d.ctx, 1, erase))
	<-d.ended
	d.start(-1, false)
	d.settled(1)
	if got := d.journal(); got != `["erase nightly/1/stage/b/1"]` {
		t.Errorf("the machine saw %s", got)
	}
	v := d.store.View()
	defer v.Close()
	s, err := v.Step(1, 1)
	if e := s.Attempts[0].Erase; err != nil || e == nil || !e.Done || e.Actor != "ann" || s.Status != run.Success {
		t.Errorf("it is recorded as %+v, %v", s, err)
	}
	if status := d.status(1); status != "success" {
		t.Errorf("the run is %s", status)
	}
	d.nothingIsLeft()
}

// A watcher whose cursor is that of the end hears what happens afterwards.
func TestACursorGoesOnWhenARunLivesAgain(t *testing.T) {
	d := begin(t, 9)
	ended := d.over(request("", "a", "b"), run.Failed).State.Sequence
	d.check(d.Act(d.ctx, 1, retry(0)))
	d.next("nightly/1/stage/a/2")
	if got := d.heard(1, ended); got == "over" || got == "[]" {
		t.Errorf("it heard %s", got)
	}
	ctx, cancel := context.WithCancel(d.ctx)
	cancel()
	news := d.Watch(ctx, 1, d.record(1).State.Sequence)
	if !news.Live || len(news.Steps) > 0 || fmt.Sprint(news.Stages) != "[running]" {
		t.Errorf("at the newest cursor it heard %+v", news)
	}
}

// An attempt sees the outputs of what it reads, from the newest attempt that
// succeeded.
func TestAnAttemptSeesOutputs(t *testing.T) {
	d := begin(t, 9)
	q := request("", "a", "b", "c", "d")
	q.Plan.Steps[1].Address = "b@1"
	q.Plan.Steps[3].HasNeeds, q.Plan.Steps[3].Needs, q.Plan.Steps[3].After = true, []int{0}, []int{1, 2}
	d.startOf(q)
	for _, s := range []string{"a", "b@1", "c"} {
		a := d.next("nightly/1/stage/" + s + "/1")
		if s != "c" {
			a.outcome.Outputs = map[string]string{"of": s}
		}
		a.end(run.Success)
	}
	last := d.next("nightly/1/stage/d/1")
	want := map[string]map[string]string{"a": {"of": "a"}, "b@1": {"of": "b@1"}}
	if fmt.Sprint(last.Outputs) != fmt.Sprint(want) || len(last.Variables) != 0 {
		t.Errorf("it sees %v and %v", last.Outputs, last.Variables)
	}
	last.end(run.Failed)
	d.settled(1)
	d.check(d.Act(d.ctx, 1, retry(0)))
	again := d.next("nightly/1/stage/a/2")
	again.end(run.Failed)
	d.settled(1)
	d.check(d.Act(d.ctx, 1, retry(3)))
	if last = d.next("nightly/1/stage/d/2"); !maps.EqualFunc(last.Outputs, want, maps.Equal) {
		t.Errorf("then it sees %v", last.Outputs)
	}
}
