package engine

import (
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"

	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
)

// machine is the world outside of the engine, and outlives it: it keeps the
// attempts, is the engine's Host and Archive, and notes what must never happen.
// It can let the engine die at any effect.
type machine struct {
	store    *store.Store
	launched chan *attempt // each that was launched, in order
	kill     func()        // ends the engine
	spawns   chan func()   // answers to what was asked of the Spawner, where asked is set: else they are given at once
	asked    bool

	mu         sync.Mutex // protects the fields below
	attempts   map[string]*attempt
	begun      map[string]bool
	journal    []string // launches and stops
	faults     []string
	maxRunning int
	fuse       int  // effects until the engine dies; negative: it does not
	late       bool // the effect at which it dies is still performed
	dead       bool
}

// attempt is an attempt as its directory shows it.
type attempt struct {
	Attempt
	machine *machine
	name    string
	stopped bool
	ended   bool
	outcome run.Outcome
	sealed  bool
	joined  func(Report)   // of the engine that lives; nil: it has not asked yet
	told    bool           // that engine was told of the end
	reports []func(Report) // of all engines
}

func newMachine() *machine {
	return &machine{
		launched: make(chan *attempt, 10_000), spawns: make(chan func(), 100), attempts: map[string]*attempt{}, begun: map[string]bool{}, fuse: -1,
	}
}

// join lets another engine have the machine, which kill ends.
func (m *machine) join(s *store.Store, maxRunning, fuse int, late bool, kill func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.store, m.kill, m.maxRunning = s, kill, maxRunning
	m.fuse, m.late, m.dead = fuse, late, false
	for _, a := range m.attempts {
		a.joined, a.told = nil, false
	}
}

// arm lets the engine that lives die after so many effects.
func (m *machine) arm(fuse int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fuse = fuse
}

// effect performs one effect, or kills the engine before or after it.
func (m *machine) effect(perform func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.dead && m.fuse != 0 {
		m.fuse--
		perform()
		return
	}
	if !m.dead && m.late {
		perform()
	}
	m.dead = true
	m.kill()
	runtime.Goexit()
}

func (m *machine) fault(format string, a ...any) {
	m.faults = append(m.faults, fmt.Sprintf(format, a...))
}

// Write takes what the engine logs as an error: there is to be none.
func (m *machine) Write(line []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fault("%s", line)
	return len(line), nil
}

// Launch is Host's.
func (m *machine) Launch(at Attempt, report func(Report)) {
	m.effect(func() {
		name := at.Plan.AttemptName(at.Step, at.Number)
		m.journal = append(m.journal, fmt.Sprintf("launch %s canceled=%v", name, at.Canceled))
		if a := m.recorded(at); a == nil || a.Ended() || a.BootID != at.BootID {
			m.fault("%s was launched and is recorded as %+v", name, a)
		}
		a := m.attempts[name]
		if a == nil {
			a = m.begin(name, at)
		}
		if a.joined != nil {
			m.fault("%s was launched twice", name)
		}
		a.joined, a.reports = report, append(a.reports, report)
		m.launched <- a
	})
}

// begin makes the directory of an attempt and, unless it is canceled, begins.
func (m *machine) begin(name string, at Attempt) *attempt {
	a := &attempt{Attempt: at, machine: m, name: name, stopped: at.Canceled}
	m.attempts[name] = a
	if at.Canceled {
		a.ended, a.outcome.Status = true, run.Canceled
		return a
	}
	if m.begun[name] {
		m.fault("%s began twice", name)
	}
	m.begun[name] = true
	m.crowded(a)
	return a
}

// crowded notes a limit that an attempt breaks by working.
func (m *machine) crowded(a *attempt) {
	step := &a.Plan.Steps[a.Step]
	among := func(most int, member func(p *run.Plan, s *run.PlanStep) bool) {
		working := m.list(func(o *attempt) bool { return !o.ended && member(o.Plan, &o.Plan.Steps[o.Step]) })
		if most > 0 && len(working) > most {
			m.fault("with %s %d attempts work at a time where %d may", a.name, len(working), most)
		}
	}
	among(m.maxRunning, func(*run.Plan, *run.PlanStep) bool { return true })
	among(a.Plan.MaxParallel, func(p *run.Plan, _ *run.PlanStep) bool { return p.RunID == a.Plan.RunID })
	if g := step.Group; g > 0 {
		among(a.Plan.Groups[g-1].MaxParallel, func(p *run.Plan, s *run.PlanStep) bool { return p.RunID == a.Plan.RunID && s.Group == g })
	}
	if step.ResourceGroup != "" {
		among(1, func(_ *run.Plan, s *run.PlanStep) bool { return s.ResourceGroup == step.ResourceGroup })
	}
}

// recorded is what the store holds of an attempt, nil where it does not.
func (m *machine) recorded(at Attempt) *run.Attempt {
	v := m.store.View()
	defer v.Close()
	s, err := v.Step(at.Plan.RunID, at.Step)
	if err != nil || at.Number > len(s.Attempts) {
		return nil
	}
	return &s.Attempts[at.Number-1]
}

// deleted reports whether there is no such run any more.
func (m *machine) deleted(id uint64) bool {
	v := m.store.View()
	defer v.Close()
	_, err := v.Run(id)
	return errors.Is(err, store.ErrNotFound)
}

// Stop is Host's.
func (m *machine) Stop(name string, force bool) {
	m.effect(func() {
		m.journal = append(m.journal, fmt.Sprintf("stop %s force=%v", name, force))
		if a := m.attempts[name]; a == nil || a.joined == nil {
			m.fault("%s was stopped and not launched before", name)
		} else {
			a.stopped = true
		}
	})
}

// Seal is Archive's.
func (m *machine) Seal(plan *run.Plan, step, number int) run.Log {
	m.effect(func() {
		name := plan.AttemptName(step, number)
		if a := m.recorded(Attempt{Plan: plan, Step: step, Number: number}); a == nil || !a.Ended() {
			m.fault("%s was sealed and is recorded as %+v", name, a)
		}
		if a := m.attempts[name]; a == nil {
			m.fault("%s was sealed after its directory was removed", name)
		} else {
			a.sealed = true
		}
	})
	return run.Log{Size: 9, Lines: 1}
}

// Sweep is Archive's.
func (m *machine) Sweep(plan *run.Plan, step, number int) {
	m.effect(func() {
		name := plan.AttemptName(step, number)
		a := m.recorded(Attempt{Plan: plan, Step: step, Number: number})
		if a == nil && !m.deleted(plan.RunID) || a != nil && a.Log == nil {
			m.fault("%s was removed and is recorded as %+v", name, a)
		}
		delete(m.attempts, name)
	})
}

// Erase is Archive's.
func (m *machine) Erase(plan *run.Plan, step, number int) error {
	m.effect(func() {
		name := plan.AttemptName(step, number)
		a := m.recorded(Attempt{Plan: plan, Step: step, Number: number})
		if a == nil || a.Erase == nil || a.Log == nil {
			m.fault("the log of %s was erased and is recorded as %+v", name, a)
		}
		m.journal = append(m.journal, "erase "+name)
	})
	return nil
}

// list is the attempts of a kind, by name.
func (m *machine) list(kind func(*attempt) bool) (all []*attempt) {
	for _, name := range slices.Sorted(maps.Keys(m.attempts)) {
		if kind(m.attempts[name]) {
			all = append(all, m.attempts[name])
		}
	}
	return all
}

// holds reports whether the engine that lives has launched what it has not
// removed yet: no run waits for that, and it can die of it as of any effect.
func (m *machine) holds() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.list(func(a *attempt) bool { return a.joined != nil })) > 0
}

// awaitSweep waits until all that has ended is swept away: no run waits for
// that, and an engine that is to die at its next effect would die of it.
func (m *machine) awaitSweep() {
	left := func() bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		return len(m.list(func(a *attempt) bool { return a.ended })) > 0
	}
	for left() {
		runtime.Gosched()
	}
}

// take is what the machine has noted so far.
func (m *machine) take() (journal, faults []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	journal, faults = m.journal, m.faults
	m.journal, m.faults = nil, nil
	return journal, faults
}

// finish ends the work of a; nobody is told.
func (a *attempt) finish(status run.Status) {
	a.machine.mu.Lock()
	defer a.machine.mu.Unlock()
	if a.stopped {
		status = run.Canceled
	}
	a.ended, a.outcome.Status = true, status
}

// tell reports the end of a to the engine that lives.
func (a *attempt) tell() {
	a.machine.mu.Lock()
	report, r := a.joined, Report{Outcome: a.outcome, LogSize: int64(a.Step % 2)}
	a.told = true
	a.machine.mu.Unlock()
	report(r)
}

func (a *attempt) end(status run.Status) {
	a.finish(status)
	a.tell()
}
