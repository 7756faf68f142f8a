package forecast

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/penstock/penstock/rpc"
)

var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

// The load of each hour, and the crowds, are what one finds who counts the runs
// at work at every second.
func TestTheLoadIsWhatCountingEverySecondFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := noon.Add(time.Duration(rapid.IntRange(0, 3599).Draw(t, "begin")) * time.Second)
		length := rapid.IntRange(1, 3*3600).Draw(t, "length")
		to := from.Add(time.Duration(length) * time.Second)
		schedules := drawSchedules(t, from, length)
		f := Of(schedules, from, to, 100)
		working := everySecond(schedules, from, length)
		for i, hour := range f.Hours {
			checkHour(t, hour, i, schedules, working, from)
			checkCrowd(t, hour, f.Crowds)
		}
		for _, c := range f.Crowds {
			for at := c.From; at.Before(c.To); at = at.Add(time.Second) {
				if got := len(working[int(at.Sub(from)/time.Second)]); got != c.Runs {
					t.Fatalf("%+v: at %v there are %d", c, at, got)
				}
			}
			if want := distinct(working[int(c.From.Sub(from)/time.Second)]); !slices.Equal(c.Schedules, want) {
				t.Fatalf("%+v: its schedules are %q", c, want)
			}
		}
	})
}

// drawSchedules draws schedules with dues in a time of so many seconds.
func drawSchedules(t *rapid.T, from time.Time, length int) (all []Schedule) {
	for i := range rapid.IntRange(0, 5).Draw(t, "schedules") {
		s := Schedule{Name: fmt.Sprint("s", i), Duration: time.Duration(rapid.SampledFrom([]int{0, 1, 60, 4000}).Draw(t, "duration")) * time.Second}
		dues := rapid.SliceOfN(rapid.IntRange(0, length-1), 0, 6).Draw(t, "dues")
		slices.Sort(dues)
		for _, due := range dues {
			s.Due = append(s.Due, from.Add(time.Duration(due)*time.Second))
		}
		all = append(all, s)
	}
	return all
}

// everySecond names the schedules of the runs that are at work at each second.
func everySecond(schedules []Schedule, from time.Time, length int) [][]string {
	working := make([][]string, length)
	for _, s := range schedules {
		for _, due := range s.Due {
			for second := range working {
				at := from.Add(time.Duration(second) * time.Second)
				if !at.Before(due) && at.Before(due.Add(max(s.Duration, time.Second))) {
					working[second] = append(working[second], s.Name)
				}
			}
		}
	}
	return working
}

func distinct(names []string) []string {
	names = slices.Clone(names)
	slices.Sort(names)
	return slices.Compact(names)
}

func checkHour(t *rapid.T, hour rpc.ForecastHour, i int, schedules []Schedule, working [][]string, from time.Time) {
	var starts, seconds, sum, peak int
	for second := range working {
		at := from.Add(time.Duration(second) * time.Second)
		if at.Before(hour.At) || !at.Before(hour.At.Add(time.Hour)) {
			continue
		}
		seconds++
		sum += len(working[second])
		peak = max(peak, len(working[second]))
		for _, s := range schedules {
			for _, due := range s.Due {
				if due.Equal(at) {
					starts++
				}
			}
		}
	}
	if seconds == 0 || hour.Runs != starts || hour.Peak != peak || math.Abs(hour.Busy-float64(sum)/float64(seconds)) > 1e-9 {
		t.Fatalf("hour %d is %+v, want %d starts, peak %d, %d seconds of work in %d", i, hour, starts, peak, sum, seconds)
	}
}

// checkCrowd wants each hour in which several runs are at work to have its most
// in one crowd.
func checkCrowd(t *rapid.T, hour rpc.ForecastHour, crowds []rpc.Crowd) {
	if hour.Peak < 2 {
		return
	}
	for _, c := range crowds {
		if c.Runs == hour.Peak && c.From.Before(hour.At.Add(time.Hour)) && c.To.After(hour.At) {
			return
		}
	}
	t.Fatalf("no crowd of %+v in %+v", hour, crowds)
}

func TestTheFullestHoursComeFirstAndEachCrowdOnce(t *testing.T) {
	at := func(hour float64) time.Time { return noon.Add(time.Duration(hour * float64(time.Hour))) }
	f := Of([]Schedule{
		{Name: "long", Duration: 3 * time.Hour, Due: []time.Time{at(0), at(4)}},
		{Name: "short", Duration: 10 * time.Minute, Due: []time.Time{at(0.5), at(4.5)}},
		{Name: "tiny", Due: []time.Time{at(4.5)}},
		{Name: "never"},
	}, noon, at(8), 2)
	var got []string
	for _, c := range f.Crowds {
		got = append(got, fmt.Sprint(c.From.Sub(noon), " ", c.Runs, " ", c.Schedules))
	}
	want := []string{"4h30m0s 3 [long short tiny]", "30m0s 2 [long short]"}
	if !slices.Equal(got, want) || f.Runs != 5 || f.Known != 2 || f.Unknown != 2 || len(f.Hours) != 8 {
		t.Errorf("%q in %+v", got, f)
	}
	if len(f.Schedules) != 2 || f.Schedules[0].Schedule != "long" || f.Schedules[0].Busy != 6*3600 {
		t.Errorf("%+v", f.Schedules)
	}
}

func TestARunThatBeginsBeforeTheOneBeforeIsOverIsCounted(t *testing.T) {
	s := Schedule{Duration: time.Hour, Due: []time.Time{noon, noon.Add(time.Hour), noon.Add(time.Hour + time.Minute), noon.Add(3 * time.Hour)}}
	if got := load(s); got.Overlaps != 1 || got.Runs != 4 {
		t.Errorf("%+v", got)
	}
}
