package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/penstock/penstock/rpc"
)

// calendarName is of the calendar that a client changes all the time.
const calendarName = "closed"

// dated is started by the clock, by one schedule when the calendar does not cover an
// instant, by another when it does.
func dated(program, effects string) *shape {
	s := newShape("dated", "parallel", effects, 0)
	s.periods = map[string]time.Duration{"outside": time.Second, "inside": 2 * time.Second}
	s.dates = map[string]bool{"outside": false, "inside": true}
	s.line("[[trigger]]\nname = \"outside\"\nschedule = \"* * * * * *\"\nexclude = [%q]\ncatch_up = \"all\"", calendarName)
	s.line("[[trigger]]\nname = \"inside\"\nschedule = \"*/2 * * * * *\"\ninclude = [%q]\ncatch_up = \"all\"", calendarName)
	s.stage("s")
	s.step("x", command(program, 0, 1<<10, 0), "success")
	return s
}

// edition is a text that the calendar had. It took effect at some time from when it was
// asked for to when that was answered.
type edition struct {
	asked, answered time.Time
	spans           [][2]time.Time // from, to
}

// drawEdition draws one that covers about half of the time around now.
func drawEdition(random *rand.Rand, now time.Time) *edition {
	e := &edition{}
	at := now.Truncate(time.Second).Add(-3 * time.Second)
	for end := at.Add(time.Minute); at.Before(end); {
		to := at.Add(time.Duration(1+random.IntN(4)) * time.Second)
		e.spans = append(e.spans, [2]time.Time{at, to})
		at = to.Add(time.Duration(1+random.IntN(4)) * time.Second)
	}
	return e
}

func (e *edition) text() string {
	var b strings.Builder
	fmt.Fprintln(&b, "1999-12-31 so that there is something")
	for _, s := range e.spans {
		fmt.Fprintf(&b, "%s..%s\n", s[0].UTC().Format(time.RFC3339), s[1].UTC().Format(time.RFC3339))
	}
	return b.String()
}

func (e *edition) covers(at time.Time) bool {
	for _, s := range e.spans {
		if !at.Before(s[0]) && at.Before(s[1]) {
			return true
		}
	}
	return false
}

// publish makes the next edition the calendar.
func (l *load) publish(ctx context.Context, c *client, e *edition) error {
	e.asked = time.Now()
	_, err := ask(ctx, c, (*rpc.Client).CalendarPut, &rpc.CalendarPutRequest{Name: calendarName, Text: e.text()})
	e.answered = time.Now()
	l.editions = append(l.editions, e)
	return err
}

// edit changes the calendar again and again, until drain.
func (l *load) edit(ctx context.Context) error {
	c := &client{socket: l.socket}
	defer c.drop()
	random := rand.New(rand.NewPCG(l.seed, 5))
	for l.during(ctx, time.Duration(random.IntN(int(700*time.Millisecond)))) {
		if err := l.publish(ctx, c, drawEdition(random, time.Now())); err != nil {
			return fmt.Errorf("calendar: %w", err)
		}
	}
	return nil
}

// dated sees that what a calendar took away was taken away by an edition that can
// have been in force between the instant and its decision, and what it left by
// another.
func (j *judge) dated(inside bool, ticks []rpc.Tick) {
	for _, t := range ticks {
		if t.Reason == "paused" || t.Reason == "frozen" {
			continue
		}
		left := t.Reason != "blackout"
		if !j.editionSays(inside == left, t.At, t.DecidedAt) {
			j.found.add(undecided, "%s at %s, decided at %s: %s %s, and no calendar of that time says so", t.Schedule, t.At, t.DecidedAt, t.Decision, t.Reason)
		}
	}
}

// editionSays reports whether an edition that may have been in force between two times
// covers the first, or, with false, does not.
func (j *judge) editionSays(covers bool, at, decided time.Time) bool {
	all := j.load.editions
	for i, e := range all {
		over := i+1 < len(all) && all[i+1].answered.Before(at)
		if !over && !e.asked.After(decided) && e.covers(at) == covers {
			return true
		}
	}
	return false
}
