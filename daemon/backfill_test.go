package daemon

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/penstock/penstock/daemon/schedule"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// nightly is a pipeline whose schedule is never due by itself.
func nightly(script, more string) string {
	return "trigger = [{ name = 'evening', schedule = '@at 2099-01-01T00:00', variables = { BY = 'evening' } }]\n" + more + one("nightly", script)
}

// days are instants, from the first of May on.
func days(n int) (all []time.Time) {
	for day := range n {
		all = append(all, time.Date(2026, 5, 1+day, 2, 30, 0, 0, time.UTC))
	}
	return all
}

// backfillNightly applies a text and starts a backfill of its schedule.
func (h *house) backfillNightly(text string, instants []time.Time, parallel int) store.Backfill {
	h.t.Helper()
	h.apply("type = \"dynamic\"\n" + text)
	return must[store.Backfill](h.t)(h.d.startBackfill(h.t.Context(), store.Backfill{
		Pipeline: 1, Trigger: "evening", MaxParallel: parallel, Actor: "ann", UID: 7,
	}, instants))
}

// backfilled waits until a backfill is as it should be.
func (h *house) backfilled(id uint64, as func(b store.Backfill) bool) (b store.Backfill) {
	h.t.Helper()
	h.await(func() (so bool) {
		view := h.d.store.View()
		defer view.Close()
		var err error
		if b, err = view.Backfill(id); err != nil {
			h.t.Fatal(err)
		}
		return as(b)
	})
	return b
}

func done(b store.Backfill) bool { return !b.DoneAt.IsZero() }

// made are the runs of nightly, the oldest first, all of them over.
func (h *house) made() (all []store.Run) {
	h.t.Helper()
	view := h.d.store.View()
	defer view.Close()
	for r, err := range view.RunsOf(1) {
		if err != nil {
			h.t.Fatal(err)
		}
		h.over(fmt.Sprint(r.ID))
		all = append(all, r)
	}
	slices.Reverse(all)
	return all
}

func TestABackfillMakesARunForEachInstantInTheirOrder(t *testing.T) {
	h := newHouse(t)
	instants := days(4)
	slices.Reverse(instants)
	out := filepath.Join(h.dir, "out")
	b := h.backfillNightly(nightly("echo $PENSTOCK_SCHEDULED_AT $BY >> "+out, ""), instants, 1)
	if b.ID != 1 || b.Instants != 4 || b.At.IsZero() {
		t.Errorf("it was answered as %+v", b)
	}
	if b = h.backfilled(b.ID, done); b.Next != 4 || b.Started != 4 {
		t.Errorf("it ended as %+v", b)
	}
	var want []string
	for i, r := range h.made() {
		want = append(want, instants[i].Format(time.RFC3339)+" evening\n")
		c := r.Cause
		if c.Source != store.BySchedule || c.Actor != "ann" || c.UID != 7 || c.Trigger != "evening" || !c.ScheduledAt.Equal(instants[i]) {
			t.Errorf("run %d is by %+v", r.Number, c)
		}
	}
	if text, err := os.ReadFile(out); string(text) != strings.Join(want, "") {
		t.Errorf("the runs wrote %q, %v; want %q", text, err, want)
	}
	if got := h.ledger(store.Ledger{Pipeline: 1, Trigger: "evening"}); got != "backfill/1 backfill/1 backfill/1 backfill/1" {
		t.Errorf("the ledger is %q", got)
	}
}

func TestSoManyRunsOfABackfillLiveAtATime(t *testing.T) {
	h := newHouse(t)
	b := h.backfillNightly(nightly("true", ""), days(9), 2)
	h.backfilled(b.ID, done)
	runs := h.made()
	if len(runs) != 9 {
		t.Fatalf("%d runs", len(runs))
	}
	for i, r := range runs[2:] {
		over := 0
		for _, before := range runs[:i+2] {
			if end := must[*rpc.Run](t)(h.RunGet(t.Context(), &rpc.RunGetRequest{Run: fmt.Sprint(before.ID)})).FinishedAt; !end.After(r.State.CreatedAt) {
				over++
			}
		}
		if over < i+1 {
			t.Errorf("when run %d began %d of those before it were over", r.Number, over)
		}
	}
}

func TestABackfillGoesOnWhereItWas(t *testing.T) {
	h := newHouse(t)
	g := h.gate("gate")
	b := h.backfillNightly(nightly("cat "+g.path, ""), days(3), 1)
	h.backfilled(b.ID, func(b store.Backfill) bool { return b.Next == 1 })
	h.halt()
	h.start()
	h.look()
	if b := h.backfilled(b.ID, func(store.Backfill) bool { return true }); b.Next != 1 {
		t.Errorf("another run began beside the one that lives: %+v", b)
	}
	for n := range 3 {
		g.reached()()
		h.over(fmt.Sprint("nightly/", n+1))
	}
	h.backfilled(b.ID, done)
	if runs := h.made(); len(runs) != 3 || !runs[2].Cause.ScheduledAt.Equal(days(3)[2]) {
		t.Errorf("the runs are %+v", runs)
	}
}

func TestABackfillThatIsCanceledStartsNoMore(t *testing.T) {
	h := newHouse(t)
	g := h.gate("gate")
	b := h.backfillNightly(nightly("cat "+g.path, ""), days(3), 1)
	h.backfilled(b.ID, func(b store.Backfill) bool { return b.Next == 1 })
	b = must[store.Backfill](t)(h.d.cancelBackfill(t.Context(), b.ID, "bob"))
	if b.CanceledBy != "bob" || b.CanceledAt.IsZero() || b.Next != 1 {
		t.Errorf("it was canceled as %+v", b)
	}
	if again, err := h.d.cancelBackfill(t.Context(), b.ID, "eve"); err != nil || again.CanceledBy != "bob" {
		t.Errorf("again: %v", err)
	}
	g.reached()()
	if runs := h.made(); len(runs) != 1 || h.get(fmt.Sprint(runs[0].ID)).Status != "success" {
		t.Errorf("the runs are %+v", runs)
	}
}

// look lets somebody look after the backfills beside who does so anyway.
func (h *house) look() {
	h.t.Helper()
	f := filler{Daemon: h.d}
	if err := f.fillAll(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

// What stands against a run for a while takes nothing away from a backfill.
func TestABackfillWaitsWhileSomethingStandsAgainstIt(t *testing.T) {
	h := newHouse(t)
	if err := h.d.engine.SetFreeze(t.Context(), store.Freeze{Actor: "ann"}); err != nil {
		t.Fatal(err)
	}
	b := h.backfillNightly(nightly("true", ""), days(2), 1)
	h.look()
	h.look()
	if b := h.backfilled(b.ID, func(store.Backfill) bool { return true }); b.Next != 0 || b.Over() {
		t.Errorf("while everything is frozen: %+v", b)
	}
	if got := h.ledger(store.Ledger{Pipeline: 1, Trigger: "evening"}); got != "" {
		t.Errorf("the ledger is %q", got)
	}
	must[*rpc.FreezeResponse](t)(h.FreezeLift(t.Context(), &rpc.Empty{}))
	if b := h.backfilled(b.ID, done); b.Started != 2 || len(h.made()) != 2 {
		t.Errorf("afterwards: %+v", b)
	}
}

func TestABackfillOfAScheduleThatIsGoneEnds(t *testing.T) {
	for name, text := range map[string]string{
		"nothing has its name":             one("nightly", "true"),
		"a trigger of another kind has it": scheduled("nightly", "true", "trigger = [{ name = 'evening', after = 'build' }]"),
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			g := h.gate("gate")
			b := h.backfillNightly(nightly("cat "+g.path, ""), days(3), 1)
			open := g.reached()
			h.apply(text)
			open()
			b = h.backfilled(b.ID, func(b store.Backfill) bool { return b.Over() })
			if b.CanceledBy != "penstock" || b.Next != 1 || !strings.Contains(b.Message, "evening is not in the pipeline any more") {
				t.Errorf("it ended as %+v", b)
			}
		})
	}
}

// What goes on now is not given up for what is past, and of what is past no
// instant for another.
func TestABackfillEndsNoOtherRun(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		waits bool
	}{
		"overlap":     {"overlap = 'cancel'\n", true},
		"auto_cancel": {"auto_cancel = { on_new_run = 'conservative' }\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			g := h.gate("gate")
			trigger := "trigger = [{ name = 'evening', schedule = '@at 2099-01-01T00:00', variables = { DAY = '{{ trigger.scheduled_at }}' } }]\n"
			text := trigger + c.text + one("nightly", `[ -n "$DAY" ] || cat `+g.path) + "interruptible = true\n"
			h.apply("type = 'dynamic'\n" + text)
			byHand := h.begin("nightly")
			open := g.reached()
			b := h.backfillNightly(text, days(3), 2)
			if c.waits {
				if why := h.waits("overlap"); !strings.Contains(why, "run nightly/1 is running") || !strings.Contains(why, "would end it") {
					t.Errorf("it waits: %s", why)
				}
			} else {
				h.backfilled(b.ID, done)
			}
			open()
			if r := h.over(byHand); r.Status != "success" {
				t.Errorf("the run that was there ended as %s", r.Status)
			}
			h.backfilled(b.ID, done)
			for _, r := range h.made() {
				if got := h.get(fmt.Sprint(r.ID)).Status; got != "success" {
					t.Errorf("run %d ended as %s", r.Number, got)
				}
			}
		})
	}
}

// An instant whose run the rules of the pipeline refuse has a record of that.
func TestABackfillRecordsWhatIsRefused(t *testing.T) {
	h := newHouse(t)
	rules := "rule = [{ if = \"trigger.scheduled_at == '2026-05-02T02:30:00Z'\", when = \"never\" }, { when = \"always\" }]\n"
	b := h.backfillNightly(nightly("true", rules), days(3), 1)
	if b = h.backfilled(b.ID, done); b.Next != 3 || b.Started != 2 || len(h.made()) != 2 {
		t.Errorf("it ended as %+v", b)
	}
	view := h.d.store.View()
	defer view.Close()
	tick, err := view.Tick(1, "evening", days(2)[1], "backfill/1")
	if err != nil || tick.Decision != schedule.Skipped || tick.Reason != schedule.Refused || tick.Message == "" || tick.Actor != "ann" {
		t.Errorf("the record is %+v, %v", tick, err)
	}
}

func TestABackfillIsRefused(t *testing.T) {
	h := newHouse(t)
	h.backfillNightly(nightly("true", ""), days(1), 1)
	for _, c := range []struct {
		name     string
		b        store.Backfill
		instants []time.Time
		want     string
	}{
		{"without instants", store.Backfill{Pipeline: 1, Trigger: "evening", MaxParallel: 1}, nil, "0 instants"},
		{"with too many", store.Backfill{Pipeline: 1, Trigger: "evening", MaxParallel: 1}, days(store.MaxInstants + 1), "10001 instants"},
		{"with none at a time", store.Backfill{Pipeline: 1, Trigger: "evening"}, days(1), "max_parallel 0"},
		{"of no schedule", store.Backfill{Pipeline: 1, Trigger: "morning", MaxParallel: 1}, days(1), "not found"},
	} {
		if _, err := h.d.startBackfill(t.Context(), c.b, c.instants); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
