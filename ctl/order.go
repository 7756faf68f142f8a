package ctl

import (
	"cmp"
	"context"
	"slices"

	"github.com/penstock/penstock/rpc"
)

// maxOrdered is how many runs can be shown in another order than that of their
// making: so many are held at a time, and half as many again.
const maxOrdered = 10_000

// orders are what a list of runs can be sorted by.
var orders = []string{"id", "started", "finished", "duration"}

// checkOrder refuses an order that is unknown, or has no bound.
func (l *listing) checkOrder() error {
	switch {
	case !slices.Contains(orders, l.order):
		return usagef("--order %q: want id, started, finished or duration", l.order)
	case l.order == "id":
		return nil
	case l.all:
		return usagef("--all is for the order in which runs were made; with --order %s say how many: -n, at most %d", l.order, maxOrdered)
	case l.count > maxOrdered:
		return usagef("--limit %d: with --order %s at most %d are shown", l.count, l.order, maxOrdered)
	}
	return nil
}

// firstRuns are the first runs in an order that the daemon has no index for.
// All that pass are looked at, each once, from the newest down, so that runs
// that are made meanwhile change nothing; no more are held than are wanted, and
// two pages. More tells whether others passed.
func (a *app) firstRuns(ctx context.Context, request rpc.RunListRequest, l listing) (first rpc.RunListResponse, more bool, err error) {
	request.Ascending, request.Limit = false, pageSize
	first.Runs = []rpc.RunSummary{}
	for {
		page, err := call(ctx, a.link, (*rpc.Client).RunList, &request)
		if err != nil {
			return first, false, err
		}
		first.Runs = append(first.Runs, page.Runs...)
		if end := page.Next == 0; end || len(first.Runs) > l.count+pageSize {
			more = more || len(first.Runs) > l.count
			sortRuns(first.Runs, l.order, l.ascending)
			first.Runs = first.Runs[:min(len(first.Runs), l.count)]
			if end {
				return first, more, nil
			}
		}
		request.Before = page.Next
	}
}

// sortRuns puts runs into an order. Those that have not come so far are the
// last, whichever way it goes; of two that are the same the newer goes first, or
// the older where ascending.
func sortRuns(runs []rpc.RunSummary, order string, ascending bool) {
	way := -1
	if ascending {
		way = 1
	}
	slices.SortFunc(runs, func(a, b rpc.RunSummary) int {
		x, far := measure(a, order)
		y, further := measure(b, order)
		if far != further {
			if far {
				return -1
			}
			return 1
		}
		return way * cmp.Or(cmp.Compare(x, y), cmp.Compare(a.ID, b.ID))
	})
}

// measure is what a run is sorted by, where it has come so far.
func measure(r rpc.RunSummary, order string) (n float64, ok bool) {
	moment := r.StartedAt
	switch {
	case order == "duration" && r.Duration != nil:
		return *r.Duration, true
	case order == "duration":
		return 0, false
	case order == "finished":
		moment = r.FinishedAt
	}
	if moment == nil {
		return 0, false
	}
	return float64(moment.UnixMicro()), true
}
