package store

import (
	"errors"
	"testing"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/schedule"
)

func after(pipeline uint64, name, upstream string) Trigger {
	return Trigger{Pipeline: pipeline, Name: name, Kind: config.AfterPipeline, After: &config.After{Pipeline: upstream, Statuses: []string{"failed"}}}
}

func TestTriggersAreKept(t *testing.T) {
	s := openStore(t, t.TempDir())
	nightly := Trigger{
		Pipeline: 1, Name: "nightly", Kind: config.OnSchedule, PauseOnFailure: true,
		Rule:  &schedule.Rule{Expression: "30 2 * * *", Timezone: "Europe/Berlin", Jitter: time.Minute, Exclude: []string{"weekend"}},
		Mark:  schedule.Mark{Through: instant, Anchor: instant, BootID: "boot"},
		Pause: &Pause{Actor: "ann", At: instant, Reason: "full"},
	}
	files := Trigger{Pipeline: 2, Name: "files", Kind: config.OnFiles, Files: &config.Files{Pattern: "/in/*", Settle: time.Second}}
	put(t, s, func(tx *Tx) {
		check(t, tx.PutTrigger(nightly))
		check(t, tx.PutTrigger(files))
	})
	v := s.View()
	defer v.Close()
	same(t, "all", collect(t, v.Triggers(), 9), []Trigger{nightly, files})
	of, err := v.TriggersOf(2)
	check(t, err)
	same(t, "those of a pipeline", of, []Trigger{files})
	one, err := v.Trigger(1, "nightly")
	check(t, err)
	same(t, "one", one, nightly)
	if _, err := v.Trigger(1, "files"); !errors.Is(err, ErrNotFound) {
		t.Errorf("another's: %v", err)
	}
}

// What a turn wrote before is there for what comes after it in the turn.
func TestATxListsTheTriggersThatItHasPut(t *testing.T) {
	s := openStore(t, t.TempDir())
	a, b, c := Trigger{Pipeline: 1, Name: "a"}, Trigger{Pipeline: 1, Name: "b"}, Trigger{Pipeline: 1, Name: "c"}
	put(t, s, func(tx *Tx) {
		check(t, tx.PutTrigger(b))
		check(t, tx.PutTrigger(c))
	})
	put(t, s, func(tx *Tx) {
		mark := tx.Mark()
		check(t, tx.PutTrigger(Trigger{Pipeline: 1, Name: "d"}))
		tx.Rollback(mark)
		check(t, tx.PutTrigger(a))
		check(t, tx.PutTrigger(Trigger{Pipeline: 2, Name: "e"}))
		tx.RemoveTrigger(b)
		c.PauseOnFailure = true
		check(t, tx.PutTrigger(c))
		got, err := tx.TriggersOf(1)
		check(t, err)
		same(t, "its triggers", got, []Trigger{c, a})
		tx.PutKey(Key{ID: "k", Pipeline: 1})
		check(t, tx.DeletePipeline(Pipeline{ID: 1, Name: "nightly"}))
	})
	if got := keys(t, s); len(got) != 3 {
		t.Errorf("beside the counters, the number of the name and the other's trigger there is something in %q", got)
	}
}

func TestFollowersOfAPipeline(t *testing.T) {
	s := openStore(t, t.TempDir())
	put(t, s, func(tx *Tx) {
		for _, trigger := range []Trigger{after(2, "after", "build"), after(1, "after", "build-2"), after(300, "x", "build"), after(3, "after", "build")} {
			check(t, tx.PutTrigger(trigger))
		}
	})
	put(t, s, func(tx *Tx) {
		check(t, tx.PutTrigger(after(3, "after", "other"))) // it waits for another one now
		tx.RemoveTrigger(after(1, "after", "build-2"))
	})
	v := s.View()
	defer v.Close()
	for upstream, want := range map[string][]Trigger{
		"build": {after(2, "after", "build"), after(300, "x", "build")}, "other": {after(3, "after", "other")}, "build-2": nil, "buil": nil,
	} {
		got, err := v.Followers(upstream)
		check(t, err)
		same(t, "followers of "+upstream, got, want)
		found, err := v.Followed(upstream)
		check(t, err)
		same(t, upstream+" is followed", found, want != nil)
	}
}

func TestKeysCalendarsAndTheFreezeAreKept(t *testing.T) {
	s := openStore(t, t.TempDir())
	key := Key{ID: "0a", Pipeline: 1, Name: "github", Digest: []byte{1}, Hint: "pk_0", Form: "api", Addresses: []string{"10.0.0.0/8"}, CreatedAt: instant}
	holidays := Calendar{Name: "holidays", Text: "BEGIN", PutAt: instant, PutBy: "ann"}
	freeze := Freeze{At: instant, Actor: "ann", Until: instant.Add(time.Hour), Reason: "audit"}
	put(t, s, func(tx *Tx) {
		tx.PutKey(key)
		tx.PutKey(Key{ID: "0b", Pipeline: 1})
		tx.PutKey(Key{ID: "0c", Pipeline: 2})
		tx.PutCalendar(holidays)
		tx.PutCalendar(Calendar{Name: "a"})
		tx.PutFreeze(freeze)
	})
	put(t, s, func(tx *Tx) {
		tx.RemoveKey(Key{ID: "0b", Pipeline: 1})
		tx.RemoveCalendar("a")
	})
	v := s.View()
	defer v.Close()
	all, err := v.KeysOf(1)
	check(t, err)
	same(t, "keys", all, []Key{key})
	one, err := v.Key("0a")
	check(t, err)
	same(t, "key", one, key)
	if _, err := v.Key("0b"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a key that was removed: %v", err)
	}
	same(t, "calendars", collect(t, v.Calendars(), 9), []Calendar{holidays})
	found, err := v.Calendar("holidays")
	check(t, err)
	same(t, "calendar", found, holidays)
	frozen, err := v.Freeze()
	check(t, err)
	same(t, "freeze", frozen, &freeze)
	put(t, s, (*Tx).RemoveFreeze)
	now := s.View()
	defer now.Close()
	if lifted, err := now.Freeze(); lifted != nil || err != nil {
		t.Errorf("after it was lifted: %v, %v", lifted, err)
	}
	if freeze.Over(freeze.Until.Add(-1)) || !freeze.Over(freeze.Until) || (&Freeze{}).Over(instant) {
		t.Error("a freeze ends at another time than it says, or without one")
	}
}

func child(id uint64, up Upstream) Run { return Run{ID: id, Cause: Cause{Upstream: &up}} }

func TestChildrenOfARun(t *testing.T) {
	s := openStore(t, t.TempDir())
	put(t, s, func(tx *Tx) {
		check(t, tx.PutChild(Run{ID: 1}))
		check(t, tx.PutChild(child(2, Upstream{Run: 1, Step: 3, Attempt: 1, Root: 1})))
		check(t, tx.PutChild(child(3, Upstream{Run: 1, Step: 3, Attempt: 2, Root: 1})))
		check(t, tx.PutChild(child(4, Upstream{Run: 2, Attempt: 1, Root: 1})))
		check(t, tx.PutChild(child(5, Upstream{Run: 1, Root: 1}))) // it follows the end of the run
		n, err := tx.TreeSize(1)
		check(t, err)
		same(t, "the tree, in the transaction", n, 3)
	})
	put(t, s, func(tx *Tx) { check(t, tx.DeleteRun(Run{ID: 3})) })
	v := s.View()
	defer v.Close()
	children, err := v.Children(1)
	check(t, err)
	same(t, "children", children, []Child{{3, 1, 2}, {3, 2, 3}})
	id, err := v.Child(1, 3, 2)
	check(t, err)
	same(t, "child", id, uint64(3))
	if _, err := v.Child(1, 3, 3); !errors.Is(err, ErrNotFound) {
		t.Errorf("a child that there is not: %v", err)
	}
	put(t, s, func(tx *Tx) {
		check(t, tx.DeleteRun(Run{ID: 1}))
		check(t, tx.DeleteRun(Run{ID: 2}))
	})
	if got := keys(t, s); len(got) != 1 {
		t.Errorf("left over: %q", got)
	}
}

func TestEndingsAndBackfillsAreKept(t *testing.T) {
	s := openStore(t, t.TempDir())
	first := Ending{Run: 7, Pipeline: 1, Sequence: 9, Status: run.Success, FinishedAt: instant}
	second := Ending{Run: 7, Pipeline: 1, Sequence: 20, Status: run.Failed, FinishedAt: instant}
	days := []time.Time{instant, instant.Add(24 * time.Hour)}
	backfill := Backfill{ID: 1, Pipeline: 1, Trigger: "nightly", From: instant, To: instant.Add(48 * time.Hour), MaxParallel: 2, Actor: "ann", At: instant, Instants: 2}
	put(t, s, func(tx *Tx) {
		tx.PutEnding(second)
		tx.PutEnding(first)
		tx.PutEnding(Ending{Run: 8, Sequence: 1})
		tx.CreateBackfill(backfill, days)
		tx.CreateBackfill(Backfill{ID: 2, Pipeline: 2}, days)
	})
	put(t, s, func(tx *Tx) {
		tx.RemoveEnding(Ending{Run: 8, Sequence: 1})
		backfill.Next, backfill.DoneAt = 2, instant
		tx.PutBackfill(backfill)
		check(t, tx.DeletePipeline(Pipeline{ID: 2, Name: "weekly"}))
	})
	v := s.View()
	defer v.Close()
	same(t, "endings", collect(t, v.Endings(), 9), []Ending{first, second})
	same(t, "backfills", collect(t, v.Backfills(), 9), []Backfill{backfill})
	got, err := v.Instants(1)
	check(t, err)
	same(t, "instants", got, days)
	if _, err := v.Instants(2); !errors.Is(err, ErrNotFound) {
		t.Errorf("the instants of a backfill that is gone: %v", err)
	}
	put(t, s, func(tx *Tx) { check(t, tx.DeleteRun(Run{ID: 7})) })
	now := s.View()
	defer now.Close()
	same(t, "endings of a run that is gone, which nobody was told of", collect(t, now.Endings(), 9), []Ending{first, second})
}
