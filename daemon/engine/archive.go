package engine

import (
	"github.com/penstock/penstock/daemon/crash"
	"github.com/penstock/penstock/daemon/run"
)

// archiving is work on an attempt that has ended: first its log is sealed, and
// once that is recorded its directory is removed.
type archiving struct {
	id     attemptID
	plan   *run.Plan
	sealed bool
}

func (e *Engine) seal(l *live, id attemptID) {
	if e.sealing[id] {
		return
	}
	e.sealing[id] = true
	e.archiving.push(archiving{id: id, plan: l.run.Plan})
}

// archiveLoop seals and sweeps until the engine ends. What is left over then,
// the next start is owed again.
func (e *Engine) archiveLoop() {
	for {
		a, ok := e.archiving.pop()
		if !ok {
			return
		}
		if a.sealed {
			crash.Point(crash.BeforeSweep)
			e.archive.Sweep(a.plan, a.id.step, a.id.attempt)
			continue
		}
		crash.Point(crash.BeforeSeal)
		log := e.archive.Seal(a.plan, a.id.step, a.id.attempt)
		crash.Point(crash.AfterSeal)
		if err := e.send(message{work: func(t *turn) error { return t.sealed(a.id, log) }}); err != nil {
			return
		}
	}
}
