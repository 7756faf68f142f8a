package engine

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/policy"
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
	anyEnd   bool // nobody can say how the runs end
	acts     int  // that people have left
	deaths   int
	deleters sync.WaitGroup
	idle     int // times in a row that there was nothing to do but to wait
}

// drawPlan is a plan of up to three stages with all kinds of edges and limits,
// and how its steps end. In which order they do does not matter.
func drawPlan(rng *rand.Rand) (p run.Plan, outcomes []run.Status) {
	whens := []run.When{"", run.OnSuccess, run.OnSuccess, run.OnFailure, run.Always, run.Delayed}
	groups := []string{"", "", "", "prod", "db"}
	p.MaxParallel = max(0, rng.IntN(6)-3)
	p.Groups = []run.Group{{Name: "matrix", MaxParallel: rng.IntN(3)}}
	for k := range 1 + rng.IntN(3) {
		p.Stages = append(p.Stages, run.PlanStage{Name: fmt.Sprint("stage", k), Serial: rng.IntN(2) == 0})
		for range 1 + rng.IntN(3) {
			i := len(p.Steps)
			s := run.PlanStep{
				Name: fmt.Sprint("s", i), Stage: k, Uses: "shell", When: whens[rng.IntN(len(whens))],
				AllowFailure: rng.IntN(4) == 0, HasNeeds: rng.IntN(3) == 0, Group: max(0, rng.IntN(4)-2),
				ResourceGroup: groups[rng.IntN(len(groups))], StartIn: time.Duration(1+rng.IntN(5)) * time.Second,
				Retry: run.RetryRule{Max: max(0, rng.IntN(5)-2), Delay: time.Duration(rng.IntN(3)) * time.Second},
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

// alone is how a run ends to which nothing happens, and that waits for nobody.
func alone(t *testing.T, p run.Plan, outcomes []run.Status) string {
	t.Helper()
	now := time.Date(2026, 3, 1, 2, 30, 0, 0, time.UTC)
	r, change := run.New(&p, now, false)
	ready := change.Ready
	apply := func(ev run.Event) {
		change, err := r.Apply(ev)
		if err != nil {
			t.Fatal(err)
		}
		ready = append(ready, change.Ready...)
	}
	for !r.Complete() {
		for ; len(ready) > 0; ready = ready[1:] {
			i := ready[0]
			apply(run.Begin{Step: i, At: now})
			apply(run.Ended{Step: i, Attempt: r.Steps[i].Latest().Number, At: now, Outcome: run.Outcome{Status: outcomes[i]}})
		}
		now = now.Add(time.Minute)
		for i := range r.Steps {
			switch r.Steps[i].Status {
			case run.WaitingForResource:
				apply(run.Grant{Step: i, At: now})
			case run.Scheduled:
				apply(run.Due{Step: i, At: now})
			}
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

// add starts a run; of those of pipeline 2 two work at a time.
func (w *world) add(p run.Plan, outcomes []run.Status) {
	w.Helper()
	q := StartRequest{Pipeline: 1 + w.rng.Uint64N(2), Revision: 1, Plan: p, Priority: w.rng.IntN(2)}
	if q.Pipeline == 2 {
		q.Overlap = config.Overlap{Policy: config.OverlapQueue, Limit: 2}
	}
	w.check(w.tryTo(q, outcomes))
}

func (w *world) tryTo(q StartRequest, outcomes []run.Status) error {
	record, _, err := w.Start(w.ctx, q)
	if err == nil {
		w.plans[record.ID], w.outcomes[record.ID] = q.Plan, outcomes
	}
	return err
}

// play lets things happen until every run is over and nothing more is to
// happen.
func (w *world) play(misfortune func()) {
	for w.Pulse(w.ctx) != nil || w.Load().LiveRuns > 0 || w.acts > 0 {
		if errors.Is(w.Pulse(w.ctx), ErrStopping) {
			w.revive()
			continue
		}
		misfortune()
		w.work()
		w.verify()
	}
	w.rest()
}

// rest looks at how everything ended.
func (w *world) rest() {
	w.Helper()
	if w.machine.disarm() {
		w.end()
		w.start(-1, false)
	}
	w.deleters.Wait()
	for len(w.machine.launched) > 0 {
		<-w.machine.launched
	}
	w.judge()
	w.nothingIsLeft()
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
	if len(busy)+len(over) > 0 {
		w.idle = 0
		return
	}
	w.clock.advance(time.Duration(w.rng.IntN(2000)) * time.Millisecond)
	if w.idle++; w.idle > 20 {
		w.untie()
	}
}

// untie helps where steps of resource groups wait for each other in a ring,
// which orders of two groups can make them.
func (w *world) untie() {
	w.idle = 0
	for _, name := range []string{"prod", "db"} {
		w.spared(w.SetMode(w.ctx, name, policy.Unordered))
	}
}

// spared is an error that is none where the engine has died meanwhile.
func (w *world) spared(err error, fine ...error) {
	w.Helper()
	if err == nil {
		return
	}
	for _, ok := range append(fine, ErrStopping) {
		if errors.Is(err, ok) {
			return
		}
	}
	w.Error(err)
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
		if w.anyEnd && errors.Is(err, store.ErrNotFound) {
			continue
		}
		w.check(err)
		r, change, err := v.Restore(record)
		w.check(err)
		if len(change.Settled(r)) > 0 || r.State.Status != record.State.Status || !r.Settled() {
			w.Errorf("run %d is recorded as %s and restored as %s", id, record.State.Status, statuses(r))
		}
		if w.canceled[id] || w.anyEnd {
			continue
		}
		if got, want := statuses(r), alone(w.T, plan, w.outcomes[id]); got != want {
			w.Errorf("run %d ended as %s, alone it ends as %s", id, got, want)
		}
	}
}

func newWorld(t *testing.T, seed uint64, maxRunning int) *world {
	w := &world{
		daemon: begin(t, maxRunning), rng: rand.New(rand.NewPCG(seed, 0)),
		outcomes: map[uint64][]run.Status{}, plans: map[uint64]run.Plan{}, canceled: map[uint64]bool{},
	}
	w.check(w.Update(w.ctx, func(tx *store.Tx, now time.Time) error {
		tx.PutPipeline(store.Pipeline{ID: 2, Name: "weekly", Revision: 1, CreatedAt: now})
		return nil
	}))
	for _, name := range []string{"prod", "db"} {
		w.check(w.SetMode(w.ctx, name, policy.Modes()[w.rng.IntN(4)]))
	}
	return w
}

// Random plans run in a world that kills the engine anywhere, tells late, twice
// and to the dead, and cancels.
func TestRunsEndAsIfNothingHadHappened(t *testing.T) {
	deaths, seeds := 0, seeds(30)
	for seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			w := newWorld(t, seed, 1+int(seed%4))
			for range 5 {
				w.add(drawPlan(w.rng))
			}
			w.machine.arm(w.rng.IntN(12))
			w.cancels = seed%3 == 0
			w.play(w.misfortune)
			deaths += w.deaths
		})
	}
	if deaths < int(seeds) {
		t.Errorf("the engine died only %d times", deaths)
	}
}

// seeds is how many worlds are played; a quarter of them where time is short.
func seeds(n uint64) uint64 {
	if testing.Short() {
		return n / 4
	}
	return n
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
