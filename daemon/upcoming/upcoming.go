// Package upcoming tells in the words of the protocol when schedules are due.
//
// It owns how a timetable (package schedule) becomes what is told of it
// (package rpc): the instants to come with all that is out of the ordinary, the
// next that counts, what a schedule says of itself. It is values in, values out,
// so the daemon and a file that is nowhere applied are told alike, and each
// question costs a bounded number of instants. What became of instants, and
// what holds a schedule, is for the daemon to add.
package upcoming

import (
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/config/cron"
	"github.com/penstock/penstock/daemon/schedule"
	"github.com/penstock/penstock/rpc"
)

// The bounds of a question.
const (
	MaxCount = 1000 // instants that are told
	// maxLooked is how many instants that do not count are passed over for the
	// next that does.
	maxLooked = 10_000
)

// Schedule is what a schedule says of itself.
func Schedule(pipeline, trigger string, rule *schedule.Rule, t schedule.Timetable) rpc.Schedule {
	return rpc.Schedule{
		Name: pipeline + "/" + trigger, Pipeline: pipeline, Trigger: trigger, Kind: string(config.OnSchedule),
		Expression:  rule.Expression,
		Description: t.Expression().Describe(), Timezone: t.Zone().String(), Jitter: rule.Jitter.Seconds(),
		Include: rule.Include, Exclude: rule.Exclude, AtBoot: t.Expression().Kind() == cron.Reboot,
	}
}

// Next is the next instant after a mark that counts; nil where there is none.
// noneUntil is how far was looked where that was not to the end.
func Next(t schedule.Timetable, m schedule.Mark) (next *rpc.Instant, noneUntil *time.Time) {
	looked := 0
	for i := range t.After(m) {
		if !i.Excluded.Any() {
			told := Instant(i, t.Zone())
			return &told, nil
		}
		if looked++; looked == maxLooked {
			return nil, &i.At
		}
	}
	return nil, nil
}

// Instants are those after a mark up to and with a time, those that do not count
// among them: at most count, and whether there are more. The zero time is no end.
func Instants(t schedule.Timetable, m schedule.Mark, until time.Time, count int) (all []rpc.Instant, more bool) {
	all = []rpc.Instant{}
	for i := range t.After(m) {
		if !until.IsZero() && i.At.After(until) {
			break
		}
		if len(all) == count {
			return all, true
		}
		all = append(all, Instant(i, t.Zone()))
	}
	return all, false
}

// Instant is an instant as it is told.
func Instant(i schedule.Instant, zone *time.Location) rpc.Instant {
	told := rpc.Instant{
		At: i.At, Due: i.Due, Wall: i.At.In(zone).Format(time.RFC3339), Anomaly: i.Anomaly.String(),
	}
	for _, from := range i.ShiftedFrom {
		told.ShiftedFrom = append(told.ShiftedFrom, from.UTC())
	}
	if i.Anomaly == cron.Gap {
		told.Skipped = i.Wall.Format(time.TimeOnly)
	}
	if i.Excluded.Any() {
		told.Excluded = &rpc.Exclusion{Calendar: i.Excluded.Calendar, Title: i.Excluded.Title}
	}
	return told
}
