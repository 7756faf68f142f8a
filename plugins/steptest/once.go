package steptest

import (
	"os"
	"sync"

	"github.com/penstock/penstock/plugins/protocol"
)

func joins(b *bench) {
	p, a := b.process(), b.attempt(b.suite.Long)
	first := p.start(a).begun()
	second := p.start(a).begun()
	if second.states[0] != begun {
		b.Errorf("a second start tells %v, want the state that the attempt is in", second.states)
	}
	p.cancel(a.request.Attempt, false)
	first.toEnd()
	second.toEnd()
	a.ended(protocol.Canceled, "")
}

// atOnce runs each function in a goroutine and waits for all.
func atOnce(work ...func()) {
	var group sync.WaitGroup
	for _, one := range work {
		group.Go(one)
	}
	group.Wait()
}

// race sends Start to the processes at once, several times to each.
func race(a *attempt, processes ...*process) []*watch {
	a.Helper()
	a.write()
	const times = 4
	watches := make([]*watch, times*len(processes))
	var work []func()
	for i := range watches {
		// Only the test's own goroutine may end it: the streams are read there.
		watches[i] = &watch{process: processes[i%len(processes)], attempt: a}
		work = append(work, watches[i].send)
	}
	atOnce(work...)
	return watches
}

func beginsOnce(b *bench) {
	p := b.process()
	for range 5 {
		a := b.attempt(b.suite.Good)
		before := a.count()
		for _, w := range race(a, p) {
			w.toEnd()
		}
		a.ended(protocol.Success, "")
		if did := a.count() - before; did != 1 {
			b.Fatalf("the work was done %d times", did)
		}
	}
}

func twoProcesses(b *bench) {
	p, q := b.process(), b.process()
	for range 5 {
		a := b.attempt(b.suite.Good)
		before := a.count()
		working := map[*process]bool{}
		for _, w := range race(a, p, q) {
			w.end()
			for _, state := range w.states {
				working[w.process] = working[w.process] || state == begun
			}
		}
		if len(working) == 2 && working[p] && working[q] {
			b.Error("both processes say that they began the work")
		}
		a.awaitFree()
		a.ended(protocol.Success, "")
		if did := a.count() - before; did != 1 {
			b.Fatalf("the work was done %d times", did)
		}
	}
}

// standsBack: who comes second, and finds the lock held, leaves the attempt
// alone.
func standsBack(b *bench) {
	p, q, a := b.process(), b.process(), b.attempt(b.suite.Long)
	w := p.start(a).begun()
	if last := q.start(a).end(); last != elsewhere {
		b.Errorf("another process tells %v of an attempt that is worked on, want ELSEWHERE", last)
	}
	q.cancel(a.request.Attempt, true)
	w.settled().goesOn()
	p.cancel(a.request.Attempt, false)
	w.toEnd()
	q.start(a).toEnd()
	a.ended(protocol.Canceled, "")
}

// notAgain: go without result and without holder is an attempt that was lost.
func notAgain(b *bench) {
	p, a := b.process(), b.attempt(b.suite.Good)
	if err := os.WriteFile(a.path(protocol.GoFile), nil, 0o600); err != nil {
		b.Fatal(err)
	}
	before := a.count()
	if last := p.start(a).end(); last != elsewhere {
		b.Errorf("start tells %v of an attempt that somebody began, want ELSEWHERE", last)
	}
	if a.count() != before || a.has(protocol.ResultFile) {
		b.Error("the work was done again")
	}
	a.awaitFree()
}

// servesCapacity begins as many attempts as the process says it serves, or
// eight.
func servesCapacity(b *bench) {
	p := b.process()
	watches := make([]*watch, min(max(p.alive().Capacity, 1), 8))
	for i := range watches {
		watches[i] = p.start(b.attempt(b.suite.Long)).begun()
	}
	for _, w := range watches {
		p.cancel(w.attempt.request.Attempt, false)
	}
	for _, w := range watches {
		w.toEnd()
		w.attempt.ended(protocol.Canceled, "")
	}
}

// takesNext: the host gives the place of an attempt to the next one as soon as
// it is told the end.
func takesNext(b *bench) {
	p := b.process()
	for range 20 {
		p.start(b.attempt(b.suite.Good)).toEnd()
	}
	lost := b.attempt(b.suite.Good)
	if err := os.WriteFile(lost.path(protocol.GoFile), nil, 0o600); err != nil {
		b.Fatal(err)
	}
	for range 20 {
		if last := p.start(lost).end(); last != elsewhere {
			b.Fatalf("start tells %v, want ELSEWHERE", last)
		}
	}
}
