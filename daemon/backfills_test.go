package daemon

import (
	"slices"
	"testing"
	"time"

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
