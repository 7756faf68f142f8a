package main

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/penstock/penstock/config/calendar"
	"github.com/penstock/penstock/rpc"
)

func TestAnInstantIsDecidedByACalendarThatCanHaveBeenInForce(t *testing.T) {
	day := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	at := func(second int) time.Time { return day.Add(time.Duration(second) * time.Second) }
	closed := &edition{asked: at(10), answered: at(12), spans: [][2]time.Time{{at(0), at(100)}}}
	editions := []*edition{{asked: at(0), answered: at(0)}, closed, {asked: at(20), answered: at(22)}}
	for _, c := range []struct {
		name        string
		at, decided int
		reason      string
		inside      bool
		want        int
	}{
		{"left before the first change", 5, 5, "", false, 0},
		{"taken before the first change", 5, 5, "blackout", false, 1},
		{"left while it changes", 11, 11, "", false, 0},
		{"taken while it changes", 11, 11, "blackout", false, 0},
		{"left when it was changed", 15, 15, "", false, 1},
		{"taken when it was changed", 15, 15, "blackout", false, 0},
		{"taken when it was changed back", 25, 25, "blackout", false, 1},
		{"left when it was changed back", 25, 25, "", false, 0},
		{"left since it was decided late", 15, 21, "", false, 0},
		{"taken since it was decided late", 5, 10, "blackout", false, 0},
		{"held whatever the calendar says", 15, 15, "frozen", false, 0},
		{"inside: started", 15, 15, "", true, 0},
		{"inside: not started", 15, 15, "blackout", true, 1},
	} {
		j := newJudge()
		j.load.editions = editions
		j.dated(c.inside, []rpc.Tick{{At: at(c.at), DecidedAt: at(c.decided), Reason: c.reason}})
		if got := j.found.count[undecided]; got != c.want {
			t.Errorf("%s: %d findings, want %d: %v", c.name, got, c.want, j.found.err())
		}
	}
}

func TestATextOfTheCalendarSaysWhatTheJudgeReads(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 5))
	now := time.Now()
	e := drawEdition(random, now)
	c, err := calendar.Parse(e.text())
	if err != nil {
		t.Fatal(err)
	}
	covered := 0
	for second := range 60 {
		at := now.Truncate(time.Second).Add(time.Duration(second) * time.Second)
		if _, covers := c.Covers(at, time.UTC); covers != e.covers(at) {
			t.Errorf("%s: the judge says %v", at, e.covers(at))
		}
		if e.covers(at) {
			covered++
		}
	}
	if covered < 10 || covered > 50 {
		t.Errorf("%d of 60 seconds are covered", covered)
	}
}
