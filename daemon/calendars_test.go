package daemon

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// dailyWithout is a schedule of every day that a calendar is taken from.
func dailyWithout(calendar string) string {
	return fmt.Sprintf("[[trigger]]\nname = \"x\"\nschedule = \"0 12 * * *\"\nexclude = [%q]\n", calendar)
}

func (h *house) put(name, text string) *rpc.CalendarPutResponse {
	h.t.Helper()
	return must[*rpc.CalendarPutResponse](h.t)(h.CalendarPut(h.t.Context(), &rpc.CalendarPutRequest{Name: name, Text: text}))
}

func TestAPutOfACalendarTellsWhichSchedulesItMoves(t *testing.T) {
	h := newHouse(t)
	if r := h.put("feasts", "2020-01-01 Once\n"); !r.Created || !r.Changed || len(r.Moved) != 0 || len(r.Calendar.UsedBy) != 0 {
		t.Errorf("%+v", r)
	}
	h.apply(scheduled("nightly", "true", dailyWithout("feasts")))
	h.apply(scheduled("other", "true", dailyWithout("weekend")))
	next := func() *time.Time {
		if i := must[*rpc.ScheduleListResponse](t)(h.ScheduleList(t.Context(), &rpc.ScheduleListRequest{Schedule: "nightly"})).Schedules[0].Next; i != nil {
			return &i.At
		}
		return nil
	}
	first := *next()
	text := first.Format("2006-01-02") + " A feast\n"
	q := rpc.CalendarPutRequest{Name: "feasts", Text: text, DryRun: true}
	want := rpc.ScheduleMoved{Schedule: "nightly/x", Timezone: "UTC", Before: &first}
	for _, dryRun := range []bool{true, false} {
		q.DryRun = dryRun
		r := must[*rpc.CalendarPutResponse](t)(h.CalendarPut(t.Context(), &q))
		if len(r.Moved) != 1 || r.Created || !r.Changed || r.Moved[0].Schedule != want.Schedule || !r.Moved[0].Before.Equal(first) || !r.Moved[0].After.Equal(first.AddDate(0, 0, 1)) {
			t.Errorf("%+v", r)
		}
		if is := *next(); is.Equal(first) != dryRun {
			t.Errorf("the next time is %v with dry run %v", is, dryRun)
		}
	}
	if r := h.put("feasts", text); r.Changed || len(r.Moved) != 0 || r.Calendar.PutBy == "" || r.Calendar.PutAt == nil {
		t.Errorf("put again: %+v", r)
	}
	h.halt()
	h.start()
	if is := *next(); !is.Equal(first.AddDate(0, 0, 1)) {
		t.Errorf("after a restart it is due at %v", is)
	}
	r := h.put("feasts", "mon..sun\n")
	if len(r.Moved) != 1 || r.Moved[0].After != nil || next() != nil {
		t.Errorf("%+v", r)
	}
}

func TestACalendarIsShownForAYearAndDeletedWhenNobodyUsesIt(t *testing.T) {
	h := newHouse(t)
	h.put("feasts", "2026-12-25..2026-12-26 Christmas\n2026-12-31T22:00..2027-01-01T06:00 Party\n")
	h.apply(scheduled("nightly", "true", dailyWithout("feasts")))
	got := must[*rpc.CalendarGetResponse](t)(h.CalendarGet(t.Context(), &rpc.CalendarGetRequest{Name: "feasts", Year: 2026, Timezone: "Europe/Berlin"}))
	var spans []string
	for _, s := range got.Spans {
		spans = append(spans, fmt.Sprint(s.From.Format(time.RFC3339), " ", s.To.Format(time.RFC3339), " ", s.AllDay, " ", s.Title))
	}
	want := []string{
		"2026-12-25T00:00:00+01:00 2026-12-27T00:00:00+01:00 true Christmas",
		"2026-12-31T22:00:00+01:00 2027-01-01T00:00:00+01:00 false Party",
	}
	if !slices.Equal(spans, want) || got.Text == "" || !slices.Equal(got.Calendar.UsedBy, []string{"nightly/x"}) {
		t.Errorf("%q\n%+v", spans, got)
	}
	if weekend := must[*rpc.CalendarGetResponse](t)(h.CalendarGet(t.Context(), &rpc.CalendarGetRequest{Name: "weekend", Year: 2026})); len(weekend.Spans) != 52 || !weekend.Calendar.BuiltIn {
		t.Errorf("%d weekends: %+v", len(weekend.Spans), weekend.Calendar)
	}
	list := must[*rpc.CalendarListResponse](t)(h.CalendarList(t.Context(), &rpc.Empty{}))
	var names []string
	for _, c := range list.Calendars {
		names = append(names, c.Name)
	}
	if !slices.Equal(names, []string{"feasts", "weekdays", "weekend"}) {
		t.Errorf("%q", names)
	}
	_, err := h.CalendarDelete(t.Context(), &rpc.CalendarDeleteRequest{Name: "feasts"})
	refused(t, err, rpc.CodeConflict, "nightly/x")
	h.apply(one("nightly", "true"))
	must[*rpc.Empty](t)(h.CalendarDelete(t.Context(), &rpc.CalendarDeleteRequest{Name: "feasts"}))
	_, err = h.CalendarGet(t.Context(), &rpc.CalendarGetRequest{Name: "feasts"})
	refused(t, err, rpc.CodeNotFound)
	_, err = h.CalendarDelete(t.Context(), &rpc.CalendarDeleteRequest{Name: "feasts"})
	refused(t, err, rpc.CodeNotFound)
}

// A record of a trigger that uses another calendar is damaged here: whoever reads
// it fails.
func TestAPutOfACalendarReadsOnlyTheSchedulesThatUseIt(t *testing.T) {
	h := newHouse(t)
	h.put("feasts", "2020-01-01 Once\n")
	h.put("others", "2020-01-01 Once\n")
	h.apply(scheduled("nightly", "true", dailyWithout("feasts")))
	h.apply(scheduled("other", "true", dailyWithout("others")))
	other := h.triggers("other")[0]
	h.update(func(tx *store.Tx) error {
		other.Rule.Expression = "nonsense"
		tx.UpdateTrigger(other)
		return nil
	})
	if r := h.put("feasts", "mon..sun\n"); len(r.Moved) != 1 || r.Calendar.Users != 1 || !slices.Equal(r.Calendar.UsedBy, []string{"nightly/x"}) {
		t.Errorf("%+v", r)
	}
	_, err := h.CalendarPut(t.Context(), &rpc.CalendarPutRequest{Name: "others", Text: "mon..sun\n"})
	refused(t, err, rpc.CodeInternal)
}

// Many schedules of one calendar are moved in several turns of the engine: none
// is to be left out.
func TestAPutOfACalendarMovesEachScheduleThatItShifts(t *testing.T) {
	h := newHouse(t)
	h.put("feasts", "2020-01-01 Once\n")
	const pipelines, each = 16, advanceAtOnce/16 + 1
	var all []store.Trigger
	for i := range pipelines {
		name, text := fmt.Sprint("p", i), ""
		for k := range each {
			text += fmt.Sprintf("[[trigger]]\nname = \"t%d\"\nschedule = \"%d %d * * *\"\nexclude = [\"feasts\"]\nshift = \"next\"\n", k, k, i)
		}
		h.apply(scheduled(name, "true", text))
		all = append(all, h.triggers(name)...)
	}
	h.update(func(tx *store.Tx) error {
		for _, t := range all {
			t.Mark.Through = time.Now().Add(-time.Second)
			tx.UpdateTrigger(t)
		}
		return nil
	})
	before := time.Now().UTC()
	closed := before.Format(time.DateOnly) + ".." + before.AddDate(0, 0, 2).Format(time.DateOnly) + "\n"
	if r := h.put("feasts", closed); len(r.Moved) != len(all) {
		t.Errorf("%d are moved, want %d", len(r.Moved), len(all))
	}
	for i := range pipelines {
		for _, trigger := range h.triggers(fmt.Sprint("p", i)) {
			if trigger.Mark.Through.Before(before) && len(h.ticks(trigger)) == 0 {
				t.Errorf("p%d/%s is accounted for through %v, want %v", i, trigger.Name, trigger.Mark.Through, before)
			}
		}
	}
}

func TestATextThatUsesACalendarAndItsDeletionDoNotPassEachOther(t *testing.T) {
	h := newHouse(t)
	h.put("feasts", "2020-01-01 Once\n")
	source, err := h.d.checkText(t.Context(), "nightly.toml", scheduled("nightly", "true", dailyWithout("feasts")))
	if err != nil {
		t.Fatal(err)
	}
	err = h.d.engine.Update(t.Context(), func(tx *store.Tx, now time.Time) error { // both in one turn
		p := store.Pipeline{ID: 1, Name: "nightly", Revision: 1}
		if err := h.d.putRevision(tx, p, &source.Pipeline, store.Revision{AppliedAt: now}); err != nil {
			return err
		}
		return removeCalendar(tx, "feasts")
	})
	refused(t, failure(err, "calendar"), rpc.CodeConflict, "nightly/x")
}

func TestWhatIsNoCalendarIsRefusedWithItsLine(t *testing.T) {
	h := newHouse(t)
	_, err := h.CalendarPut(t.Context(), &rpc.CalendarPutRequest{Name: "feasts", File: "f.txt", Text: "2026-12-25\nsoon\n"})
	refused(t, err, rpc.CodeInvalid)
	if e, ok := err.(*rpc.Error); !ok || len(e.Data.(rpc.InvalidData).Problems) != 1 || e.Data.(rpc.InvalidData).Problems[0].Line != 2 || e.Data.(rpc.InvalidData).Problems[0].File != "f.txt" {
		t.Errorf("%+v", err)
	}
	for _, name := range []string{"weekend", "No Name", ""} {
		_, err := h.CalendarPut(t.Context(), &rpc.CalendarPutRequest{Name: name, Text: "2026-12-25\n"})
		refused(t, err, rpc.CodeInvalid)
	}
	_, err = h.CalendarDelete(t.Context(), &rpc.CalendarDeleteRequest{Name: "weekend"})
	refused(t, err, rpc.CodeInvalid)
	for _, q := range []rpc.CalendarGetRequest{{Name: "weekend", Year: 3000}, {Name: "weekend", Timezone: "Berlin"}} {
		_, err := h.CalendarGet(t.Context(), &q)
		refused(t, err, rpc.CodeInvalid)
	}
}

func TestACalendarThatIsDeletedWhileATextIsAppliedIsNotNamed(t *testing.T) {
	h := newHouse(t)
	h.put("feasts", "12-25\n")
	source, err := h.d.checkText(t.Context(), "nightly.toml", scheduled("nightly", "true", dailyWithout("feasts")))
	if err != nil {
		t.Fatal(err)
	}
	must[*rpc.Empty](t)(h.CalendarDelete(t.Context(), &rpc.CalendarDeleteRequest{Name: "feasts"}))
	_, err = h.d.put(t.Context(), source, &rpc.PipelineApplyRequest{Text: "x"})
	refused(t, err, rpc.CodeConflict, "deleted meanwhile")
	err = h.d.change(t.Context(), func(tx *store.Tx, now time.Time) (uint64, error) { // as a clone does
		copied := store.Pipeline{ID: 1, Name: "nightly", Revision: 1}
		return copied.ID, h.d.putRevision(tx, copied, &source.Pipeline, store.Revision{AppliedAt: now})
	})
	refused(t, failure(err, "clone"), rpc.CodeConflict, "deleted meanwhile")
	if n := h.countTriggers("nightly"); n != 0 {
		t.Errorf("%d triggers were written", n)
	}
}

func TestSchedulesAreKeptByACalendarWhoeverHasGoneMeanwhile(t *testing.T) {
	h := newHouse(t)
	h.put("feasts", "2020-01-01 Once\n")
	h.apply(scheduled("nightly", "true", dailyWithout("feasts")))
	gone, leave := context.WithCancel(t.Context())
	leave()
	q := &rpc.CalendarPutRequest{Name: "feasts", Text: "2020-01-02 Once\n"}
	err := h.d.putCalendar(gone, q, store.Calendar{Name: q.Name, Text: q.Text}, &rpc.CalendarPutResponse{})
	if err != nil {
		t.Fatal(err)
	}
	trigger := h.triggers("nightly")[0]
	table, err := h.d.schedules.timetable(&trigger)
	if err != nil {
		t.Fatal(err)
	}
	mark := trigger.Mark
	mark.Through = time.Date(2020, 1, 1, 12, 0, 0, 0, time.UTC)
	if i, ok := table.Next(mark); !ok || !i.Excluded.Any() {
		t.Errorf("the next instant is %+v: the schedule is kept by the old calendar", i)
	}
}
