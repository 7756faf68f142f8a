package daemon

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/penstock/penstock/daemon/schedule"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// dawn is the first instant of the ledgers of these tests.
var dawn = time.Date(2026, 3, 28, 1, 30, 0, 0, time.UTC)

// record writes ticks of a pipeline into the ledger.
func (h *house) record(t interface{ Fatal(...any) }, pipeline string, ticks ...store.Tick) {
	err := h.d.engine.Update(context.Background(), func(tx *store.Tx, _ time.Time) error {
		p, err := tx.PipelineNamed(pipeline)
		for _, one := range ticks {
			one.Pipeline = p.ID
			tx.PutTick(one)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// forget removes the ledger of a pipeline.
func (h *house) forget(t interface{ Fatal(...any) }, pipeline string) {
	err := h.d.engine.Update(context.Background(), func(tx *store.Tx, _ time.Time) error {
		p, err := tx.PipelineNamed(pipeline)
		if err != nil {
			return err
		}
		_, err = tx.ForgetTicks(p.ID, 1000)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Pages of the ledger of several triggers, read as one with any filter, are the
// sorted list of their records: none is missed, none comes twice.
func TestPagesOfTheLedgerAreTheSortedLedger(t *testing.T) {
	h := newHouse(t)
	h.apply(one("nightly", "true"))
	rapid.Check(t, func(rt *rapid.T) {
		all := drawTicks(rt)
		h.record(rt, "nightly", all...)
		defer h.forget(rt, "nightly")
		q := drawAudit(rt)
		var want []string
		for _, tick := range all {
			if auditTakes(q, tick) {
				want = append(want, fmt.Sprint(tick.At.UTC(), tick.Trigger, tick.Subject))
			}
		}
		var got []string
		for {
			page, err := h.ScheduleAudit(context.Background(), q)
			if err != nil {
				rt.Fatal(err)
			}
			for _, tick := range page.Ticks {
				got = append(got, fmt.Sprint(tick.At.UTC(), strings.TrimPrefix(tick.Schedule, "nightly/"), tick.Subject))
			}
			if len(page.Ticks) > q.Limit {
				rt.Fatalf("a page of %d has %d", q.Limit, len(page.Ticks))
			}
			if q.Before = page.Next; q.Before == "" {
				break
			}
		}
		if !slices.IsSortedFunc(got, func(a, b string) int { return -strings.Compare(a[:20], b[:20]) }) {
			rt.Fatalf("not newest first: %q", got)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			rt.Fatalf("%+v gives\n%q, want\n%q", q, got, want)
		}
	})
}

func drawTicks(rt *rapid.T) []store.Tick {
	return rapid.SliceOfNDistinct(rapid.Custom(func(rt *rapid.T) store.Tick {
		return store.Tick{
			Trigger:  rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "trigger"),
			At:       dawn.Add(time.Duration(rapid.IntRange(0, 4).Draw(rt, "hour")) * time.Hour),
			Subject:  rapid.SampledFrom([]string{"", "play"}).Draw(rt, "subject"),
			Decision: rapid.SampledFrom([]schedule.Decision{schedule.Fired, schedule.Skipped}).Draw(rt, "decision"),
		}
	}), 0, 15, func(tick store.Tick) string { return fmt.Sprint(tick.At, tick.Trigger, tick.Subject) }).Draw(rt, "ticks")
}

func drawAudit(rt *rapid.T) *rpc.ScheduleAuditRequest {
	q := &rpc.ScheduleAuditRequest{Schedule: "nightly", Limit: rapid.IntRange(1, 4).Draw(rt, "limit")}
	moment := func(label string) *time.Time {
		if !rapid.Bool().Draw(rt, label) {
			return nil
		}
		at := dawn.Add(time.Duration(rapid.IntRange(-1, 5).Draw(rt, label)) * time.Hour)
		return &at
	}
	q.Since, q.Until = moment("since"), moment("until")
	if rapid.Bool().Draw(rt, "filtered") {
		q.Decisions = []string{"skipped"}
	}
	return q
}

func auditTakes(q *rpc.ScheduleAuditRequest, tick store.Tick) bool {
	return (q.Since == nil || !tick.At.Before(*q.Since)) && (q.Until == nil || tick.At.Before(*q.Until)) &&
		(len(q.Decisions) == 0 || tick.Decision == schedule.Skipped)
}

func TestTheLedgerTellsOfRunsZonesAndTriggersThatAreGone(t *testing.T) {
	h := newHouse(t)
	h.apply(one("nightly", "true"))
	run := must[*rpc.RunStartResponse](t)(h.RunStart(t.Context(), &rpc.RunStartRequest{Pipeline: "nightly"})).Run
	h.record(t, "nightly",
		store.Tick{Trigger: "gone", At: dawn, Decision: schedule.Fired, Run: run.ID},
		store.Tick{Trigger: "gone", At: dawn.Add(time.Hour), Decision: schedule.Fired, Run: 1 << 40},
		store.Tick{Trigger: "other", At: dawn, Decision: schedule.Dropped, Reason: schedule.TooOld, Count: 3, Last: dawn.Add(time.Hour)})
	page := must[*rpc.ScheduleAuditResponse](t)(h.ScheduleAudit(t.Context(), &rpc.ScheduleAuditRequest{Schedule: "nightly/gone"}))
	if len(page.Ticks) != 2 || page.Ticks[0].Run != fmt.Sprintf("id %d", 1<<40) || page.Ticks[1].Run != run.Name || page.Ticks[1].Wall != "2026-03-28T01:30:00Z" {
		t.Errorf("%+v", page)
	}
	made := must[*rpc.ScheduleHistoryResponse](t)(h.ScheduleHistory(t.Context(), &rpc.ScheduleHistoryRequest{Schedule: "nightly"}))
	if len(made.Runs) != 1 || made.Runs[0].Name != run.Name || made.Next != "" {
		t.Errorf("%+v", made)
	}
	for _, q := range []rpc.ScheduleAuditRequest{
		{Schedule: "nightly/never"}, {Schedule: "nope"},
		{Schedule: "nightly", Before: "x"}, {Schedule: "nightly", Decisions: []string{"flown"}}, {Schedule: "nightly", Limit: -1},
	} {
		if _, err := h.ScheduleAudit(t.Context(), &q); err == nil {
			t.Errorf("%+v is answered", q)
		}
	}
}

func TestAPageOfTheLedgerIsBoundedInWhatItLooksAtAndStillGoesOn(t *testing.T) {
	h := newHouse(t)
	h.apply(one("nightly", "true"))
	for hour := range 5 {
		h.record(t, "nightly", store.Tick{Trigger: "a", At: dawn.Add(time.Duration(hour) * time.Hour), Decision: schedule.Skipped})
	}
	view := h.d.store.View()
	defer view.Close()
	l := must[*ledgers](t)(ledgersOf(view, "nightly"))
	l.most = 2
	looked, cursor := 0, ""
	for page := range 3 {
		next, err := l.page(span{until: endOfTime}, cursor, 10, func(store.Tick) (bool, error) { looked++; return false, nil })
		if err != nil || (next == "") != (page == 2) {
			t.Fatalf("page %d ends at %q: %v", page, next, err)
		}
		cursor = next
	}
	if looked != 5 {
		t.Errorf("%d records were looked at, not 5", looked)
	}
}

func TestAnEarlierEndWinsOverTheCursor(t *testing.T) {
	h := newHouse(t)
	h.apply(one("nightly", "true"))
	for hour := range 3 {
		h.record(t, "nightly", store.Tick{Trigger: "a", At: dawn.Add(time.Duration(hour) * time.Hour), Decision: schedule.Fired})
	}
	first := must[*rpc.ScheduleAuditResponse](t)(h.ScheduleAudit(t.Context(), &rpc.ScheduleAuditRequest{Schedule: "nightly", Limit: 1}))
	until := dawn.Add(time.Hour)
	rest := must[*rpc.ScheduleAuditResponse](t)(h.ScheduleAudit(t.Context(), &rpc.ScheduleAuditRequest{Schedule: "nightly", Before: first.Next, Until: &until}))
	if len(rest.Ticks) != 1 || !rest.Ticks[0].At.Equal(dawn) {
		t.Errorf("%+v", rest.Ticks)
	}
}
