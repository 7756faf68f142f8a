package engine

import (
	"time"

	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
)

// Observer counts what is durable. It is called by the loop, in the order of
// the events, and must return at once.
type Observer interface {
	RunStarted(pipeline, source string)
	// RunEnded is told of each end: a run that is retried has another. startedAt is
	// zero where no step of it began.
	RunEnded(pipeline, status string, startedAt, finishedAt time.Time)
	// Ticked is told of a decision on instants of a trigger: on so many, or at least
	// so many where they were too many to be counted. Where it made the run
	// of an instant of a schedule, late is the time between the two; else negative.
	Ticked(decision string, count int, late time.Duration)
}

// nobody is an Observer.
type nobody struct{}

func (nobody) RunStarted(string, string)                     {}
func (nobody) RunEnded(string, string, time.Time, time.Time) {}
func (nobody) Ticked(string, int, time.Duration)             {}

// observe tells what became of a run since the observer last heard of it.
func (t *turn) observe(l *live) {
	was := l.observed
	s := &l.run.State
	l.observed = s.Status
	if was == unheard {
		t.observer.RunStarted(l.run.Plan.Pipeline, string(l.record.Cause.Source))
	}
	if !was.Complete() && s.Status.Complete() {
		t.observer.RunEnded(l.run.Plan.Pipeline, string(s.Status), s.StartedAt, s.FinishedAt)
	}
}

// unheard is the status of a run of which no observer has heard.
const unheard run.Status = ""

// ticked tells what was decided in a turn that is durable, whether or not the
// callers still wait for it.
func (e *Engine) ticked(became []Fired) {
	for _, f := range became {
		if f.Err == nil {
			e.observer.Ticked(string(f.Tick.Decision), max(1, f.Tick.Count, -f.Tick.Count), lateness(f.Tick))
		}
	}
}

// lateness is how late a schedule's run is; negative where the tick made none, or
// is not of an instant: a backfill is as late as it was meant to be.
func lateness(t store.Tick) time.Duration {
	if t.Run == 0 || t.Subject != "" {
		return -1
	}
	return max(0, t.DecidedAt.Sub(t.At))
}
