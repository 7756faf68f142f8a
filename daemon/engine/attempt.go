package engine

import (
	"errors"

	"github.com/penstock/penstock/daemon/crash"
	"github.com/penstock/penstock/daemon/run"
)

// launch puts an attempt into the hands of the host, once; a canceled one is only
// joined there.
func (e *Engine) launch(l *live, id attemptID, canceled bool) {
	if e.inHand[id] {
		return
	}
	e.inHand[id] = true
	crash.Point(crash.BeforeLaunch)
	at := e.attempt(l, id)
	at.Canceled = canceled
	e.host.Launch(at, func(r Report) { e.report(id, r) })
	crash.Point(crash.AfterLaunch)
}

// attempt is an attempt of l as those need it who perform it.
func (e *Engine) attempt(l *live, id attemptID) Attempt {
	return Attempt{
		Plan: l.run.Plan, Step: id.step, Number: id.attempt, BootID: l.run.Steps[id.step].Attempts[id.attempt-1].BootID,
		Variables: l.variables(id.step), Outputs: l.run.Outputs(id.step), Cause: l.record.Cause, Pipeline: l.record.Pipeline,
	}
}

// report takes the end of an attempt from the host.
func (e *Engine) report(id attemptID, r Report) {
	err := e.send(message{work: func(t *turn) error { return t.ended(id, r) }})
	if err != nil {
		e.log.Debug("an attempt ended while the daemon stops; the next start finds its result", "run", id.run)
	}
}

// ended takes the end of an attempt, and gives its place back.
func (t *turn) ended(id attemptID, r Report) error {
	l := t.live[id.run]
	if l == nil {
		return nil
	}
	delete(t.inHand, id)
	err := t.apply(l, run.Ended{Step: id.step, Attempt: id.attempt, At: t.now, Outcome: r.Outcome})
	if errors.Is(err, run.ErrStale) {
		t.log.Warn("an attempt ended twice", "run", id.run, "error", err)
		return nil
	}
	t.running--
	if err == nil && r.LogSize == 0 {
		return t.sealed(id, run.Log{})
	}
	return err
}

// variables are those that were given when step i was last played or retried.
func (l *live) variables(i int) map[string]string {
	if q := l.run.Steps[i].Requested; q != nil {
		return q.Variables
	}
	return nil
}
