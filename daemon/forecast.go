package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/account"
	"github.com/penstock/penstock/daemon/forecast"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// The bounds of a forecast.
const (
	maxAhead    = 92 * 24 * time.Hour
	maxInstants = 100_000 // of all schedules; of a time that has more the beginning is told
	maxTop      = 100
)

// ScheduleForecast says what all schedules together will do.
func (d *Daemon) ScheduleForecast(ctx context.Context, q *rpc.ScheduleForecastRequest) (*rpc.Forecast, error) {
	now := time.Now()
	w := outlook{daemon: d, now: now, from: now, durations: map[uint64]time.Duration{}}
	if q.From != nil {
		w.from = *q.From
	}
	w.to = w.from.Add(24 * time.Hour)
	if q.To != nil {
		w.to = *q.To
	}
	switch {
	case q.Top < 0 || q.Top > maxTop:
		return nil, rpc.Errorf(rpc.CodeInvalid, "top %d: want 1 to %d, or 0 for 10", q.Top, maxTop)
	case !w.from.Before(w.to):
		return nil, rpc.Errorf(rpc.CodeInvalid, "from %s is not before to %s", w.from.Format(time.RFC3339), w.to.Format(time.RFC3339))
	case w.to.Sub(w.from) > maxAhead:
		return nil, rpc.Errorf(rpc.CodeInvalid, "a forecast is of at most %d days", int(maxAhead.Hours()/24))
	}
	w.view = d.store.View()
	defer w.view.Close()
	asked := w.to
	var err error
	if w.freeze, err = frozen(w.view); err == nil {
		err = w.addAll(ctx)
	}
	for errors.Is(err, errMany) && w.to.Sub(w.from) > time.Minute {
		w.halve()
		err = w.addAll(ctx)
	}
	if err != nil {
		return nil, failure(err, "the forecast")
	}
	f := forecast.Of(w.schedules, w.from, w.to, cmp.Or(q.Top, 10))
	f.Paused = w.paused
	if asked.After(w.to) {
		f.Asked = &asked
	}
	return &f, nil
}

// errMany: there are more than maxInstants.
var errMany = rpc.Errorf(rpc.CodeInvalid, "even a minute has more than %d instants to look at", maxInstants)

// outlook is a forecast in the making.
type outlook struct {
	daemon    *Daemon
	view      *store.View
	now       time.Time
	freeze    *rpc.Freeze // nil: nothing is frozen
	from, to  time.Time
	schedules []forecast.Schedule
	instants  int
	paused    int
	durations map[uint64]time.Duration // by pipeline
}

// addAll adds all schedules.
func (w *outlook) addAll(ctx context.Context) error {
	for p, err := range allPlanned(w.view, "", config.OnSchedule) {
		err = cmp.Or(err, ctx.Err())
		if err == nil {
			err = w.add(p)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// halve begins anew with half of the time.
func (w *outlook) halve() {
	w.to = w.from.Add(w.to.Sub(w.from) / 2).Truncate(time.Second)
	w.schedules, w.instants, w.paused = nil, 0, 0
}

// add adds a schedule, unless it is held as long as that lasts.
func (w *outlook) add(p planned) error {
	begin, ok := w.begin(p)
	if !ok {
		w.paused++
		return nil
	}
	due, err := w.due(p, begin)
	if err != nil {
		return err
	}
	s := forecast.Schedule{Name: p.name(), Due: due}
	if len(due) > 0 {
		if s.Duration, err = w.duration(p.pipeline.ID); err != nil {
			return err
		}
	}
	w.schedules = append(w.schedules, s)
	return nil
}

// begin is from when on a schedule starts runs again that is paused, or frozen
// like all; false: not in the time that is asked for.
func (w *outlook) begin(p planned) (begin time.Time, ok bool) {
	var ends []*time.Time // nil is for good
	if w.freeze != nil {
		ends = append(ends, w.freeze.Until)
	}
	if held, _ := p.paused(w.now); held != nil {
		ends = append(ends, held.Until)
	}
	begin = w.from
	for _, end := range ends {
		if end == nil || !end.Before(w.to) {
			return begin, false
		}
		if end.After(begin) {
			begin = *end
		}
	}
	return begin, true
}

// due lists when the runs of a schedule begin. What is decided is due no more,
// but of a past that is asked for nothing is left out.
func (w *outlook) due(p planned, begin time.Time) (due []time.Time, err error) {
	t, err := w.daemon.schedules.timetable(&p.trigger)
	if err != nil {
		return nil, fmt.Errorf("schedule %s: %w", p.name(), err)
	}
	mark := p.trigger.Mark
	mark.Through = begin.Add(-p.trigger.Rule.Jitter - 1)
	decided := p.trigger.Mark.Through
	if asksAhead := !begin.Before(w.now); (asksAhead || decided.After(w.now)) && decided.After(mark.Through) {
		mark.Through = decided
	}
	for i := range t.After(mark) {
		if !i.At.Before(w.to) {
			break
		}
		if w.instants++; w.instants > maxInstants {
			return nil, errMany
		}
		if !i.Excluded.Any() && !i.Due.Before(begin) && i.Due.Before(w.to) {
			due = append(due, i.Due)
		}
	}
	slices.SortFunc(due, time.Time.Compare) // a jitter that is drawn anew may bring two near
	return due, nil
}

// duration is how long runs of a pipeline take: the median of those among its
// newest that succeeded; 0: nothing is known.
func (w *outlook) duration(pipeline uint64) (time.Duration, error) {
	if known, ok := w.durations[pipeline]; ok {
		return known, nil
	}
	const newest = 10
	var took []time.Duration
	looked := 0
	for r, err := range w.view.RunsOf(pipeline) {
		if err != nil {
			return 0, err
		}
		if parentOf(&r) != 0 {
			continue
		}
		if looked++; looked > newest {
			break
		}
		s := account.Summary(&r.State, w.from)
		if r.State.Status == run.Success && s.Duration != nil && *s.Duration > 0 {
			took = append(took, time.Duration(*s.Duration*float64(time.Second)))
		}
	}
	median := time.Duration(0)
	if len(took) > 0 {
		slices.Sort(took)
		median = took[len(took)/2]
	}
	w.durations[pipeline] = median
	return median, nil
}
