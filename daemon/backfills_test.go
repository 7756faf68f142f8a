package daemon

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

func TestABackfillStartsARunForEachInstantThatCounts(t *testing.T) {
	h := newHouse(t)
	h.apply(scheduled("nightly", "true", "[[trigger]]\nname = \"x\"\nschedule = \"0 12 * * *\"\nexclude = [\"weekend\"]\n"))
	from, to := time.Date(2026, 3, 6, 12, 0, 0, 0, time.UTC), time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	q := rpc.BackfillStartRequest{Schedule: "nightly", From: from, To: to, Order: "reverse", DryRun: true}
	dry := must[*rpc.BackfillStartResponse](t)(h.BackfillStart(t.Context(), &q))
	var days []int
	for _, i := range dry.Instants {
		days = append(days, i.At.Day())
	}
	if !slices.Equal(days, []int{9, 6}) || dry.Backfill.ID != 0 || dry.Backfill.Total != 2 {
		t.Fatalf("days %v, %+v", days, dry.Backfill)
	}
	if all := must[*rpc.BackfillListResponse](t)(h.BackfillList(t.Context(), &rpc.BackfillListRequest{})); len(all.Backfills) != 0 {
		t.Errorf("a dry run has made %+v", all)
	}
	q.DryRun = false
	b := must[*rpc.BackfillStartResponse](t)(h.BackfillStart(t.Context(), &q)).Backfill
	if b.ID == 0 || b.Schedule != "nightly/x" || b.Order != "reverse" || b.MaxParallel != 1 || b.Total != 2 || b.Actor == "" {
		t.Errorf("%+v", b)
	}
	trigger := h.triggers("nightly")[0]
	h.awaitTicks(trigger, 2)
	for name, day := range map[string]int{"nightly/1": 9, "nightly/2": 6} {
		if r := h.over(name); r.Cause.ScheduledAt == nil || r.Cause.ScheduledAt.Day() != day || r.Cause.Source != "schedule" {
			t.Errorf("%s is for %+v, want day %d", name, r.Cause, day)
		}
	}
	why := must[*rpc.Explanation](t)(h.RunWhy(t.Context(), &rpc.RunWhyRequest{Run: "nightly/1"}))
	if want := "its schedule x was due at 2026-03-09 12:00:00 +0000, which backfill/1 of " + b.Actor + " makes up for"; why.Causes[0].Text != want {
		t.Errorf("why: %q, want %q", why.Causes[0].Text, want)
	}
	all := must[*rpc.BackfillListResponse](t)(h.BackfillList(t.Context(), &rpc.BackfillListRequest{Schedule: "nightly"})).Backfills
	if len(all) != 1 || all[0].Status != "success" || all[0].Done != 2 || all[0].Started != 2 || all[0].FinishedAt == nil {
		t.Errorf("%+v", all)
	}
	late := must[*rpc.Backfill](t)(h.BackfillCancel(t.Context(), &rpc.BackfillCancelRequest{ID: b.ID}))
	if late.Status != "success" {
		t.Errorf("it was over: %+v", late)
	}
}

// waits waits until the newest backfill says for what it waits, and answers with
// the whole of it.
func (h *house) waits(word string) string {
	h.t.Helper()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for deadline := time.After(patience); ; {
		b := must[*rpc.BackfillListResponse](h.t)(h.BackfillList(h.t.Context(), &rpc.BackfillListRequest{})).Backfills[0]
		if b.Waits == word {
			return b.Message
		}
		select {
		case <-poll.C:
		case <-deadline:
			h.t.Fatalf("the backfill is %+v, want one that waits for %q", b, word)
		}
	}
}

func TestABackfillThatWaitsSaysForWhat(t *testing.T) {
	for name, c := range map[string]struct {
		text    string
		places  int
		prepare func(h *house)
		want    []string
		end     func(h *house)
	}{
		"a freeze": {
			prepare: func(h *house) {
				must[*rpc.Freeze](h.t)(h.FreezeSet(h.t.Context(), &rpc.FreezeSetRequest{Reason: "release"}))
			},
			want: []string{"frozen", "release"},
			end:  func(h *house) { must[*rpc.FreezeResponse](h.t)(h.FreezeLift(h.t.Context(), &rpc.Empty{})) },
		},
		"a pause": {
			prepare: func(h *house) {
				must[*rpc.PipelinePausesResponse](h.t)(h.PipelinePause(h.t.Context(), &rpc.PipelinePauseRequest{Name: "nightly", Reason: "broken"}))
			},
			want: []string{"paused", "broken"},
			end: func(h *house) {
				must[*rpc.PipelinePausesResponse](h.t)(h.PipelineResume(h.t.Context(), &rpc.PipelineResumeRequest{Name: "nightly"}))
			},
		},
		"another run": {
			text: "overlap = \"skip\"\n", prepare: func(h *house) { h.begin("nightly") }, want: []string{"overlap", "nightly/1", "skip"},
		},
		"a run of its own": {want: []string{"limit", "run nightly/1 is running", "at most 1"}},
		"a place": {
			places: 1, prepare: func(h *house) { h.begin("nightly") }, want: []string{"limit", "run nightly/2 is pending", "1 of 1 are taken"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			if c.places > 0 {
				h.halt()
				h.config.Steps.MaxRunning = c.places
				h.start()
			}
			g := h.gate("g")
			h.apply("type = \"dynamic\"\n" + nightly("cat "+g.path, c.text))
			if c.prepare != nil {
				c.prepare(h)
			}
			must[store.Backfill](t)(h.d.startBackfill(t.Context(), store.Backfill{Pipeline: 1, Trigger: "evening", MaxParallel: 1, Actor: "ann"}, days(2)))
			text := h.waits(c.want[0])
			for _, part := range c.want[1:] {
				if !strings.Contains(text, part) {
					t.Errorf("it waits for %s: %q, want %q in it", c.want[0], text, part)
				}
			}
			if c.end != nil {
				c.end(h)
				h.waits("limit")
			}
		})
	}
}

func TestABackfillIsListedThoughItsScheduleIsGone(t *testing.T) {
	h := newHouse(t)
	must[*rpc.Freeze](t)(h.FreezeSet(t.Context(), &rpc.FreezeSetRequest{}))
	h.backfillNightly(nightly("true", ""), days(2), 1)
	h.apply(one("nightly", "true"))
	for name, want := range map[string]int{"": 1, "nightly": 1, "nightly/evening": 1} {
		all := must[*rpc.BackfillListResponse](t)(h.BackfillList(t.Context(), &rpc.BackfillListRequest{Schedule: name})).Backfills
		if len(all) != want {
			t.Errorf("of %q there are %+v", name, all)
		}
	}
	h.apply(one("other", "true"))
	if all := must[*rpc.BackfillListResponse](t)(h.BackfillList(t.Context(), &rpc.BackfillListRequest{Schedule: "other"})).Backfills; len(all) != 0 {
		t.Errorf("of another pipeline there are %+v", all)
	}
	for _, name := range []string{"nope", "nightly/nope"} {
		_, err := h.BackfillList(t.Context(), &rpc.BackfillListRequest{Schedule: name})
		refused(t, err, rpc.CodeNotFound)
	}
}

func TestWhoCancelsABackfillIsToldAndItStartsNoMore(t *testing.T) {
	h := newHouse(t)
	g := h.gate("g")
	h.apply(scheduled("nightly", "cat "+g.path, "[[trigger]]\nname = \"x\"\nschedule = \"0 12 * * *\"\n"))
	b := must[*rpc.BackfillStartResponse](t)(h.BackfillStart(t.Context(), &rpc.BackfillStartRequest{
		Schedule: "nightly", From: time.Date(2026, 3, 6, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC),
	})).Backfill
	open := g.reached()
	canceled := must[*rpc.Backfill](t)(h.BackfillCancel(t.Context(), &rpc.BackfillCancelRequest{ID: b.ID}))
	if canceled.Status != "canceled" || canceled.Done != 1 || canceled.FinishedAt == nil || canceled.Message != "canceled by "+b.Actor {
		t.Errorf("%+v", canceled)
	}
	open()
	h.over("nightly/1")
	if all := h.ticks(h.triggers("nightly")[0]); len(all) != 1 {
		t.Errorf("the ledger is %+v", all)
	}
	_, err := h.BackfillCancel(t.Context(), &rpc.BackfillCancelRequest{ID: 99})
	refused(t, err, rpc.CodeNotFound)
}

func TestABackfillThatCannotBeIsRefused(t *testing.T) {
	h := newHouse(t)
	h.apply(scheduled("nightly", "true", "[[trigger]]\nname = \"x\"\nschedule = \"0 12 * * *\"\n"))
	h.apply(scheduled("boot", "true", "[[trigger]]\nname = \"x\"\nschedule = \"@reboot\"\n"))
	h.apply(scheduled("busy", "true", "[[trigger]]\nname = \"x\"\nschedule = \"* * * * * *\"\n"))
	day := time.Date(2026, 3, 6, 0, 0, 0, 0, time.UTC)
	far := time.Now().Add(time.Hour)
	for _, c := range []struct {
		q    rpc.BackfillStartRequest
		says string
	}{
		{rpc.BackfillStartRequest{Schedule: "nightly", From: day, To: day}, "is not before"},
		{rpc.BackfillStartRequest{Schedule: "nightly", From: day, To: far}, "of the past"},
		{rpc.BackfillStartRequest{Schedule: "nightly", From: day, To: day.Add(time.Hour)}, "has no instant"},
		{rpc.BackfillStartRequest{Schedule: "nightly", From: day, To: day.Add(24 * time.Hour), MaxParallel: 101}, "max_parallel"},
		{rpc.BackfillStartRequest{Schedule: "nightly", From: day, To: day.Add(24 * time.Hour), Order: "sideways"}, "order"},
		{rpc.BackfillStartRequest{Schedule: "boot", From: day, To: day.Add(24 * time.Hour)}, "when the machine boots"},
		{rpc.BackfillStartRequest{Schedule: "busy", From: day, To: day.Add(24 * time.Hour)}, "in several parts"},
	} {
		_, err := h.BackfillStart(t.Context(), &c.q)
		refused(t, err, rpc.CodeInvalid, c.says)
	}
}
