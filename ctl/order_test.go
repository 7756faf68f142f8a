package ctl

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/penstock/penstock/rpc"
)

// pages answers with pages of runs, newest first, as a daemon does: short, empty
// and full ones.
func pages(t *rapid.T, all []rpc.RunSummary) func(context.Context, *rpc.RunListRequest) (*rpc.RunListResponse, error) {
	// They are drawn here: the answers are made in goroutines of the server.
	sizes := rapid.SliceOfN(rapid.SampledFrom([]int{0, 1, 700, pageSize}), 1, 9).Draw(t, "pages")
	rest, turn := all, 0
	return func(_ context.Context, q *rpc.RunListRequest) (*rpc.RunListResponse, error) {
		if q.Before == 0 {
			rest = all
		}
		n := min(sizes[turn%len(sizes)], len(rest))
		if turn++; turn%10 == 0 {
			n = min(pageSize, len(rest))
		}
		page := &rpc.RunListResponse{Runs: rest[:n]}
		if rest = rest[n:]; len(rest) > 0 {
			page.Next = rest[0].ID + 1
		}
		return page, nil
	}
}

// drawnRuns are runs of which some have not begun, or ended, and many are alike.
func drawnRuns(t *rapid.T) []rpc.RunSummary {
	all := make([]rpc.RunSummary, rapid.SampledFrom([]int{0, 3, 2500, 4000}).Draw(t, "runs"))
	seed, far := rapid.IntRange(1, 97).Draw(t, "seed"), rapid.IntRange(2, 9).Draw(t, "far")
	for i := range all {
		id := len(all) - i
		all[i] = rpc.RunSummary{ID: uint64(id), Name: "a/" + strconv.Itoa(id)}
		if id%far == 0 {
			continue
		}
		value := float64(id * seed % 101)
		at := time.Unix(int64(value), 0)
		all[i].Duration, all[i].StartedAt, all[i].FinishedAt = &value, &at, &at
	}
	return all
}

func TestTheFirstRunsOfAnOrderAreFoundWhateverTheirPages(t *testing.T) {
	d := newFake(t)
	rapid.Check(t, func(rt *rapid.T) {
		all := drawnRuns(rt)
		on(d, pages(rt, all))
		order, count := rapid.SampledFrom(orders[1:]).Draw(rt, "order"), rapid.SampledFrom([]int{1, 5, 1200, 5000}).Draw(rt, "count")
		args := []string{"runs", "-o", "json", "--order", order, "-n", strconv.Itoa(count)}
		ascending := rapid.Bool().Draw(rt, "ascending")
		if ascending {
			args = append(args, "--asc")
		}
		r := d.ctl(args...)
		var got rpc.RunListResponse
		if err := json.Unmarshal([]byte(r.stdout), &got); err != nil || r.code != ExitOK {
			rt.Fatalf("%v of %+v", err, r)
		}
		want := slices.Clone(all)
		slices.SortFunc(want, func(a, b rpc.RunSummary) int { return strings.Compare(sortKey(a, ascending), sortKey(b, ascending)) })
		want = want[:min(count, len(want))]
		if !slices.EqualFunc(got.Runs, want, func(a, b rpc.RunSummary) bool { return a.ID == b.ID }) {
			rt.Fatalf("by %s, ascending %v, the first %d of %d are others", order, ascending, count, len(all))
		}
	})
}

// sortKey is a text by which runs sort as they should: those without a duration
// are the last.
func sortKey(r rpc.RunSummary, ascending bool) string {
	number := func(n int) string {
		if !ascending {
			n = 1_000_000 - n
		}
		return strconv.Itoa(10_000_000 + n)
	}
	if r.Duration == nil {
		return "z" + number(int(r.ID))
	}
	return "a" + number(int(*r.Duration)) + number(int(r.ID))
}

func TestAnOrderIsBounded(t *testing.T) {
	d := newFake(t)
	for args, want := range map[string]string{
		"--order duration --all":   "say how many: -n, at most 10000",
		"--order started -n 10001": "at most 10000 are shown",
		"--order size":             "want id, started, finished or duration",
		"--order finished -n 0":    "want at least 1",
	} {
		d.ctl(append([]string{"runs"}, strings.Fields(args)...)...).wants(t, ExitUsage, "", want)
	}
	if asked := requests[rpc.RunListRequest](d); len(asked) > 0 {
		t.Errorf("asked %+v", asked)
	}
}
