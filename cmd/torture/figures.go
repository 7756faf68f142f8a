package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// figures is what is printed in the end.
type figures struct {
	kinds    [3]int // kills that count of each kind; in recovery all
	idle     int    // kills that do not count: the load was too low
	points   map[string]int
	rates    []float64 // of the kills that count
	working  []int
	recovery []time.Duration
	mean     float64 // transitions a second over all

	runs, attempts, bytes int64
	ticks                 int64
	backfills, editions   int
	stop                  time.Duration
}

func (f *figures) counted() int { return f.kinds[atRandom] + f.kinds[atPoint] }

func (f *figures) all() int { return f.counted() + f.kinds[inRecovery] + f.idle }

func (f *figures) recovered(took time.Duration) { f.recovery = append(f.recovery, took) }

func (f *figures) kill(as death, counts bool, rate float64, working int) {
	if as.kind == inRecovery {
		f.kinds[inRecovery]++
		return
	}
	if !counts {
		f.idle++
		return
	}
	f.kinds[as.kind]++
	f.rates, f.working = append(f.rates, rate), append(f.working, working)
	if as.kind == atPoint {
		if f.points == nil {
			f.points = map[string]int{}
		}
		name, _, _ := strings.Cut(as.point, ":")
		f.points[name]++
	}
}

// print prints the table, with what the check found.
func (f *figures) print(out io.Writer, found *findings) {
	row := func(name, format string, values ...any) {
		fmt.Fprintf(out, "%-28s %s\n", name, fmt.Sprintf(format, values...))
	}
	slices.Sort(f.rates)
	slices.Sort(f.working)
	slices.Sort(f.recovery)
	row("kills that count", "%d", f.counted())
	row("  at random moments", "%d", f.kinds[atRandom])
	row("  at named points", "%d", f.kinds[atPoint])
	for _, name := range slices.Sorted(maps.Keys(f.points)) {
		row("    "+name, "%d", f.points[name])
	}
	row("kills during recovery", "%d", f.kinds[inRecovery])
	row("kills under too little load", "%d", f.idle)
	row("transitions/s before a kill", "least %.0f, median %.0f", at(f.rates, 0), at(f.rates, 0.5))
	row("transitions/s over all", "%.0f", f.mean)
	row("steps at work at a kill", "least %d, median %d", at(f.working, 0), at(f.working, 0.5))
	row("start to first answer", "median %s, most %s", short(at(f.recovery, 0.5)), short(at(f.recovery, 1)))
	row("SIGTERM to exit", "%s", short(f.stop))
	row("runs", "%d", f.runs)
	row("attempts", "%d", f.attempts)
	row("instants, ends and files", "%d", f.ticks)
	row("backfills", "%d", f.backfills)
	row("texts of the calendar", "%d", f.editions)
	row("bytes of output compared", "%d", f.bytes)
	row("runs lost or wrong", "%d", found.count[lost])
	row("steps begun twice", "%d", found.count[twice])
	row("steps never or wrongly begun", "%d", found.count[missing])
	row("beyond a limit at once", "%d", found.count[crowded])
	row("outputs that differ", "%d", found.count[differs])
	row("files or processes left over", "%d", found.count[leftOver])
	row("instants decided wrongly", "%d", found.count[undecided])
}

func short(d time.Duration) time.Duration { return d.Round(100 * time.Microsecond) }

// at is the quantile q of sorted values, 0 where there are none.
func at[V any](sorted []V, q float64) (v V) {
	if len(sorted) > 0 {
		v = sorted[int(q*float64(len(sorted)-1))]
	}
	return v
}
