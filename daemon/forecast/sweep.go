package forecast

import (
	"cmp"
	"slices"
	"time"

	"github.com/penstock/penstock/rpc"
)

// edge is the beginning or the end of a run.
type edge struct {
	at       time.Time
	schedule int
	change   int // of the number of runs at work: 1 or -1
}

// stretch is a time in which the number of runs at work does not change.
type stretch struct {
	from, to time.Time
	first    int // of the edges: how many lie at or before it
	runs     int
}

// sweep goes through the time from edge to edge and fills in the load of the
// hours, and the crowds.
func sweep(schedules []Schedule, from, to time.Time, top int, f *rpc.Forecast) {
	edges := edgesOf(schedules, to)
	fullest := make([]stretch, len(f.Hours)) // of each hour
	runs := 0
	for i, e := range edges {
		runs += e.change
		end := to
		if i+1 < len(edges) {
			end = edges[i+1].at
		}
		if runs > 0 && end.After(e.at) {
			note(f, fullest, stretch{e.at, end, i + 1, runs}, from)
		}
	}
	for i := range f.Hours {
		f.Hours[i].Busy /= inside(f.Hours[i].At, from, to).Seconds()
	}
	f.Crowds = append(f.Crowds, crowds(schedules, edges, pick(fullest, top))...)
}

// edgesOf lists the edges of all runs in the order of time. What lies behind to
// is cut off.
func edgesOf(schedules []Schedule, to time.Time) (edges []edge) {
	for i, s := range schedules {
		for _, at := range s.Due {
			end := at.Add(cmp.Or(s.Duration, unknown))
			if end.After(to) {
				end = to
			}
			edges = append(edges, edge{at, i, 1}, edge{end, i, -1})
		}
	}
	slices.SortStableFunc(edges, func(a, b edge) int { return a.at.Compare(b.at) })
	return edges
}

// note adds a stretch to the hours that it lies in.
func note(f *rpc.Forecast, fullest []stretch, s stretch, from time.Time) {
	for h := hourOf(from, s.from); h < len(f.Hours); h++ {
		hour := &f.Hours[h]
		if !hour.At.Before(s.to) {
			break
		}
		hour.Busy += float64(s.runs) * inside(hour.At, s.from, s.to).Seconds()
		hour.Peak = max(hour.Peak, s.runs)
		if s.runs > fullest[h].runs {
			fullest[h] = s
		}
	}
}

// inside is how much of an hour lies between two times.
func inside(hour, from, to time.Time) time.Duration {
	end := hour.Add(time.Hour)
	if from.After(hour) {
		hour = from
	}
	if to.Before(end) {
		end = to
	}
	return end.Sub(hour)
}

// pick chooses the fullest stretches in which several runs are at work, most
// first, in the order of time where they are alike.
func pick(fullest []stretch, top int) []stretch {
	all := slices.DeleteFunc(fullest, func(s stretch) bool { return s.runs < 2 })
	all = slices.CompactFunc(all, func(a, b stretch) bool { return a.first == b.first })
	slices.SortStableFunc(all, func(a, b stretch) int { return cmp.Compare(b.runs, a.runs) })
	return all[:min(top, len(all))]
}

// crowds says whose runs are at work in stretches.
func crowds(schedules []Schedule, edges []edge, chosen []stretch) []rpc.Crowd {
	found := make([]rpc.Crowd, len(chosen))
	at := make(map[int]int, len(chosen)) // by the number of edges before
	for i, s := range chosen {
		at[s.first] = i
	}
	working := map[int]int{} // runs of each schedule
	for i, e := range edges {
		if working[e.schedule] += e.change; working[e.schedule] == 0 {
			delete(working, e.schedule)
		}
		if k, ok := at[i+1]; ok {
			s := chosen[k]
			found[k] = rpc.Crowd{From: s.from, To: s.to, Runs: s.runs, Schedules: named(schedules, working)}
		}
	}
	return found
}

// named are the names of the first of some schedules.
func named(schedules []Schedule, working map[int]int) []string {
	names := make([]string, 0, len(working))
	for i := range working {
		names = append(names, schedules[i].Name)
	}
	slices.Sort(names)
	return names[:min(maxNamed, len(names))]
}
