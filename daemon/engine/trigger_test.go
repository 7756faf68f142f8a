package engine

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
)

func (d *daemon) readTrigger(name string) store.Trigger {
	d.Helper()
	v := d.store.View()
	defer v.Close()
	t, err := v.Trigger(1, name)
	d.check(err)
	return t
}

func TestPausesOfATrigger(t *testing.T) {
	d := begin(t, 1)
	d.evening()
	if err := d.ResumeTrigger(d.ctx, 1, "evening"); !errors.Is(err, ErrNotPaused) || !strings.Contains(err.Error(), "evening") {
		t.Errorf("resuming what is not paused answered %v", err)
	}
	until := d.clock.Now().Add(time.Hour)
	d.check(d.PauseTrigger(d.ctx, 1, "evening", store.Pause{Actor: "ann", Until: until, Reason: "full"}))
	if p := d.readTrigger("evening").Pause; p == nil || p.Actor != "ann" || p.At.IsZero() || p.Reason != "full" {
		t.Errorf("the pause is %+v", p)
	}
	d.clock.advance(time.Hour)
	if err := d.ResumeTrigger(d.ctx, 1, "evening"); !errors.Is(err, ErrNotPaused) {
		t.Errorf("resuming what has gone on by itself answered %v", err)
	}
	if became := d.fire(d.instant(0)); became[0].Run.ID != 1 {
		t.Fatalf("after the pause: %+v", became[0])
	}
	(<-d.machine.launched).end(run.Success)
	for _, err := range []error{d.PauseTrigger(d.ctx, 1, "none", store.Pause{}), d.ResumeTrigger(d.ctx, 2, "evening")} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("of none: %v", err)
		}
	}
}

// A trigger is paused by a failure of a run that it made, and by no other's.
func TestAFailurePausesItsTrigger(t *testing.T) {
	for _, c := range []struct {
		name   string
		kind   config.TriggerKind // of evening
		cause  store.Cause
		status run.Status
		paused bool
	}{
		{"by its schedule", config.OnSchedule, store.Cause{Source: store.BySchedule, Trigger: "evening"}, run.Failed, true},
		{"by another's end", config.AfterPipeline, store.Cause{Source: store.BySubscription, Trigger: "evening"}, run.Failed, true},
		{"by a file", config.OnFiles, store.Cause{Source: store.ByFile, Trigger: "evening"}, run.Failed, true},
		{"by a call with the key that it describes", config.OnKey, store.Cause{Source: store.ByTrigger, Trigger: "github"}, run.Failed, true},
		{"by a call with another key", config.OnKey, store.Cause{Source: store.ByTrigger, Trigger: "evening"}, run.Failed, false},
		{"by hand, as if it were scheduled", config.OnSchedule, store.Cause{Source: store.ByCommand, Trigger: "evening"}, run.Failed, false},
		{"by a trigger that is gone", config.OnSchedule, store.Cause{Source: store.BySchedule, Trigger: "morning"}, run.Failed, false},
		{"by one that does not mind", config.OnSchedule, store.Cause{Source: store.BySchedule, Trigger: "calm"}, run.Failed, false},
		{"and not failed", config.OnSchedule, store.Cause{Source: store.BySchedule, Trigger: "evening"}, run.Success, false},
		{"and canceled", config.OnSchedule, store.Cause{Source: store.BySchedule, Trigger: "evening"}, run.Canceled, false},
		{"by a schedule that had its name", config.AfterPipeline, store.Cause{Source: store.BySchedule, Trigger: "evening"}, run.Failed, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := begin(t, 1)
			d.trigger(store.Trigger{Name: "evening", Kind: c.kind, Key: "github", PauseOnFailure: true})
			d.trigger(store.Trigger{Name: "calm", Kind: config.OnSchedule})
			q := request("", "a")
			q.Cause = c.cause
			record := d.startOf(q)
			(<-d.machine.launched).end(c.status)
			d.settled(record.ID)
			p := d.readTrigger("evening").Pause
			if (p != nil) != c.paused {
				t.Fatalf("the pause is %+v", p)
			}
			if c.paused && (p.Actor != "penstock" || p.Reason != "run nightly/1 failed" || !p.At.Equal(d.record(1).State.FinishedAt)) {
				t.Errorf("the pause is %+v", p)
			}
			if p := d.readTrigger("calm").Pause; p != nil {
				t.Errorf("the other is paused: %+v", p)
			}
		})
	}
}

// A run that failed before the engine started does not pause what was resumed
// since; one that is tried again and fails again does.
func TestAnEndPausesOnce(t *testing.T) {
	d := begin(t, 1)
	d.trigger(store.Trigger{Name: "evening", Kind: config.OnSchedule, PauseOnFailure: true})
	q := request("", "a")
	q.Cause = store.Cause{Source: store.BySchedule, Trigger: "evening"}
	record := d.startOf(q)
	a := <-d.machine.launched
	a.finish(run.Failed)
	d.end() // before it hears of the end
	d.start(-1, false)
	(<-d.machine.launched).tell()
	d.settled(record.ID)
	d.check(d.ResumeTrigger(d.ctx, 1, "evening"))
	d.restart()
	if p := d.readTrigger("evening").Pause; p != nil {
		t.Errorf("a start paused it again: %+v", p)
	}
	d.check(d.Act(d.ctx, record.ID, retry(0)))
	(<-d.machine.launched).end(run.Failed)
	d.settled(record.ID)
	if p := d.readTrigger("evening").Pause; p == nil {
		t.Error("another failure did not pause it")
	}
	d.check(d.PauseTrigger(d.ctx, 1, "evening", store.Pause{Actor: "ann"}))
	d.check(d.Act(d.ctx, record.ID, retry(0)))
	(<-d.machine.launched).end(run.Failed)
	d.settled(record.ID)
	if p := d.readTrigger("evening").Pause; p == nil || p.Actor != "ann" {
		t.Errorf("a failure took the place of a person's pause: %+v", p)
	}
}

func TestCallsMindThePauseOfTheirTrigger(t *testing.T) {
	d := begin(t, 1)
	d.trigger(store.Trigger{Name: "hook", Kind: config.OnKey, Key: "github"})
	d.check(d.PauseTrigger(d.ctx, 1, "hook", store.Pause{Actor: "ann"}))
	q := request("", "a")
	q.Cause = store.Cause{Source: store.ByTrigger, Trigger: "github"}
	if _, _, err := d.Start(d.ctx, q); !errors.Is(err, ErrPaused) || !strings.Contains(err.Error(), `trigger "hook"`) {
		t.Errorf("a call answered %v", err)
	}
	q.Cause.Trigger = "gitlab"
	d.startOf(q)
	(<-d.machine.launched).end(run.Success)
}

func TestATriggerKeyRemembersItsLastUse(t *testing.T) {
	d := begin(t, 1)
	d.check(d.Update(d.ctx, func(tx *store.Tx, _ time.Time) error {
		tx.PutKey(store.Key{ID: "0a", Pipeline: 1})
		tx.PutKey(store.Key{ID: "0b", Pipeline: 2})
		return nil
	}))
	q := request("", "a")
	for _, id := range []string{"0b", "0c"} {
		q.TriggerKey = id
		if _, _, err := d.Start(d.ctx, q); !errors.Is(err, ErrNotFound) {
			t.Errorf("a start with key %s answered %v", id, err)
		}
	}
	q.TriggerKey = "0a"
	if record := d.startOf(q); record.Number != 1 {
		t.Errorf("the refused starts took numbers: %d", record.Number)
	}
	v := d.store.View()
	defer v.Close()
	for id, want := range map[string]time.Time{"0a": d.record(1).State.CreatedAt, "0b": {}} {
		if key, err := v.Key(id); err != nil || !key.LastUsed.Equal(want) {
			t.Errorf("key %s was used at %s, %v", id, key.LastUsed, err)
		}
	}
	(<-d.machine.launched).end(run.Success)
}
