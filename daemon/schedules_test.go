package daemon

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/schedule"
	"github.com/penstock/penstock/daemon/scheduler"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/daemon/upcoming"
	"github.com/penstock/penstock/rpc"
)

// scheduled is a pipeline with a trigger.
func scheduled(name, script, trigger string) string {
	head, tail, _ := strings.Cut(one(name, script), "\n")
	return head + "\n" + trigger + "\n" + tail
}

// triggers are the triggers of a pipeline as they are recorded.
func (h *house) triggers(pipeline string) (all []store.Trigger) {
	h.t.Helper()
	view := h.d.store.View()
	defer view.Close()
	p, err := view.PipelineNamed(pipeline)
	if err == nil {
		all, err = view.TriggersOf(p.ID)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return all
}

// ticks are the ledger of a trigger, oldest first.
func (h *house) ticks(t store.Trigger) (all []store.Tick) {
	h.t.Helper()
	view := h.d.store.View()
	defer view.Close()
	for tick, err := range view.Ticks(t.Pipeline, t.Name, "") {
		if err != nil {
			h.t.Fatal(err)
		}
		all = append([]store.Tick{tick}, all...)
	}
	return all
}

// awaitTicks waits until the ledger of a trigger has so many records.
func (h *house) awaitTicks(t store.Trigger, n int) []store.Tick {
	h.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if all := h.ticks(t); len(all) >= n {
			return all
		}
		if err := h.d.engine.Pulse(h.t.Context()); err != nil {
			h.t.Fatal(err)
		}
	}
	h.t.Fatalf("the ledger has %+v, not %d records", h.ticks(t), n)
	return nil
}

// missed makes a schedule as if nobody had been there for a time.
func (h *house) missed(t store.Trigger, d time.Duration) {
	h.t.Helper()
	h.update(func(tx *store.Tx) error {
		t.Mark.Through = time.Now().Add(-d)
		tx.UpdateTrigger(t)
		return nil
	})
}

func TestASchedulesInstantsHaveARecordEachAndOneRunAtATime(t *testing.T) {
	h := newHouse(t)
	g := h.gate("g")
	h.apply(scheduled("nightly", "cat "+g.path, "overlap = \"skip\"\n[[trigger]]\nname = \"second\"\nschedule = \"@every 1s\"\n"))
	open := g.reached()
	trigger := h.triggers("nightly")[0]
	all := h.awaitTicks(trigger, 3)
	h.apply(one("nightly", "true"))
	open()
	if left := h.triggers("nightly"); len(left) != 0 {
		t.Errorf("a trigger that is gone from the text is kept: %+v", left)
	}
	for k, tick := range all {
		want := fmt.Sprint(trigger.Mark.Anchor.Truncate(time.Second).Add(time.Duration(k+1) * time.Second).UTC())
		if fmt.Sprint(tick.At) != want {
			t.Errorf("record %d is of %v, want %s", k, tick.At, want)
		}
		decision, reason := schedule.Skipped, schedule.Overlap
		if k == 0 {
			decision, reason = schedule.Fired, ""
		}
		if tick.Decision != decision || tick.Reason != reason || (tick.Run != 0) != (k == 0) {
			t.Errorf("record %d is %+v", k, tick)
		}
	}
	r := h.over("nightly/1")
	if c := r.Cause; r.ID != all[0].Run || c.Source != "schedule" || c.Trigger != "second" || c.ScheduledAt == nil || !c.ScheduledAt.Equal(all[0].At) {
		t.Errorf("the run is %+v", r.RunSummary)
	}
}

func TestMissedInstantsAreCaughtUpAfterARestart(t *testing.T) {
	h := newHouse(t)
	h.apply(scheduled("nightly", "true", "[[trigger]]\nschedule = \"@every 1h\"\n"))
	trigger := h.triggers("nightly")[0]
	h.update(func(tx *store.Tx) error { // an instant is half an hour ago
		trigger.Mark.Anchor = time.Now().Add(-30 * time.Minute).Add(-10 * time.Hour)
		tx.UpdateTrigger(trigger)
		return nil
	})
	h.missed(trigger, 150*time.Minute)
	h.halt()
	h.start()
	all := h.awaitTicks(trigger, 2)
	if len(all) != 2 || all[0].Reason != schedule.Superseded || all[1].Decision != schedule.CaughtUp || all[1].Run == 0 {
		t.Errorf("the ledger is %+v", all)
	}
	if r := h.over("nightly/1"); r.Status != "success" || !r.Cause.ScheduledAt.Equal(all[1].At) {
		t.Errorf("the run is %+v", r.RunSummary)
	}
}

func TestWhatWasDueInAPauseIsNotCaughtUpAfterIt(t *testing.T) {
	h := newHouse(t)
	h.apply(scheduled("nightly", "true", "[[trigger]]\nschedule = \"@every 1h\"\n"))
	trigger := h.triggers("nightly")[0]
	h.update(func(tx *store.Tx) error { // the last instant is half an hour ago, the end of the pause a minute
		now := time.Now()
		trigger.Mark.Anchor, trigger.Mark.Through = now.Add(-30*time.Minute).Add(-10*time.Hour), now.Add(-150*time.Minute)
		trigger.Pause = &store.Pause{Actor: "ann", At: now.Add(-time.Hour), Until: now.Add(-time.Minute)}
		tx.UpdateTrigger(trigger)
		return nil
	})
	h.halt()
	h.start()
	all := h.awaitTicks(trigger, 2)
	if len(all) != 2 || all[0].Reason != schedule.Superseded || all[1].Reason != schedule.Paused || all[1].Run != 0 {
		t.Errorf("the ledger is %+v", all)
	}
}

// hourlyNotNow is due once an hour, half an hour from now: not while a test runs.
func hourlyNotNow() string {
	return fmt.Sprintf("%d * * * *", time.Now().UTC().Add(30*time.Minute).Minute())
}

func TestAnEditedScheduleMakesNothingOldDue(t *testing.T) {
	h := newHouse(t)
	text := scheduled("nightly", "true", "[[trigger]]\nschedule = \"0 0 1 1 *\"\n")
	h.apply(text)
	trigger := h.triggers("nightly")[0]
	h.missed(trigger, time.Hour)
	kept := h.triggers("nightly")[0].Mark
	h.apply(text + "\n# A remark changes no rule.\n")
	if got := h.triggers("nightly")[0].Mark; !got.Equal(kept) {
		t.Errorf("the mark is %+v, want %+v", got, kept)
	}
	before := time.Now()
	h.apply(strings.Replace(text, "0 0 1 1 *", hourlyNotNow(), 1))
	got := h.triggers("nightly")[0].Mark
	if got.Through.Before(before) || got.BootID == "" {
		t.Errorf("the mark is %+v, want none before %v", got, before)
	}
	if ticks := h.ticks(trigger); len(ticks) != 0 {
		t.Errorf("something was due: %+v", ticks)
	}
}

// pending makes a schedule of every 1000 hours due half an hour ago, but for its
// jitter.
func (h *house) pending(pipeline string) (t store.Trigger, at time.Time) {
	h.t.Helper()
	at = time.Now().Add(-30 * time.Minute).Truncate(time.Second).UTC()
	t = h.triggers(pipeline)[0]
	t.Mark.Anchor = at.Add(-1000 * time.Hour)
	h.missed(t, time.Hour)
	return t, at
}

func TestAnInstantThatWaitsForItsJitterWhenItsScheduleIsEditedHasARecord(t *testing.T) {
	text := scheduled("nightly", "true", "[[trigger]]\nschedule = \"@every 1000h\"\njitter = \"24h\"\n")
	for name, edited := range map[string]string{
		"another time":    strings.Replace(text, "@every 1000h", "0 0 1 1 *", 1),
		"removed":         one("nightly", "true"),
		"of another kind": strings.Replace(text, "schedule = \"@every 1000h\"\njitter = \"24h\"\n", "name = \"schedule\"\nkey = \"hook\"\n", 1),
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.apply(text)
			trigger, at := h.pending("nightly")
			h.apply(edited)
			all := h.ticks(trigger)
			if len(all) != 1 || !all[0].At.Equal(at) || all[0].Decision != schedule.Dropped || all[0].Reason != schedule.Edited ||
				all[0].Revision != 2 || !strings.Contains(all[0].Message, "revision 2") {
				t.Fatalf("the ledger is %+v, want %v dropped", all, at)
			}
			h.apply(text)
			h.apply(edited + "\n# once more\n")
			if again := h.ticks(trigger); len(again) != 1 {
				t.Errorf("it has another record: %+v", again)
			}
		})
	}
}

func TestAnInstantThatWaitsForItsJitterStaysDueWhereOnlyThatIsEdited(t *testing.T) {
	h := newHouse(t)
	text := scheduled("nightly", "true", "[[trigger]]\nschedule = \"@every 1000h\"\njitter = \"24h\"\n")
	h.apply(text)
	trigger, at := h.pending("nightly")
	h.apply(strings.Replace(text, "jitter = \"24h\"\n", "jitter = \"1s\"\nwindow = \"2h\"\n", 1))
	if all := h.awaitTicks(trigger, 1); !all[0].At.Equal(at) || all[0].Run == 0 {
		t.Errorf("the ledger is %+v, want a run of %v", all, at)
	}
}

func TestAPauseOfATriggerStaysWithANewText(t *testing.T) {
	h := newHouse(t)
	text := scheduled("nightly", "true", "[[trigger]]\nschedule = \"0 0 1 1 *\"\n")
	h.apply(text)
	trigger := h.triggers("nightly")[0]
	if err := h.d.engine.PauseTrigger(t.Context(), trigger.Pipeline, trigger.Name, store.Pause{Actor: "alice"}); err != nil {
		t.Fatal(err)
	}
	h.apply(strings.Replace(text, "0 0 1 1 *", "0 0 2 1 *", 1))
	if p := h.triggers("nightly")[0].Pause; p == nil || p.Actor != "alice" {
		t.Errorf("the pause is %+v", p)
	}
}

// moveTo halts the daemon and starts it on a copy of its state.
func (h *house) moveTo(name string) {
	h.t.Helper()
	h.halt()
	copied := filepath.Join(h.dir, name)
	if err := os.CopyFS(copied, os.DirFS(h.config.State)); err != nil {
		h.t.Fatal(err)
	}
	if err := os.Chmod(copied, 0o700); err != nil {
		h.t.Fatal(err)
	}
	h.config.State = copied
	h.start()
}

func TestACopyOfTheStoreCatchesNothingUp(t *testing.T) {
	h := newHouse(t)
	h.apply(scheduled("nightly", "true", "[[trigger]]\nschedule = \"@every 1h\"\ncatch_up = \"all\"\n"))
	trigger := h.triggers("nightly")[0]
	trigger.Mark.Anchor = time.Now().Add(-30 * time.Minute).Add(-10 * time.Hour)
	h.missed(trigger, 150*time.Minute)
	h.moveTo("copy")
	all := h.awaitTicks(trigger, 1)
	if len(all) != 1 || all[0].Reason != schedule.Restored || all[0].Count != 2 || all[0].Run != 0 {
		t.Errorf("the ledger is %+v", all)
	}
	if mark := h.triggers("nightly")[0].Mark; time.Since(mark.Through) > patience {
		t.Errorf("the mark is %+v", mark)
	}
	h.halt()
	h.start()
	if all := h.ticks(trigger); len(all) != 1 {
		t.Errorf("the copy is a copy again: %+v", all)
	}
}

// A backup that is put back over the state lies in the directory of the original.
func TestABackupThatIsPutBackInPlaceCatchesNothingUp(t *testing.T) {
	for name, restore := range map[string]func(t *testing.T, state, backup string){
		"as new files": func(t *testing.T, state, backup string) {
			files, err := filepath.Glob(filepath.Join(state, "store", "*"))
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range append(files, filepath.Join(state, "home")) {
				if err := os.Remove(file); err != nil {
					t.Fatal(err)
				}
			}
			overwrite(t, state, backup)
		},
		"into the files": overwrite,
		"but for the mark": func(t *testing.T, state, backup string) {
			if err := os.Remove(filepath.Join(backup, "home")); err != nil {
				t.Fatal(err)
			}
			overwrite(t, state, backup)
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.apply(scheduled("nightly", "true", "[[trigger]]\nschedule = \"@every 1h\"\ncatch_up = \"all\"\n"))
			trigger := h.triggers("nightly")[0]
			trigger.Mark.Anchor = time.Now().Add(-30 * time.Minute).Add(-10 * time.Hour)
			h.missed(trigger, 150*time.Minute)
			h.halt()
			backup := filepath.Join(h.dir, "backup")
			if err := os.CopyFS(backup, os.DirFS(h.config.State)); err != nil {
				t.Fatal(err)
			}
			h.start()
			if all := h.awaitTicks(trigger, 2); all[0].Run == 0 || all[1].Run == 0 {
				t.Fatalf("the original has %+v", all)
			}
			h.over("nightly/2")
			h.halt()
			restore(t, h.config.State, backup)
			h.start()
			if all := h.awaitTicks(trigger, 1); len(all) != 1 || all[0].Reason != schedule.Restored || all[0].Count != 2 {
				t.Errorf("the ledger is %+v", all)
			}
		})
	}
}

// overwrite makes the files of a backup those of the state, and keeps the files
// themselves.
func overwrite(t *testing.T, state, backup string) {
	t.Helper()
	stores, err := filepath.Glob(filepath.Join(state, "store", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range stores {
		if _, err := os.Stat(filepath.Join(backup, "store", filepath.Base(file))); os.IsNotExist(err) {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		}
	}
	err = filepath.WalkDir(backup, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(backup, path)
		if err != nil {
			return err
		}
		to := filepath.Join(state, relative)
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return err
		}
		return os.WriteFile(to, text, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The original goes on with its backfills; the copy must not.
func TestACopyOfTheStoreGoesOnWithNoBackfill(t *testing.T) {
	h := newHouse(t)
	g := h.gate("gate")
	b := h.backfillNightly(nightly("cat "+g.path, ""), days(3), 1)
	open := g.reached()
	h.moveTo("copy")
	open()
	b = h.backfilled(b.ID, func(b store.Backfill) bool { return b.Over() })
	if b.CanceledBy != "penstock" || b.Next != 1 || len(h.made()) != 1 {
		t.Errorf("it ended as %+v", b)
	}
	if told := backfill(b, "nightly/evening"); told.Status != "canceled" || !strings.Contains(told.Message, "the store was copied") {
		t.Errorf("it is told as %+v", told)
	}
}

func TestARefusedRunIsRecorded(t *testing.T) {
	h := newHouse(t)
	h.apply(scheduled("nightly", "true", "[[trigger]]\nschedule = \"@every 1s\"\n") + "\n[[rule]]\nif = \"run.source == 'command'\"\n")
	trigger := h.triggers("nightly")[0]
	all := h.awaitTicks(trigger, 1)
	h.apply(one("nightly", "true"))
	if all[0].Decision != schedule.Skipped || all[0].Reason != schedule.Refused || all[0].Message == "" {
		t.Errorf("the record is %+v", all[0])
	}
}

// What stands against a schedule may stand for long, and what is put anew is
// decided at once: the two together would be a loop without a rest.
func TestOnlyAScheduleThatHasChangedIsPutAnew(t *testing.T) {
	h := newHouse(t)
	for k, c := range []struct {
		err  error
		anew bool
	}{{errChanged, true}, {engine.ErrRevision, true}, {engine.ErrNotFound, true}, {engine.ErrDeleting, false}, {store.ErrNotFound, false}} {
		name, before := fmt.Sprint("nightly", k), h.d.schedules.loop.Len()
		h.apply(scheduled(name, "true", "[[trigger]]\nschedule = \"0 0 1 1 *\"\n"))
		trigger := h.triggers(name)[0]
		h.update(func(tx *store.Tx) error { tx.RemoveTrigger(trigger); return nil }) // of which the loop hears nothing
		h.d.schedules.reconsider([]scheduler.Due{{Pipeline: trigger.Pipeline, Trigger: trigger.Name}}, []error{c.err})
		if anew := h.d.schedules.loop.Len() == before; anew != c.anew {
			t.Errorf("after %q the schedules of the pipeline are put anew: %v, want %v", c.err, anew, c.anew)
		}
	}
}

func TestADeletedPipelineIsDueNoMore(t *testing.T) {
	h := newHouse(t)
	h.apply(scheduled("nightly", "true", "[[trigger]]\nschedule = \"0 0 1 1 *\"\n"))
	if n := h.d.schedules.loop.Len(); n != 1 {
		t.Errorf("%d schedules wait, want 1", n)
	}
	must[*rpc.PipelineDeleteResponse](t)(h.PipelineDelete(t.Context(), &rpc.PipelineDeleteRequest{Name: "nightly", Force: true}))
	if n := h.d.schedules.loop.Len(); n != 0 {
		t.Errorf("%d schedules wait, want none", n)
	}
}

func TestWhatIsKeptOfATriggerIsAllOfItsRule(t *testing.T) {
	s := config.Schedule{
		Expression: "@daily", Timezone: "Europe/Berlin", From: time.Unix(1, 0), Until: time.Unix(2, 0), Jitter: 3, Random: true,
		Include: []string{"a"}, Exclude: []string{"b"}, Shift: config.ShiftNext, CatchUp: config.CatchUpAll, Window: 4,
	}
	want := schedule.Rule{
		Expression: "@daily", Timezone: "Europe/Berlin", From: time.Unix(1, 0), Until: time.Unix(2, 0), Jitter: 3, Random: true,
		Include: []string{"a"}, Exclude: []string{"b"}, Shift: "next", CatchUp: "all", Window: 4,
	}
	if got := upcoming.RuleOf(&s); !got.Equal(&want) {
		t.Errorf("%+v", got)
	}
}

func TestOnlyWhatIsDueAFewTimesADayIsShifted(t *testing.T) {
	h := newHouse(t)
	text := scheduled("nightly", "true", "[[trigger]]\nschedule = \"* * * * *\"\nshift = \"next\"\nexclude = [\"weekend\"]\n")
	_, err := h.PipelineApply(t.Context(), &rpc.PipelineApplyRequest{Text: text, File: "nightly.toml"})
	told := problems(t, err)
	if len(told) != 1 || told[0].Line != 4 || !strings.Contains(told[0].Message, "more than 96 times a day") {
		t.Errorf("the problems are %+v", told)
	}
}

func TestACalendarThatChangesMakesNothingOldDue(t *testing.T) {
	h := newHouse(t)
	h.calendar("closed", "sun\nmon\ntue\nwed\nthu\nfri\nsat\n")
	h.apply(scheduled("nightly", "true", "[[trigger]]\nschedule = \"0 0 1 1 *\"\nexclude = [\"closed\"]\nshift = \"next\"\n"))
	trigger := h.triggers("nightly")[0]
	h.missed(trigger, time.Hour)
	before := time.Now()
	h.calendar("closed", "12-25\n")
	if mark := h.triggers("nightly")[0].Mark; mark.Through.Before(before) {
		t.Errorf("the mark is %+v, want none before %v", mark, before)
	}
	table, err := h.d.schedules.timetable(&trigger)
	if err != nil {
		t.Fatal(err)
	}
	if next, _ := table.Next(trigger.Mark); next.Excluded.Any() {
		t.Errorf("the calendar is what it was: %+v", next)
	}
}

// calendar puts a calendar.
func (h *house) calendar(name, text string) {
	h.t.Helper()
	if err := h.d.schedules.advance(h.t.Context(), name); err != nil {
		h.t.Fatal(err)
	}
	h.update(func(tx *store.Tx) error { tx.PutCalendar(store.Calendar{Name: name, Text: text}); return nil })
	if err := h.d.schedules.recalendar(name); err != nil {
		h.t.Fatal(err)
	}
}
