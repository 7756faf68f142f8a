package upcoming

import (
	"sort"
	"time"

	"github.com/penstock/penstock/daemon/schedule"
	"github.com/penstock/penstock/rpc"
)

// Spans are the times that a calendar covers between two times, on the clocks
// of a zone. It looks at each minute, and where a minute is another than the one
// before for the second at which that begins: what lasts less than a minute may
// be missed.
func Spans(c schedule.Calendar, from, to time.Time, zone *time.Location) []rpc.CalendarSpan {
	spans := []rpc.CalendarSpan{}
	last := cover{}
	for at := from; at.Before(to); at = at.Add(time.Minute) {
		now := coverAt(c, at, zone)
		if now == last {
			continue
		}
		turn := at
		if at.After(from) {
			turn = change(c, at, last, zone)
		}
		if last.is {
			spans[len(spans)-1].To = turn.In(zone)
		}
		if now.is {
			spans = append(spans, rpc.CalendarSpan{From: turn.In(zone), To: to.In(zone), Title: now.title})
		}
		last = now
	}
	for i := range spans {
		spans[i].AllDay = isMidnight(spans[i].From) && isMidnight(spans[i].To)
	}
	return spans
}

// cover is whether a time is covered, and by what.
type cover struct {
	is    bool
	title string
}

func coverAt(c schedule.Calendar, at time.Time, zone *time.Location) cover {
	title, is := c.Covers(at, zone)
	return cover{is, title}
}

// change is the second within the minute before at from which on it is no longer
// as it was.
func change(c schedule.Calendar, at time.Time, was cover, zone *time.Location) time.Time {
	begin := at.Add(-time.Minute)
	seconds := sort.Search(60, func(n int) bool {
		return coverAt(c, begin.Add(time.Duration(n)*time.Second), zone) != was
	})
	return begin.Add(time.Duration(seconds) * time.Second)
}

// isMidnight reports whether a day begins at t, which is not always at 00:00.
func isMidnight(t time.Time) bool { return t.Add(-time.Second).Day() != t.Day() }
