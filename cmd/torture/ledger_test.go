package main

import (
	"testing"
	"time"

	"github.com/penstock/penstock/rpc"
)

// newJudge knows nothing yet.
func newJudge() *judge {
	return &judge{session: &session{load: &load{acked: map[string]*shape{}}}}
}

func TestAnInstantWithoutARecordIsFound(t *testing.T) {
	begin := time.Now().Add(-4 * time.Second)
	for _, c := range []struct {
		name    string
		seconds []int
		count   int
		want    int
	}{
		{"all", []int{0, 1, 2, 3}, 0, 0},
		{"none", nil, 0, 1},
		{"one is missing", []int{0, 1, 3}, 0, 1},
		{"one comes twice", []int{0, 1, 1, 2, 3}, 0, 1},
		{"the latest are missing", []int{-60, -59}, 0, 1},
		{"several in one record", []int{2, 3}, 2, 1},
	} {
		var ticks []rpc.Tick
		for _, s := range c.seconds {
			ticks = append(ticks, rpc.Tick{At: begin.Add(time.Duration(s) * time.Second), Count: c.count})
		}
		j := newJudge()
		j.regular("clock/second", time.Second, ticks)
		if got := j.found.count[undecided]; got != c.want {
			t.Errorf("%s: %d findings, want %d: %v", c.name, got, c.want, j.found.err())
		}
	}
}

func TestARecordAccountsForItsRun(t *testing.T) {
	clock := &shape{name: "clock"}
	fired := rpc.Tick{Schedule: "clock/second", Decision: "fired", Run: "clock/1"}
	for _, c := range []struct {
		name  string
		ticks []rpc.Tick
		want  int
	}{
		{"fired", []rpc.Tick{fired}, 0},
		{"held", []rpc.Tick{{Decision: "skipped", Reason: "frozen"}, {Decision: "skipped", Reason: "paused"}}, 0},
		{"twice", []rpc.Tick{fired, fired}, 1},
		{"without a run", []rpc.Tick{{Decision: "fired"}}, 1},
		{"held, with a run", []rpc.Tick{{Decision: "skipped", Reason: "paused", Run: "clock/1"}}, 1},
		{"dropped", []rpc.Tick{{Decision: "dropped", Reason: "too_old"}}, 1},
		{"skipped for itself", []rpc.Tick{{Decision: "skipped", Reason: "overlap"}}, 1},
		{"of another pipeline", []rpc.Tick{{Decision: "fired", Run: "chain/1"}}, 1},
	} {
		j := newJudge()
		for _, tick := range c.ticks {
			j.tick(clock, &tick)
		}
		if got := j.found.count[undecided] + j.found.count[twice]; got != c.want {
			t.Errorf("%s: %d findings, want %d: %v", c.name, got, c.want, j.found.err())
		}
	}
}

func TestARunHasOneParent(t *testing.T) {
	w := wanted{stage: "s", name: "x", child: &shape{name: "kid"}}
	caused := func(by string) rpc.RunSummary {
		return rpc.RunSummary{Cause: rpc.Cause{Upstream: &rpc.Upstream{Name: by}}}
	}
	for _, c := range []struct {
		name    string
		parents []string
		is      *rpc.Downstream
		want    int
	}{
		{"its own", []string{"a/1/s/x/1"}, &rpc.Downstream{Run: "kid/1"}, 0},
		{"none", []string{"a/1/s/x/1"}, nil, 1},
		{"that of two", []string{"a/1/s/x/1", "a/2/s/x/1"}, &rpc.Downstream{Run: "kid/1"}, 1},
		{"that of another", []string{"a/2/s/x/1"}, &rpc.Downstream{Run: "kid/1"}, 1},
		{"one that is not there", []string{"a/1/s/x/1"}, &rpc.Downstream{Run: "kid/2"}, 1},
	} {
		j := newJudge()
		j.there = map[string]rpc.RunSummary{"kid/1": caused("a/1/s/x/1")}
		for _, parent := range c.parents {
			j.child(parent, w, c.is)
		}
		if got := j.found.count[lost] + j.found.count[twice]; got != c.want {
			t.Errorf("%s: %d findings, want %d: %v", c.name, got, c.want, j.found.err())
		}
	}
}
