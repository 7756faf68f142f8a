package main

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/penstock/penstock/rpc"
)

// filling is a backfill of three minutes, newest first, two at a time, and how a
// daemon ought to have done it.
func filling() (*judge, *backfill, rpc.Backfill, []rpc.Tick) {
	b := &backfill{from: time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC), minutes: 3, reverse: true, parallel: 2, id: 7}
	j := newJudge()
	j.effects, j.there = newEffects("", nil), map[string]rpc.RunSummary{}
	var ticks []rpc.Tick
	begin := time.Now()
	for i, at := range b.instants() {
		name := fmt.Sprint("filled/", i+1)
		created, ended := begin.Add(time.Duration(i)*time.Second), begin.Add(time.Duration(i+2)*time.Second)
		j.there[name] = rpc.RunSummary{ID: uint64(10 + i), CreatedAt: created, FinishedAt: &ended}
		ticks = append(ticks, rpc.Tick{At: at, Decision: "caught_up", Run: name})
	}
	return j, b, rpc.Backfill{ID: 7, Status: "success", Done: 3, Started: 3, Total: 3}, ticks
}

func TestABackfillIsHeldAgainstWhatWasAsked(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(j *judge, b *backfill, is *rpc.Backfill, ticks *[]rpc.Tick)
		want int
	}{
		{"as it ought to be", func(*judge, *backfill, *rpc.Backfill, *[]rpc.Tick) {}, 0},
		{"not there", func(_ *judge, _ *backfill, is *rpc.Backfill, _ *[]rpc.Tick) { is.ID = 0 }, 1},
		{"still running", func(_ *judge, _ *backfill, is *rpc.Backfill, _ *[]rpc.Tick) { is.Status = "running" }, 1},
		{"canceled by nobody", func(_ *judge, _ *backfill, is *rpc.Backfill, _ *[]rpc.Tick) { is.Status = "canceled" }, 1},
		{"canceled half-way", func(_ *judge, b *backfill, is *rpc.Backfill, ticks *[]rpc.Tick) {
			is.Status, is.Done, is.Started, b.canceled, *ticks = "canceled", 2, 2, true, (*ticks)[:2]
		}, 0},
		{"canceled, and more than it says", func(_ *judge, b *backfill, is *rpc.Backfill, _ *[]rpc.Tick) {
			is.Status, is.Done, is.Started, b.canceled = "canceled", 2, 2, true
		}, 1},
		{"canceled, and then went on", func(_ *judge, b *backfill, is *rpc.Backfill, ticks *[]rpc.Tick) {
			left := 1
			is.Status, is.Done, is.Started, b.canceled, b.left, *ticks = "canceled", 2, 2, true, &left, (*ticks)[:2]
		}, 1},
		{"over too early", func(_ *judge, _ *backfill, is *rpc.Backfill, ticks *[]rpc.Tick) {
			is.Done, is.Started, *ticks = 2, 2, (*ticks)[:2]
		}, 1},
		{"an instant without a run", func(_ *judge, _ *backfill, is *rpc.Backfill, _ *[]rpc.Tick) { is.Started = 2 }, 1},
		{"an instant is missing", func(_ *judge, _ *backfill, _ *rpc.Backfill, ticks *[]rpc.Tick) { *ticks = (*ticks)[1:] }, 1},
		{"an instant comes twice", func(_ *judge, _ *backfill, _ *rpc.Backfill, ticks *[]rpc.Tick) {
			*ticks = append(*ticks, (*ticks)[2])
		}, 2}, // its run is counted twice as well
		{"in the other order", func(j *judge, _ *backfill, _ *rpc.Backfill, ticks *[]rpc.Tick) {
			(*ticks)[0].Run, (*ticks)[2].Run = (*ticks)[2].Run, (*ticks)[0].Run
		}, 1},
		{"three at a time", func(j *judge, _ *backfill, _ *rpc.Backfill, _ *[]rpc.Tick) {
			third := j.there["filled/3"]
			third.CreatedAt = third.CreatedAt.Add(-time.Millisecond)
			j.there["filled/3"] = third
		}, 1},
		{"three at work", func(j *judge, _ *backfill, _ *rpc.Backfill, _ *[]rpc.Tick) {
			for i := range 3 {
				attempt := fmt.Sprintf("filled/%d/s/x/1", i+1)
				j.effects.begun[attempt], j.effects.ended[attempt] = []int{i}, []ending{{line: 9 - i}}
			}
		}, 1},
	} {
		j, b, is, ticks := filling()
		c.do(j, b, &is, &ticks)
		j.filled(b, is, ticks)
		if got := j.found.count[undecided] + j.found.count[crowded]; got != c.want {
			t.Errorf("%s: %d findings, want %d: %v", c.name, got, c.want, j.found.err())
		}
	}
}

func TestNoTwoBackfillsShareAnInstant(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 4))
	seen := map[time.Time]bool{}
	for n := range 5000 {
		b := drawBackfill(random, n)
		for _, at := range b.instants() {
			if seen[at] || at.Year() > 2019 {
				t.Fatalf("backfill %d has %s", n, at)
			}
			seen[at] = true
		}
	}
}
