// Package forecast says what schedules together will do: how many runs are at
// work in each hour, when the most of them are at work at once, and whose runs
// begin before the one before is over.
//
// It is values in, values out. It knows of no queue and no limit: each run
// begins when it is due and takes as long as the runs of its pipeline used to,
// or a second where none is known. So it shows the load that is asked for, not
// the one that a limit leaves.
//
// Its cost grows with the number of runs n as n log n, which is what sorting
// them costs; who calls it bounds n.
package forecast

import (
	"cmp"
	"slices"
	"time"

	"github.com/penstock/penstock/rpc"
)

// Schedule is what is known of a schedule.
type Schedule struct {
	Name     string
	Duration time.Duration // that its runs take; 0: nothing is known
	Due      []time.Time   // when its runs begin, in order
}

// unknown is how long runs take of which nothing is known.
const unknown = time.Second

// maxNamed bounds how many schedules of a crowd are named.
const maxNamed = 20

// Of forecasts the time from from up to to. Of crowds and schedules the top
// ones are in the answer.
func Of(schedules []Schedule, from, to time.Time, top int) rpc.Forecast {
	f := rpc.Forecast{From: from, To: to, Hours: hours(from, to), Crowds: []rpc.Crowd{}, Schedules: []rpc.ScheduleLoad{}}
	for _, s := range schedules {
		f.Runs += len(s.Due)
		if s.Duration > 0 {
			f.Known++
		} else {
			f.Unknown++
		}
		if len(s.Due) > 0 {
			f.Schedules = append(f.Schedules, load(s))
		}
		for _, at := range s.Due {
			f.Hours[hourOf(from, at)].Runs++
		}
	}
	slices.SortStableFunc(f.Schedules, func(a, b rpc.ScheduleLoad) int {
		return cmp.Or(cmp.Compare(b.Busy, a.Busy), cmp.Compare(b.Runs, a.Runs), cmp.Compare(a.Schedule, b.Schedule))
	})
	f.Schedules = f.Schedules[:min(top, len(f.Schedules))]
	sweep(schedules, from, to, top, &f)
	return f
}

// hours are the hours of a time, empty.
func hours(from, to time.Time) []rpc.ForecastHour {
	all := []rpc.ForecastHour{}
	for at := from.Truncate(time.Hour); at.Before(to); at = at.Add(time.Hour) {
		all = append(all, rpc.ForecastHour{At: at})
	}
	return all
}

func hourOf(from, at time.Time) int { return int(at.Sub(from.Truncate(time.Hour)) / time.Hour) }

// load is what one schedule will do.
func load(s Schedule) rpc.ScheduleLoad {
	l := rpc.ScheduleLoad{Schedule: s.Name, Runs: len(s.Due)}
	if s.Duration == 0 {
		return l
	}
	each := s.Duration.Seconds()
	l.Duration, l.Busy = &each, each*float64(len(s.Due))
	for i := 1; i < len(s.Due); i++ {
		if s.Due[i].Sub(s.Due[i-1]) < s.Duration {
			l.Overlaps++
		}
	}
	return l
}
