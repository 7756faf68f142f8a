package engine

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/schedule"
	"github.com/penstock/penstock/daemon/store"
)

// ledger is what people know of the instants of a world: each decision that
// was answered, and how far the triggers have come.
type ledger struct {
	ticks map[string]store.Tick
	marks map[uint64]time.Time // by pipeline
}

// nameOf names the record of an instant.
func nameOf(t *store.Tick) string { return fmt.Sprint(t.Pipeline, " ", t.Place()) }

// keepLedger gives both pipelines a trigger.
func (c *crowd) keepLedger() {
	c.Helper()
	c.ledger = ledger{ticks: map[string]store.Tick{}, marks: map[uint64]time.Time{}}
	for _, pipeline := range []uint64{1, 2} {
		c.marks[pipeline] = tonight
		c.check(c.Update(c.ctx, func(tx *store.Tx, _ time.Time) error {
			return tx.PutTrigger(store.Trigger{
				Pipeline: pipeline, Name: "hourly", Kind: config.OnSchedule, Mark: schedule.Mark{Through: tonight},
				PauseOnFailure: pipeline == 2,
			})
		}))
	}
}

// fireSome asks for some instants, of which some were asked for before.
func (c *crowd) fireSome() {
	var all []Firing
	outcomes := map[int][]run.Status{}
	for i := range 1 + c.rng.IntN(3) {
		all = append(all, c.drawFiring())
		if all[i].Start != nil {
			all[i].Start.Plan, outcomes[i] = c.drawRough()
		}
	}
	stands := c.standsAgainst()
	became, err := c.Fire(c.ctx, all)
	c.spared(err)
	for i := range became {
		c.hear(&all[i], &became[i], stands)
		if id := became[i].Run.ID; id != 0 {
			c.plans[id], c.outcomes[id] = all[i].Start.Plan, outcomes[i]
		}
	}
}

func (c *crowd) drawFiring() Firing {
	pipeline, at := 1+c.rng.Uint64N(2), tonight.Add(time.Duration(c.rng.IntN(12))*time.Hour)
	f := Firing{
		Tick: store.Tick{Pipeline: pipeline, Trigger: "hourly", At: at, Decision: schedule.Dropped, Reason: schedule.TooOld, Revision: 1},
		Mark: &schedule.Mark{Through: at}, Patient: c.rng.IntN(4) == 0,
	}
	if c.rng.IntN(4) == 0 {
		f.Tick.Subject, f.Tick.Actor, f.Mark = "play", "ann", nil
	}
	if c.starts > 0 && c.rng.IntN(3) > 0 {
		c.starts--
		f.Tick.Decision, f.Tick.Reason = schedule.CaughtUp, ""
		f.Start = &StartRequest{
			Pipeline: pipeline, Revision: 1, Priority: c.rng.IntN(3),
			Cause: store.Cause{Source: store.BySchedule, Trigger: "hourly", ScheduledAt: at},
		}
		if pipeline == 2 {
			f.Start.Overlap = c.rule
		}
	}
	return f
}

// obstacles are what will let nothing start that does not say otherwise, by the
// reason.
type obstacles struct {
	frozen bool
	paused map[uint64]bool // triggers, by pipeline
}

// standsAgainst reads what lets nothing start, and does not end by itself.
func (c *crowd) standsAgainst() obstacles {
	c.Helper()
	v := c.store.View()
	defer v.Close()
	f, err := v.Freeze()
	c.check(err)
	o := obstacles{frozen: f != nil && f.Until.IsZero(), paused: map[uint64]bool{}}
	for _, pipeline := range []uint64{1, 2} {
		t, err := v.Trigger(pipeline, "hourly")
		c.check(err)
		o.paused[pipeline] = t.Pause != nil && t.Pause.Until.IsZero()
	}
	return o
}

// hear notes what became of an instant.
func (c *crowd) hear(f *Firing, became *Fired, stands obstacles) {
	c.Helper()
	name := nameOf(&f.Tick)
	known, decided := c.ticks[name]
	switch {
	case errors.Is(became.Err, ErrFired):
		if !decided || !reflect.DeepEqual(became.Tick, known) || became.Run.ID != 0 {
			c.Errorf("%s is decided already as %+v; known is %+v", name, became, known)
		}
	case became.Err != nil:
		if f.Patient {
			c.spared(became.Err, ErrDeleting, ErrPaused, ErrFrozen, ErrOverlap)
		} else {
			c.spared(became.Err, ErrDeleting)
		}
		return
	case decided:
		c.Errorf("%s was decided twice: %+v, %+v", name, known, became.Tick)
	default:
		c.ticks[name] = became.Tick
	}
	if f.Mark != nil && f.Mark.Through.After(c.marks[f.Tick.Pipeline]) {
		c.marks[f.Tick.Pipeline] = f.Mark.Through
	}
	if became.Run.ID != 0 && (stands.frozen || stands.paused[f.Tick.Pipeline] && f.Tick.Actor == "") {
		c.Errorf("%s made a run in spite of %+v", name, stands)
	}
}

// stand lets people freeze everything or pause a trigger, for a while or until
// they say otherwise.
func (c *crowd) stand() {
	var until time.Time
	if c.rng.IntN(2) == 0 {
		until = c.clock.Now().Add(time.Duration(c.rng.IntN(5)) * time.Second)
	}
	pipeline := 1 + c.rng.Uint64N(2)
	switch c.rng.IntN(5) {
	case 0:
		c.spared(c.SetFreeze(c.ctx, store.Freeze{Actor: "ann", Until: until}))
	case 1, 2:
		c.spared(c.LiftFreeze(c.ctx), ErrNotFrozen)
	case 3:
		c.spared(c.PauseTrigger(c.ctx, pipeline, "hourly", store.Pause{Actor: "ann", Until: until}))
	case 4:
		c.spared(c.ResumeTrigger(c.ctx, pipeline, "hourly"), ErrNotPaused)
	}
}

// audit holds the store against what people know: every decision that was
// answered is there and no other, each run of a trigger has its one record, and
// no mark is where it was not set.
func (c *crowd) audit() {
	c.Helper()
	v := c.store.View()
	defer v.Close()
	made, found := map[uint64]string{}, 0
	for l, err := range v.Ledgers(0) {
		c.check(err)
		for tick, err := range v.Ticks(l.Pipeline, l.Trigger, "") {
			c.check(err)
			name := nameOf(&tick)
			if found++; !reflect.DeepEqual(tick, c.ticks[name]) {
				c.Errorf("%s is recorded as %+v, and was answered as %+v", name, tick, c.ticks[name])
			}
			if other, twice := made[tick.Run]; twice && tick.Run != 0 {
				c.Errorf("run %d is that of %s and of %s", tick.Run, other, name)
			}
			made[tick.Run] = name
			c.auditRun(v, &tick)
		}
	}
	if found != len(c.ticks) {
		c.Errorf("%d records are there, %d were answered", found, len(c.ticks))
	}
	for pipeline, want := range c.marks {
		for r, err := range v.RunsOf(pipeline) {
			c.check(err)
			if r.Cause.Source == store.BySchedule && made[r.ID] == "" {
				c.Errorf("run %d has no record", r.ID)
			}
		}
		t, err := v.Trigger(pipeline, "hourly")
		c.check(err)
		if !t.Mark.Through.Equal(want) {
			c.Errorf("the mark of %d is at %s, want %s", pipeline, t.Mark.Through, want)
		}
	}
}

func (c *crowd) auditRun(v *store.View, tick *store.Tick) {
	c.Helper()
	r, err := v.Run(tick.Run)
	if errors.Is(err, store.ErrNotFound) {
		return // deleted
	}
	c.check(err)
	if r.Pipeline != tick.Pipeline || r.Cause.Trigger != tick.Trigger || !r.Cause.ScheduledAt.Equal(tick.At) {
		c.Errorf("%+v has run %d, which is by %+v", tick, r.ID, r.Cause)
	}
}
