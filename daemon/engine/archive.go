package engine

import (
	"github.com/penstock/penstock/daemon/crash"
	"github.com/penstock/penstock/daemon/run"
)

// chore is work on the files of an attempt that has ended: first its log is
// sealed, and once that is recorded its directory is swept away; later,
// perhaps, the log is erased.
type chore struct {
	kind choreKind
	id   attemptID
}

type choreKind int

const (
	seal choreKind = iota
	sweep
	erase
)

// archiving is a chore under way.
type archiving struct {
	chore
	plan *run.Plan
}

// assign gives a chore that is owed to an archiver, once.
func (e *Engine) assign(l *live, c chore) {
	if !e.chores[c] {
		e.chores[c] = true
		e.archiving.push(archiving{c, l.run.Plan})
	}
}

// archiveLoop does chores until the engine ends. What is left over then, the
// next start is owed again.
func (e *Engine) archiveLoop() {
	for {
		a, ok := e.archiving.pop()
		if !ok {
			return
		}
		if e.do(a) != nil {
			return
		}
	}
}

// do does one chore and reports it.
func (e *Engine) do(a archiving) error {
	switch a.kind {
	case sweep:
		crash.Point(crash.BeforeSweep)
		e.archive.Sweep(a.plan, a.id.step, a.id.attempt)
		return nil
	case erase:
		err := e.archive.Erase(a.plan, a.id.step, a.id.attempt)
		return e.send(message{work: func(t *turn) error { return t.erased(a.id, err) }})
	}
	crash.Point(crash.BeforeSeal)
	log := e.archive.Seal(a.plan, a.id.step, a.id.attempt)
	crash.Point(crash.AfterSeal)
	return e.send(message{work: func(t *turn) error { return t.sealed(a.id, log) }})
}

// sealed takes the log of an attempt; once that is durable, its directory goes.
func (t *turn) sealed(id attemptID, log run.Log) error {
	l := t.live[id.run]
	if l == nil {
		return nil
	}
	if err := t.apply(l, run.Sealed{Step: id.step, Attempt: id.attempt, At: t.now, Log: log}); err != nil {
		return err
	}
	delete(t.chores, chore{seal, id})
	plan := l.run.Plan
	t.after = append(t.after, func() { t.archiving.push(archiving{chore{sweep, id}, plan}) })
	return nil
}

// erased takes the end of an erasure. One that failed is owed still: the next
// erasure of the step, or the next start, tries again.
func (t *turn) erased(id attemptID, failed error) error {
	delete(t.chores, chore{erase, id})
	l := t.live[id.run]
	if l == nil || failed != nil {
		return failed
	}
	return t.apply(l, run.Erased{Step: id.step, Attempt: id.attempt, At: t.now})
}
