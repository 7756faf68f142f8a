package engine

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
)

// world is some runs, how their steps will end, and what may befall them.
type world struct {
	*daemon
	rng      *rand.Rand
	outcomes map[uint64][]run.Status // by run and step
	plans    map[uint64]run.Plan
	canceled map[uint64]bool
	cancels  bool // somebody may cancel all runs
	deaths   int
}

// drawPlan is a plan of up to three stages with all kinds of edges, and how
// its steps end.
func drawPlan(rng *rand.Rand) (p run.Plan, outcomes []run.Status) {
	whens := []run.When{"", run.OnSuccess, run.OnSuccess, run.OnFailure, run.Always}
	for k := range 1 + rng.IntN(3) {
		p.Stages = append(p.Stages, run.PlanStage{Name: fmt.Sprint("stage", k), Serial: rng.IntN(2) == 0})
		for range 1 + rng.IntN(3) {
			i := len(p.Steps)
			s := run.PlanStep{
				Name: fmt.Sprint("s", i), Stage: k, Uses: "shell", When: whens[rng.IntN(len(whens))],
				AllowFailure: rng.IntN(4) == 0, HasNeeds: rng.IntN(3) == 0,
			}
			for n := range i {
				if s.HasNeeds && rng.IntN(2) == 0 {
					s.Needs = append(s.Needs, n)
				}
			}
			p.Steps = append(p.Steps, s)
			outcomes = append(outcomes, []run.Status{run.Success, run.Success, run.Failed}[rng.IntN(3)])
		}
	}
	return p, outcomes
}

// alone is how a run ends to which nothing happens.
func alone(t *testing.T, p run.Plan, outcomes []run.Status) string {
	t.Helper()
	r, change := run.New(&p, time.Now(), false)
	for ready := change.Ready; len(ready) > 0; ready = ready[1:] {
		i := ready[0]
		for _, ev := range []run.Event{
			run.Begin{Step: i}, run.Ended{Step: i, Attempt: 1, Outcome: run.Outcome{Status: outcomes[i]}}, run.Sealed{Step: i, Attempt: 1},
		} {
			change, err := r.Apply(ev)
			if err != nil {
				t.Fatal(err)
			}
			ready = append(ready, change.Ready...)
		}
	}
	return statuses(r)
}

func statuses(r *run.Run) string {
	text := string(r.State.Status)
	for i := range r.Steps {
		text += " " + string(r.Steps[i].Status)
	}
	return text
}

func (w *world) add(p run.Plan, outcomes []run.Status) {
	w.Helper()
	record, _, err := w.Start(w.ctx, StartRequest{Pipeline: 1, Revision: 1, Plan: p})
	w.check(err)
	w.plans[record.ID], w.outcomes[record.ID] = p, outcomes
}

// play lets things happen until every run is over.
func (w *world) play(misfortune func()) {
	for w.Pulse(w.ctx) != nil || w.Load().LiveRuns > 0 {
		if errors.Is(w.Pulse(w.ctx), ErrStopping) {
			w.revive()
			continue
		}
		misfortune()
		w.work()
	}
	w.judge()
}

// revive starts an engine after one that died.
func (w *world) revive() {
	w.end()
	w.check(w.err)
	w.deaths++
	if w.rng.IntN(4) == 0 {
		w.check(w.store.Close())
		w.open()
	}
	w.start(w.rng.IntN(12)-2, w.rng.IntN(2) == 0)
}

// work lets an attempt end, or the engine hear of one that has, for the first
// time or again.
func (w *world) work() {
	w.machine.mu.Lock()
	busy := w.machine.list(func(a *attempt) bool { return !a.ended })
	over := w.machine.list(func(a *attempt) bool { return a.ended && a.joined != nil && !a.told })
	told := w.machine.list(func(a *attempt) bool { return a.told })
	w.machine.mu.Unlock()
	switch n := w.rng.IntN(10); {
	case n < 5 && len(busy) > 0:
		a := busy[w.rng.IntN(len(busy))]
		a.finish(w.outcomes[a.Plan.RunID][a.Step])
	case n < 9 && len(over) > 0:
		over[w.rng.IntN(len(over))].tell()
	case n == 9 && len(told) > 0:
		a := told[w.rng.IntN(len(told))]
		again := a.reports[w.rng.IntN(len(a.reports))] // perhaps of an engine that is dead
		again(Report{Outcome: a.outcome})
	}
}

// judge looks at how everything ended.
func (w *world) judge() {
	w.Helper()
	if _, faults := w.machine.take(); len(faults) > 0 {
		w.Errorf("%q", faults)
	}
	v := w.store.View()
	defer v.Close()
	if live, err := v.Live(); len(live) > 0 || err != nil {
		w.Errorf("runs %v live, and nothing happens: %v", live, err)
	}
	for id, plan := range w.plans {
		record, err := v.Run(id)
		w.check(err)
		r, change, err := v.Restore(record)
		w.check(err)
		if len(change.Settled(r)) > 0 || r.State.Status != record.State.Status || !r.Settled() {
			w.Errorf("run %d is recorded as %s and restored as %s", id, record.State.Status, statuses(r))
		}
		if got, want := statuses(r), alone(w.T, plan, w.outcomes[id]); got != want && !w.canceled[id] {
			w.Errorf("run %d ended as %s, alone it ends as %s", id, got, want)
		}
	}
}

func newWorld(t *testing.T, seed uint64, maxRunning int) *world {
	return &world{
		daemon: begin(t, maxRunning), rng: rand.New(rand.NewPCG(seed, 0)),
		outcomes: map[uint64][]run.Status{}, plans: map[uint64]run.Plan{}, canceled: map[uint64]bool{},
	}
}

// Random plans run in a world that kills the engine anywhere, tells late, twice
// and to the dead, and cancels.
func TestRunsEndAsIfNothingHadHappened(t *testing.T) {
	deaths := 0
	for seed := range uint64(30) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			w := newWorld(t, seed, 1+int(seed%4))
			for range 3 {
				w.add(drawPlan(w.rng))
			}
			w.machine.arm(w.rng.IntN(12))
			w.cancels = seed%3 == 0
			w.play(w.misfortune)
			deaths += w.deaths
		})
	}
	if deaths < 40 {
		t.Errorf("the engine died only %d times", deaths)
	}
}

func (w *world) misfortune() {
	switch w.rng.IntN(40) {
	case 0:
		w.die()
	case 1:
		w.end()
	case 2:
		if w.cancels {
			w.cancelAll(w.rng.IntN(2) == 0)
		}
	}
}

// One run with a failure, its handling and a step without output, and the same
// run canceled; the engine is killed before and after each effect in turn.
func TestAKillBetweenAnyTwoEffects(t *testing.T) {
	plan := run.Plan{
		Stages: []run.PlanStage{{Name: "first"}, {Name: "second", Serial: true}},
		Steps: []run.PlanStep{
			{Name: "works"}, {Name: "fails"}, {Name: "mends", Stage: 1, When: run.OnFailure}, {Name: "always", Stage: 1, When: run.Always},
		},
	}
	outcomes := []run.Status{run.Success, run.Failed, run.Success, run.Success}
	for n := range 4 {
		late, cancel := n%2 == 0, n/2 == 0
		t.Run(fmt.Sprintf("late %v, cancel %v", late, cancel), func(t *testing.T) {
			w := newWorld(t, 1, 2)
			for fuse := 0; w.deaths == fuse; fuse++ {
				w.end()
				w.start(fuse, late)
				w.add(plan, outcomes)
				w.playOnce(cancel)
			}
			if w.deaths < 6 {
				t.Errorf("the engine died at %d effects only", w.deaths)
			}
		})
	}
}

// playOnce plays with one death at most, and cancels what runs.
func (w *world) playOnce(cancel bool) {
	for w.Pulse(w.ctx) != nil || w.Load().LiveRuns > 0 {
		if errors.Is(w.Pulse(w.ctx), ErrStopping) {
			w.end()
			w.check(w.err)
			w.deaths++
			w.start(-1, false)
		} else if cancel {
			w.cancelAll(false)
		}
		w.work()
	}
	w.judge()
	clear(w.plans)
}

func (w *world) cancelAll(force bool) {
	for id := range w.plans {
		w.canceled[id] = true
		err := w.Cancel(w.ctx, id, "ann", "", force)
		if err != nil && !errors.Is(err, run.ErrComplete) && !errors.Is(err, ErrStopping) {
			w.Error(err)
		}
	}
}

// What a turn that was cut off had written is not there.
func TestATurnThatWasCutOffIsNothing(t *testing.T) {
	d := begin(t, 1)
	first := d.run("a")
	release := d.hold()
	answer, dead := make(chan error), make(chan bool)
	go func() {
		_, _, err := d.Start(d.ctx, request("key", "b"))
		answer <- err
	}()
	d.waiting(1)
	go func() {
		defer close(dead)
		d.die()
	}()
	d.waiting(2)
	release()
	if err := <-answer; !errors.Is(err, ErrStopping) {
		t.Errorf("a start in a turn that was cut off answered %v", err)
	}
	<-dead
	d.start(-1, false)
	second, duplicate, err := d.Start(d.ctx, request("key", "b"))
	d.check(err)
	if duplicate || second.ID != first.ID+1 {
		t.Errorf("run %d, duplicate %v", second.ID, duplicate)
	}
	v := d.store.View()
	defer v.Close()
	if meta, err := v.Meta(); err != nil || meta == (store.Meta{}) {
		t.Errorf("the counters are %+v, %v", meta, err)
	}
}
