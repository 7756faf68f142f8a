package daemon

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/penstock/penstock/daemon/schedule"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

const yearly = "[[trigger]]\nname = %q\nschedule = \"0 0 1 1 *\"\ntimezone = \"Europe/Berlin\"\n"

// yearlyOnes are triggers that are due at New Year.
func yearlyOnes(names ...string) (text string) {
	for _, name := range names {
		text += fmt.Sprintf(yearly, name)
	}
	return text
}

func TestSchedulesAreListedByNamePageByPage(t *testing.T) {
	h := newHouse(t)
	h.apply(scheduled("b", "true", yearlyOnes("y", "x")))
	h.apply(scheduled("a", "true", yearlyOnes("z")))
	h.apply(scheduled("a-b", "true", yearlyOnes("z"))) // '-' is before '/'
	h.apply(scheduled("none", "true", "[[trigger]]\nafter = \"a\"\n"))
	want := []string{"a/z", "a-b/z", "b/x", "b/y", "none/after"}
	for limit := 1; limit <= 6; limit++ {
		var got []string
		q := rpc.ScheduleListRequest{Limit: limit}
		for {
			page := must[*rpc.ScheduleListResponse](t)(h.ScheduleList(t.Context(), &q))
			for _, s := range page.Schedules {
				got = append(got, s.Name)
			}
			if q.After = page.Next; q.After == "" {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("pages of %d: %q, want %q", limit, got, want)
		}
	}
	one := must[*rpc.ScheduleListResponse](t)(h.ScheduleList(t.Context(), &rpc.ScheduleListRequest{Schedule: "b/y"}))
	if len(one.Schedules) != 1 || one.Schedules[0].Name != "b/y" {
		t.Fatalf("%+v", one)
	}
	s, newYear := one.Schedules[0], time.Date(time.Now().In(zoneOf("Europe/Berlin")).Year()+1, 1, 1, 0, 0, 0, 0, zoneOf("Europe/Berlin"))
	if s.Timezone != "Europe/Berlin" || s.Next == nil || !s.Next.At.Equal(newYear) || s.Last != nil || s.Pause != nil || s.Description == "" {
		t.Errorf("%+v", s)
	}
	other := must[*rpc.ScheduleListResponse](t)(h.ScheduleList(t.Context(), &rpc.ScheduleListRequest{Schedule: "none"})).Schedules
	if len(other) != 1 || other[0].Kind != "after" || other[0].Next != nil || other[0].Description != "after a (success)" {
		t.Errorf("%+v", other)
	}
	for _, name := range []string{"nope", "a/nope"} {
		_, err := h.ScheduleList(t.Context(), &rpc.ScheduleListRequest{Schedule: name})
		refused(t, err, rpc.CodeNotFound)
	}
	_, err := h.ScheduleNext(t.Context(), &rpc.ScheduleNextRequest{Schedule: "none/after"})
	refused(t, err, rpc.CodeInvalid, "waits for after")
	_, err = h.SchedulePlay(t.Context(), &rpc.SchedulePlayRequest{Schedule: "none"})
	refused(t, err, rpc.CodeNotFound, "has no schedule")
	h.apply(scheduled("bare", "true", ""))
	_, err = h.ScheduleList(t.Context(), &rpc.ScheduleListRequest{Schedule: "bare"})
	refused(t, err, rpc.CodeNotFound, "has no trigger")
}

// A clock that was ahead leaves a mark there: nothing up to it is due again.
func TestAScheduleWhoseMarkIsAheadOfTheClockSaysThatItRests(t *testing.T) {
	h := newHouse(t)
	h.apply(scheduled("nightly", "true", "[[trigger]]\nschedule = \"0 * * * *\"\n"))
	if s := h.planned("nightly"); s.RestsUntil != nil {
		t.Fatalf("it rests until %v", s.RestsUntil)
	}
	h.missed(h.triggers("nightly")[0], -150*time.Minute)
	mark := h.triggers("nightly")[0].Mark.Through
	if s := h.planned("nightly"); s.RestsUntil == nil || !s.RestsUntil.Equal(mark) || !s.Next.At.After(mark) {
		t.Errorf("%+v rests until %v, next %+v; want %v", s, s.RestsUntil, s.Next, mark)
	}
	next := must[*rpc.ScheduleNextResponse](t)(h.ScheduleNext(t.Context(), &rpc.ScheduleNextRequest{Schedule: "nightly"})).Schedules[0]
	if !next.Instants[0].At.After(mark) {
		t.Errorf("%v is said to be due: that is before %v", next.Instants[0].At, mark)
	}
	from, to := time.Now(), time.Now().Add(3*time.Hour)
	load := must[*rpc.Forecast](t)(h.ScheduleForecast(t.Context(), &rpc.ScheduleForecastRequest{From: &from, To: &to}))
	if load.Runs > 1 {
		t.Errorf("%d runs are forecast in three hours, of which it rests two and a half", load.Runs)
	}
}

// planned is how the one schedule of a pipeline stands.
func (h *house) planned(name string) rpc.Schedule {
	h.t.Helper()
	return must[*rpc.ScheduleListResponse](h.t)(h.ScheduleList(h.t.Context(), &rpc.ScheduleListRequest{Schedule: name})).Schedules[0]
}

// A trigger of another kind that its failure has paused must be seen and resumed.
func TestTriggersOfOtherKindsArePausedAndResumedAsWell(t *testing.T) {
	h := newHouse(t)
	h.apply(scheduled("deploy", "true", "[[trigger]]\nafter = \"build\"\n"))
	paused := must[*rpc.SchedulesResponse](t)(h.SchedulePause(t.Context(), &rpc.SchedulePauseRequest{Schedule: "deploy/after"})).Schedules
	if len(paused) != 1 || paused[0].Pause == nil {
		t.Errorf("%+v", paused)
	}
	resumed := must[*rpc.SchedulesResponse](t)(h.ScheduleResume(t.Context(), &rpc.ScheduleResumeRequest{Schedule: "deploy"})).Schedules
	if len(resumed) != 1 || resumed[0].Pause != nil {
		t.Errorf("%+v", resumed)
	}
}

func TestARunInTimeDoesNotStandAgainstAPlay(t *testing.T) {
	h := newHouse(t)
	h.apply(scheduled("nightly", "true", yearlyOnes("x")))
	h.record(t, "nightly", store.Tick{Trigger: "x", At: time.Now(), Decision: schedule.Fired})
	must[*rpc.SchedulePlayResponse](t)(h.SchedulePlay(t.Context(), &rpc.SchedulePlayRequest{Schedule: "nightly"}))
}

func TestAnApplyTellsWhenTheSchedulesAreDueNext(t *testing.T) {
	h := newHouse(t)
	text := scheduled("nightly", "true", yearlyOnes("x"))
	dry := must[*rpc.PipelineApplyResponse](t)(h.PipelineApply(t.Context(), &rpc.PipelineApplyRequest{Text: text, DryRun: true}))
	if all := h.countTriggers("nightly"); all != 0 {
		t.Errorf("a dry run has made %d triggers", all)
	}
	for _, answer := range []*rpc.PipelineApplyResponse{dry, h.apply(text), h.apply(text)} {
		if len(answer.Schedules) != 1 || answer.Schedules[0].Next == nil || answer.Schedules[0].Name != "nightly/x" {
			t.Errorf("%+v", answer)
		}
	}
	_, err := h.PipelineApply(t.Context(), &rpc.PipelineApplyRequest{Text: scheduled("nightly", "true", yearlyOnes("x")+"exclude = [\"feasts\"]\n")})
	refused(t, err, rpc.CodeInvalid)
	if e, ok := err.(*rpc.Error); !ok || !strings.Contains(fmt.Sprint(e.Data), "there is no calendar") {
		t.Errorf("%+v", err)
	}
}

// countTriggers counts the triggers of a pipeline that may not be there.
func (h *house) countTriggers(pipeline string) (n int) {
	view := h.d.store.View()
	defer view.Close()
	if p, err := view.PipelineNamed(pipeline); err == nil {
		all, _ := view.TriggersOf(p.ID)
		n = len(all)
	}
	return n
}

func TestTheNextInstantsOfASchedule(t *testing.T) {
	h := newHouse(t)
	h.apply(scheduled("nightly", "true", "[[trigger]]\nschedule = \"30 2 * * *\"\ntimezone = \"Europe/Berlin\"\n"))
	from, until := time.Date(2026, 3, 28, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 30, 0, 30, 0, 0, time.UTC)
	next := must[*rpc.ScheduleNextResponse](t)(h.ScheduleNext(t.Context(), &rpc.ScheduleNextRequest{Schedule: "nightly", From: &from, Until: &until}))
	var got []string
	for _, i := range next.Schedules[0].Instants {
		got = append(got, strings.TrimRight(i.Wall+" "+i.Anomaly+" "+i.Skipped, " "))
	}
	want := []string{"2026-03-28T02:30:00+01:00", "2026-03-29T03:00:00+02:00 gap 02:30:00", "2026-03-30T02:30:00+02:00"}
	if !slices.Equal(got, want) || next.Schedules[0].More {
		t.Errorf("%q, want %q", got, want)
	}
	two := must[*rpc.ScheduleNextResponse](t)(h.ScheduleNext(t.Context(), &rpc.ScheduleNextRequest{Schedule: "nightly/schedule", Count: 2})).Schedules[0]
	if len(two.Instants) != 2 || !two.More || two.Instants[0].At.Before(time.Now()) {
		t.Errorf("%+v", two)
	}
	_, err := h.ScheduleNext(t.Context(), &rpc.ScheduleNextRequest{Schedule: "nightly", Count: 1001})
	refused(t, err, rpc.CodeInvalid)
}

func TestSchedulesArePausedAndResumed(t *testing.T) {
	h := newHouse(t)
	h.apply(scheduled("nightly", "true", yearlyOnes("x", "y")))
	until := time.Now().Add(time.Hour)
	answer := must[*rpc.SchedulesResponse](t)(h.SchedulePause(t.Context(), &rpc.SchedulePauseRequest{Schedule: "nightly/x", Reason: "why", Until: &until}))
	if p := answer.Schedules[0].Pause; len(answer.Schedules) != 1 || p == nil || p.Reason != "why" || !p.Until.Equal(until) || answer.Schedules[0].PauseOf != "nightly/x" {
		t.Errorf("%+v", answer)
	}
	h.halt()
	h.start()
	held := func() (names []string) {
		for _, s := range must[*rpc.ScheduleListResponse](t)(h.ScheduleList(t.Context(), &rpc.ScheduleListRequest{})).Schedules {
			if s.Pause != nil {
				names = append(names, s.Name+" by "+s.PauseOf)
			}
		}
		return names
	}
	if got := held(); !slices.Equal(got, []string{"nightly/x by nightly/x"}) {
		t.Errorf("%q", got)
	}
	must[*rpc.SchedulesResponse](t)(h.SchedulePause(t.Context(), &rpc.SchedulePauseRequest{Schedule: "nightly"}))
	must[*rpc.SchedulesResponse](t)(h.ScheduleResume(t.Context(), &rpc.ScheduleResumeRequest{Schedule: "nightly/y"}))
	must[*rpc.SchedulesResponse](t)(h.ScheduleResume(t.Context(), &rpc.ScheduleResumeRequest{Schedule: "nightly"}))
	if again := must[*rpc.SchedulesResponse](t)(h.ScheduleResume(t.Context(), &rpc.ScheduleResumeRequest{Schedule: "nightly"})); !again.Unchanged {
		t.Errorf("resumed again: %+v", again)
	}
	must[*rpc.PipelinePausesResponse](t)(h.PipelinePause(t.Context(), &rpc.PipelinePauseRequest{Name: "nightly"}))
	if got := held(); !slices.Equal(got, []string{"nightly/x by nightly", "nightly/y by nightly"}) {
		t.Errorf("%q", got)
	}
	byPipeline := must[*rpc.SchedulesResponse](t)(h.ScheduleResume(t.Context(), &rpc.ScheduleResumeRequest{Schedule: "nightly/x"}))
	if !byPipeline.Unchanged || byPipeline.Schedules[0].PauseOf != "nightly" {
		t.Errorf("%+v", byPipeline)
	}
	past := time.Now().Add(-time.Second)
	_, err := h.SchedulePause(t.Context(), &rpc.SchedulePauseRequest{Schedule: "nightly", Until: &past})
	refused(t, err, rpc.CodeInvalid, "is past")
}

// B29.T3 and T4: a play makes a run of source schedule, paused or not, moves
// nothing, and a second one within the minute is refused.
func TestAPlayedScheduleStartsARunAndStaysWhereItIs(t *testing.T) {
	h := newHouse(t)
	h.apply(scheduled("nightly", "true", yearlyOnes("x", "y")))
	_, err := h.SchedulePlay(t.Context(), &rpc.SchedulePlayRequest{Schedule: "nightly"})
	refused(t, err, rpc.CodeInvalid, "nightly/x, nightly/y")
	must[*rpc.SchedulesResponse](t)(h.SchedulePause(t.Context(), &rpc.SchedulePauseRequest{Schedule: "nightly/x"}))
	before := h.triggers("nightly")[0].Mark
	answer := must[*rpc.SchedulePlayResponse](t)(h.SchedulePlay(t.Context(), &rpc.SchedulePlayRequest{Schedule: "nightly/x", Note: "a try"}))
	if c := answer.Run.Cause; c.Source != "schedule" || c.Trigger != "x" || c.ScheduledAt == nil || c.Note != "a try" || c.Actor == "" {
		t.Errorf("%+v", answer.Run)
	}
	if after := h.triggers("nightly")[0].Mark; after != before {
		t.Errorf("the schedule went from %+v to %+v", before, after)
	}
	if last := answer.Schedule.Last; last == nil || last.Subject != "play" || last.Run != answer.Run.Name || last.Decision != "fired" {
		t.Errorf("%+v", last)
	}
	_, err = h.SchedulePlay(t.Context(), &rpc.SchedulePlayRequest{Schedule: "nightly/x"})
	refused(t, err, rpc.CodeConflict, "a moment ago")
	must[*rpc.SchedulePlayResponse](t)(h.SchedulePlay(t.Context(), &rpc.SchedulePlayRequest{Schedule: "nightly/y"}))
	why := must[*rpc.Explanation](t)(h.RunWhy(t.Context(), &rpc.RunWhyRequest{Run: answer.Run.Name}))
	if text := why.Causes[0].Text; !strings.Contains(text, "played its schedule x: a try") {
		t.Errorf("why: %q", text)
	}
}

func TestARefusedPlayIsToldAndNotRecorded(t *testing.T) {
	h := newHouse(t)
	h.apply(scheduled("nightly", "true", yearlyOnes("x")))
	must[*rpc.Freeze](t)(h.FreezeSet(t.Context(), &rpc.FreezeSetRequest{}))
	_, err := h.SchedulePlay(t.Context(), &rpc.SchedulePlayRequest{Schedule: "nightly"})
	refused(t, err, rpc.CodeConflict)
	must[*rpc.FreezeResponse](t)(h.FreezeLift(t.Context(), &rpc.Empty{}))
	must[*rpc.SchedulePlayResponse](t)(h.SchedulePlay(t.Context(), &rpc.SchedulePlayRequest{Schedule: "nightly"}))
}

func TestTwoPlaysAtTheSameTimeAreOne(t *testing.T) {
	h := newHouse(t)
	h.apply(scheduled("nightly", "true", yearlyOnes("x")))
	errs := make(chan error)
	for range 8 {
		go func() {
			_, err := h.d.SchedulePlay(context.Background(), &rpc.SchedulePlayRequest{Schedule: "nightly"})
			errs <- err
		}()
	}
	done := 0
	for range 8 {
		if err := <-errs; err == nil {
			done++
		} else {
			refused(t, err, rpc.CodeConflict)
		}
	}
	if done != 1 {
		t.Errorf("%d of them started a run", done)
	}
}

func TestWhyTellsTheInstantThatARunIsFor(t *testing.T) {
	h := newHouse(t)
	h.apply(scheduled("nightly", "true", "[[trigger]]\nschedule = \"@every 1h\"\ntimezone = \"Europe/Berlin\"\n"))
	trigger := h.triggers("nightly")[0]
	h.update(func(tx *store.Tx) error {
		trigger.Mark.Anchor = time.Now().Add(-30 * time.Minute).Add(-10 * time.Hour)
		tx.UpdateTrigger(trigger)
		return nil
	})
	h.missed(trigger, 40*time.Minute)
	h.halt()
	h.start()
	tick := h.awaitTicks(trigger, 1)[0]
	why := must[*rpc.Explanation](t)(h.RunWhy(t.Context(), &rpc.RunWhyRequest{Run: "nightly/1"}))
	text := why.Causes[0].Text
	if want := "its schedule was due at " + tick.At.In(zoneOf("Europe/Berlin")).Format("2006-01-02 15:04:05 -0700") + ", which was missed"; !strings.Contains(text, want) {
		t.Errorf("why: %q, want %q", text, want)
	}
}

func TestTheLastOfAScheduleIsTheRecordOfItsNewestInstant(t *testing.T) {
	h := newHouse(t)
	h.apply(scheduled("nightly", "true", "[[trigger]]\nschedule = \"@yearly\"\ntimezone = \"Europe/Berlin\"\n"))
	trigger := h.triggers("nightly")[0]
	first, decided := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC), time.Now().UTC()
	record := func(minute int, d schedule.Decision, count, last int, at time.Time) {
		tick := store.Tick{
			Pipeline: trigger.Pipeline, Trigger: trigger.Name, At: first.Add(time.Duration(minute) * time.Minute),
			Decision: d, DecidedAt: at, Revision: 1, Count: count,
		}
		if count != 0 {
			tick.Last = first.Add(time.Duration(last) * time.Minute)
		}
		h.update(func(tx *store.Tx) error { tx.PutTick(tick); return nil })
	}
	last := func() *rpc.Tick {
		return must[*rpc.ScheduleListResponse](t)(h.ScheduleList(t.Context(), &rpc.ScheduleListRequest{})).Schedules[0].Last
	}
	record(0, schedule.Dropped, 5000, 99_999, decided.Add(-time.Hour)) // is over before what follows was decided
	record(10, schedule.Dropped, 1200, 4000, decided)
	record(11, schedule.Skipped, -10_001, 3999, decided)
	record(12, schedule.CaughtUp, 0, 0, decided)
	got := last()
	if got.Decision != "dropped" || got.Count != 1200 || got.LastWall != "2026-03-17T07:40:00+01:00" || !got.Last.Equal(first.Add(4000*time.Minute)) {
		t.Errorf("%+v", got)
	}
	record(5000, schedule.Fired, 0, 0, decided.Add(time.Hour))
	if got := last(); got.Decision != "fired" || got.LastWall != "" {
		t.Errorf("%+v", got)
	}
}

func TestTheForecastGoesByPastRuns(t *testing.T) {
	h := newHouse(t)
	hourly := hourlyNotNow()
	h.apply(scheduled("nightly", "true", "[[trigger]]\nschedule = \""+hourly+"\"\n"))
	h.apply(scheduled("paused", "true", yearlyOnes("x")))
	h.apply(scheduled("other", "true", "[[trigger]]\nschedule = \""+strings.Replace(hourly, "*", "0", 1)+"\"\n"))
	must[*rpc.SchedulesResponse](t)(h.SchedulePause(t.Context(), &rpc.SchedulePauseRequest{Schedule: "paused"}))
	run := must[*rpc.RunStartResponse](t)(h.RunStart(t.Context(), &rpc.RunStartRequest{Pipeline: "nightly"})).Run
	took := *h.over(run.Name).Duration
	from := time.Now().Truncate(24 * time.Hour).Add(24 * time.Hour)
	to := from.Add(24 * time.Hour)
	f := must[*rpc.Forecast](t)(h.ScheduleForecast(t.Context(), &rpc.ScheduleForecastRequest{From: &from, To: &to}))
	if f.Asked != nil || f.Runs != 25 || len(f.Hours) != 24 || f.Known != 1 || f.Unknown != 1 || f.Paused != 1 || f.Hours[0].Runs != 2 {
		t.Errorf("%+v", f)
	}
	if l := f.Schedules[0]; l.Schedule != "nightly/schedule" || l.Duration == nil || *l.Duration-took > 0.001 || took-*l.Duration > 0.001 || l.Runs != 24 {
		t.Errorf("%+v, a run took %v s", f.Schedules, took)
	}
	if len(f.Crowds) != 1 || !slices.Equal(f.Crowds[0].Schedules, []string{"nightly/schedule", "other/schedule"}) {
		t.Errorf("%+v", f.Crowds)
	}
	far := from.Add(93 * 24 * time.Hour)
	for _, q := range []rpc.ScheduleForecastRequest{{From: &to, To: &from}, {To: &far}, {Top: 101}} {
		_, err := h.ScheduleForecast(t.Context(), &q)
		refused(t, err, rpc.CodeInvalid)
	}
	// It is due while we look: its run has no end that could be known.
	h.apply(scheduled("busy", "sleep 600", "overlap = \"skip\"\n[[trigger]]\nschedule = \"* * * * * *\"\n"))
	far = from.Add(2 * 24 * time.Hour)
	f = must[*rpc.Forecast](t)(h.ScheduleForecast(t.Context(), &rpc.ScheduleForecastRequest{From: &from, To: &far}))
	if !f.To.Equal(to) || f.Asked == nil || !f.Asked.Equal(far) || f.Runs != 86_400+25 || f.Paused != 1 || f.Known != 1 || f.Unknown != 2 {
		t.Errorf("up to %v of %v there are %d runs of %d and %d schedules, %d paused", f.To, f.Asked, f.Runs, f.Known, f.Unknown, f.Paused)
	}
}

// forecastOf is how many runs are forecast of the hours from now on, and how many
// schedules are left out.
func (h *house) forecastOf(hours int) (runs, leftOut int) {
	h.t.Helper()
	to := time.Now().Add(time.Duration(hours) * time.Hour)
	f := must[*rpc.Forecast](h.t)(h.ScheduleForecast(h.t.Context(), &rpc.ScheduleForecastRequest{To: &to}))
	return f.Runs, f.Paused
}

func TestTheForecastLeavesOutWhatIsHeld(t *testing.T) {
	after := func(hours int) *time.Time {
		at := time.Now().Add(time.Duration(hours) * time.Hour)
		return &at
	}
	for name, c := range map[string]struct {
		schedule, pipeline, freeze *time.Time // nil: not held
		runs, leftOut              int
	}{
		"nothing is":                        {nil, nil, nil, 12, 0},
		"the schedule is":                   {after(4), nil, nil, 8, 0},
		"its pipeline is for longer":        {after(2), after(8), nil, 4, 0},
		"its pipeline is not for as long":   {after(8), after(2), nil, 4, 0},
		"all is, for longer":                {nil, after(2), after(6), 6, 0},
		"all is, as long as that is looked": {nil, nil, after(13), 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.apply(scheduled("nightly", "true", "[[trigger]]\nschedule = \"0 * * * *\"\n"))
			if c.schedule != nil {
				must[*rpc.SchedulesResponse](t)(h.SchedulePause(t.Context(), &rpc.SchedulePauseRequest{Schedule: "nightly", Until: c.schedule}))
			}
			if c.pipeline != nil {
				must[*rpc.PipelinePausesResponse](t)(h.PipelinePause(t.Context(), &rpc.PipelinePauseRequest{Name: "nightly", Until: c.pipeline}))
			}
			if c.freeze != nil {
				must[*rpc.Freeze](t)(h.FreezeSet(t.Context(), &rpc.FreezeSetRequest{Until: c.freeze}))
			}
			runs, leftOut := h.forecastOf(12)
			if runs < c.runs-1 || runs > c.runs+1 || leftOut != c.leftOut { // an hour may turn meanwhile
				t.Errorf("%d runs, %d schedules are left out; want %d, %d", runs, leftOut, c.runs, c.leftOut)
			}
			if c.schedule != nil && c.pipeline != nil {
				longest, of := c.schedule, "nightly/schedule"
				if c.pipeline.After(*longest) {
					longest, of = c.pipeline, "nightly"
				}
				if s := h.planned("nightly"); s.PauseOf != of || !s.Pause.Until.Equal(*longest) {
					t.Errorf("it is held by %s until %v, want %s until %v", s.PauseOf, s.Pause.Until, of, longest)
				}
			}
		})
	}
}

// An instant before a schedule was applied is not due, however long its jitter is.
func TestTheForecastKnowsFromWhenOnAScheduleIsDue(t *testing.T) {
	h := newHouse(t)
	text := ""
	for n := range 5 { // the jitter follows from the name: of one at least it is more than an hour
		text += fmt.Sprintf("[[trigger]]\nname = \"t%d\"\nschedule = %q\njitter = \"24h\"\n", n, time.Now().UTC().Add(-time.Hour).Format("@at 2006-01-02T15:04:05"))
	}
	h.apply(scheduled("nightly", "true", text))
	if runs, _ := h.forecastOf(30); runs != 0 {
		t.Errorf("%d runs are forecast", runs)
	}
}
