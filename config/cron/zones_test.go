package cron_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/penstock/penstock/config/cron"
)

// everyZone makes the comparison with the oracle complete: all zones, ten years.
// It takes about ten minutes on two free cores.
const everyZone = "PENSTOCK_EVERY_ZONE"

// many is how many instants of an expression are walked one by one in each
// zone. Of the denser ones those near changes of the clock, and one year, are.
const many = 1_000_000

func TestNextTimesEqualAScanOfEveryMinuteInEveryZone(t *testing.T) {
	from, to := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2027, 1, 10, 0, 0, 0, 0, time.UTC)
	zones := []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Antarctica/Troll", "Africa/Casablanca", "America/Santiago"}
	switch {
	case os.Getenv(everyZone) != "":
		from, to = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2034, 1, 1, 0, 0, 0, 0, time.UTC)
		zones = cron.Zones()
	case testing.Short():
		zones = zones[:3]
	}
	c := compare(t, expressions(), from, to, time.Minute)
	c.all(t, zones)
	t.Logf("%d zones, %d expressions, %s to %s: %d instants equal, %d differ", len(zones), len(c.cases), from.Format(time.DateOnly), to.Format(time.DateOnly), c.equal.Load(), c.differ.Load())
}

// strange are changes of clocks of every kind, some of them to seconds.
var strange = []struct{ zone, around, kind string }{
	{"Pacific/Apia", "2011-12-30", "a day is left out"},
	{"Pacific/Kwajalein", "1993-08-21", "a day is left out"},
	{"Asia/Manila", "1844-12-31", "a day is left out, offsets have seconds"},
	{"America/Juneau", "1867-10-19", "a day comes twice, offsets have seconds"},
	{"Australia/Lord_Howe", "2026-04-05", "half an hour comes twice"},
	{"Australia/Lord_Howe", "2026-10-04", "half an hour is left out"},
	{"Antarctica/Troll", "2026-03-29", "two hours are left out"},
	{"Antarctica/Troll", "2026-10-25", "two hours come twice"},
	{"Africa/Casablanca", "2026-02-15", "Ramadan begins"},
	{"Africa/Casablanca", "2026-03-22", "Ramadan ends"},
	{"Europe/Dublin", "2026-03-29", "winter time is the exception"},
	{"Europe/Amsterdam", "1937-07-01", "28 seconds are left out"},
	{"Africa/Monrovia", "1972-01-07", "44 minutes and 30 seconds are left out"},
	{"Europe/Paris", "1911-03-11", "9 minutes and 21 seconds come twice"},
	{"America/Santiago", "2026-09-06", "midnight is left out"},
	{"America/Havana", "2026-11-01", "midnight comes twice"},
	{"Asia/Pyongyang", "2018-05-05", "a zone moves for good"},
	{"America/Caracas", "2016-05-01", "a zone moves for good by half an hour"},
	{"America/New_York", "2099-03-08", "beyond the table, by rule"},
	{"UTC", "2026-03-29", "nothing happens"},
}

func TestNextTimesEqualAScanOfEverySecondAroundStrangeChanges(t *testing.T) {
	texts := append(expressions(), "15 30 2 * * *", "* 30 2 * * *", "*/20 0,30 1-3 * * *", "59 59 23 * * *", "59 59 0-2 * * *", "40 * 0-2 1,5,25 4,10,11 *", "7/13 */10 * * * *", "0,59 * 0 * * *", "30 * * 31 12 *")
	cases := strange
	if testing.Short() {
		texts, cases = texts[len(texts)-60:], cases[:6]
	}
	for _, s := range cases {
		t.Run(s.zone+" "+s.around, func(t *testing.T) {
			t.Parallel()
			day, err := time.Parse(time.DateOnly, s.around)
			if err != nil {
				t.Fatal(err)
			}
			c := compare(t, texts, day.AddDate(0, 0, -2), day.AddDate(0, 0, 3), time.Second)
			c.all(t, []string{s.zone})
			if c.equal.Load() == 0 {
				t.Errorf("%s: nothing was compared", s.kind)
			}
		})
	}
}

// comparison holds cases against the oracle.
type comparison struct {
	cases         []scanned
	from, to      time.Time
	unit          time.Duration
	equal, differ atomic.Int64
}

type scanned struct {
	text       string
	expression *cron.Expression
	wanted     wallSet
}

func compare(t *testing.T, texts []string, from, to time.Time, unit time.Duration) *comparison {
	t.Helper()
	c := &comparison{from: from, to: to, unit: unit}
	for _, text := range texts {
		e, err := cron.Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if e.Interval() != isInterval(text) {
			t.Errorf("%s: Interval is %t", text, e.Interval())
		}
		c.cases = append(c.cases, scanned{text, e, wanted(text, from.AddDate(0, 0, -3), to.AddDate(0, 0, 3), unit)})
	}
	return c
}

// all compares in zones, as many at a time as there are processors.
func (c *comparison) all(t *testing.T, zones []string) {
	var group sync.WaitGroup
	limit := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, name := range zones {
		limit <- struct{}{}
		group.Go(func() {
			defer func() { <-limit }()
			c.zone(t, name, i)
		})
	}
	group.Wait()
}

func (c *comparison) zone(t *testing.T, name string, index int) {
	zone, err := cron.Zone(name)
	if err != nil {
		t.Error(err)
		return
	}
	d := watch(zone, c.from, c.to, c.unit)
	for _, s := range c.cases {
		due := d.due(s.wanted, isInterval(s.text))
		for _, part := range c.parts(d, due, index) {
			c.walk(t, s, zone, part)
		}
	}
}

// part are instants that follow each other, in ticks, between two instants.
type part struct {
	after, upTo int64
	due         []int64
}

// parts are what is walked of the instants of an expression: all of them, or of a
// dense one the days around changes and one year, another for each zone.
func (c *comparison) parts(d dial, due []int64, index int) (parts []part) {
	add := func(after, upTo int64) {
		after, upTo = max(after, d.start), min(upTo, d.end-1)
		low, _ := slices.BinarySearch(due, after+1)
		high, _ := slices.BinarySearch(due, upTo+1)
		parts = append(parts, part{after * d.unit, upTo * d.unit, due[low:high]})
	}
	if len(due) <= many {
		add(d.start, d.end-1)
		return parts
	}
	day := 86400 / d.unit
	for _, r := range d.runs[1:] {
		add(r.instant-3*day, r.instant+3*day)
	}
	years := (d.end - d.start) / (365 * day)
	year := d.start + int64(index)%max(years, 1)*365*day
	add(year, year+365*day)
	return parts
}

// walk goes through a part forwards with Next and backwards with Prev.
func (c *comparison) walk(t *testing.T, s scanned, zone *time.Location, p part) {
	at, end := time.Unix(p.after, 0), time.Unix(p.upTo, 0)
	for _, want := range p.due {
		o, ok := s.expression.Next(at, zone, time.Time{})
		if got := o.At.Unix(); !ok || got != want*int64(c.unit/time.Second) {
			c.wrong(t, s, zone, "next", at, o, want)
			return
		}
		at = o.At
	}
	if o, ok := s.expression.Next(at, zone, time.Time{}); ok && !o.At.After(end) {
		c.wrong(t, s, zone, "next", at, o, 0)
		return
	}
	c.equal.Add(int64(len(p.due)))
	for _, want := range slices.Backward(p.due) {
		o, ok := s.expression.Prev(end, zone, time.Time{})
		if got := o.At.Unix(); !ok || got != want*int64(c.unit/time.Second) {
			c.wrong(t, s, zone, "prev", end, o, want)
			return
		}
		end = o.At.Add(-1)
	}
}

func (c *comparison) wrong(t *testing.T, s scanned, zone *time.Location, way string, from time.Time, o cron.Occurrence, want int64) {
	c.differ.Add(1)
	t.Errorf("%s in %s: %s of %s is %s %s, the scan says %s", s.text, zone, way, from.In(zone), o.At.In(zone), o.Anomaly, time.Unix(want*int64(c.unit/time.Second), 0).In(zone))
}

// expressions are 200: those that people write, those that clocks trip over, and
// as many as are missing by chance, always the same.
func expressions() []string {
	texts := strings.Split(strings.TrimSpace(`
* * * * *
*/15 * * * *
*/7 * * * *
5/15 * * * *
0 * * * *
59 * * * *
30 * * * *
0,30 * * * *
0 0 * * *
30 0 * * *
0 1 * * *
30 1 * * *
45 1 * * *
59 1 * * *
0 2 * * *
15 2 * * *
30 2 * * *
0,15,30 2 * * *
0 3 * * *
30 3 * * *
0 12 * * *
59 23 * * *
0,59 0,23 * * *
0 0,1,2,3 * * *
0-59 2 * * *
0-59/15 2 * * *
*/15 2 * * *
* 2 * * *
* 0 * * *
* 23 * * *
0 */2 * * *
30 */2 * * *
0 */3 * * *
0 */7 * * *
0 0-22/2 * * *
15 1-23/2 * * *
0 0-23 * * *
0 22-2 * * *
30 23-3 * * *
0 20-4/2 * * *
30 2 * * sun
30 2 * * 0
30 2 * * 7
30 2 29 3 *
0 2 25 10 *
30 1 * 11 sun
30 2 * 3 sun
0 0 1 * *
0 0 1 1 *
0 0 31 * *
0 0 29 2 *
0 0 31 12 *
0 12 13 * 5
0 0 13 * fri
0 0 */10 * mon
0 0 */10 * 1-5
0 0 1-7 * mon
0 0 */2 * *
0 0 2-31/2 * *
0 0 10/10 * *
0 0 * */2 *
0 0 1 */3 *
0 0 * nov-feb *
0 0 15 jan,apr,jul,oct *
0 0 * * mon-fri
0 9-17 * * mon-fri
0 0 * * fri-mon
0 0 * * 5-7
0 0 * * 6-7
0 0 * * 7-2
0 0 * * */2
0 0 * * 1/2
0 0 * * sat,sun
0 0 * * 0-7
*/20 9-17 * * 1-5
0 0 L * *
0 2 L * *
30 2 L * *
0 0 L-1 * *
0 0 L-3 * *
0 0 L-30 * *
0 0 1,L * *
0 0 LW * *
0 6 LW * *
0 0 1W * *
0 0 15W * *
0 0 31W * *
0 0 30W * *
0 0 1W,15W,LW * *
0 0 28W 2 *
0 0 * * friL
0 0 * * 5L
30 2 * * sunL
30 1 * 10 7L
0 0 L * friL
0 0 * * mon#1
0 0 * * 1#2
0 0 * * 1#2,1#4
30 2 * 3 sun#2
30 1 * 11 sun#1
0 0 * * sat#5
0 0 * 2 mon#5
0 0 1 * mon#1
0 0 * * tue#1,thuL
0 0 * * sun%2
9 0 * * sun%2+1
0 0 * * mon%3
0 0 * * tue%4+3,fri
30 2 * * sun%2
0 0 13 * fri%2
* * 1 1 *
*/5 * 31 12 *
* 0 1 12 *
3 4 5 6 *
*/10 */6 */10 */10 *
0,20,40 * 1-5 * *
3-59/10 * * * *
5 4 3 2 1
`), "\n")

	r := rand.New(rand.NewPCG(4, 20260308))
	for len(texts) < 200 {
		text := fmt.Sprintf("%s %s %s %s %s", chance(r, 0, 59, "*", "*/5", "0"), chance(r, 0, 23, "*", "2", "1-3", "0,2"), chance(r, 1, 28, "*", "*", "L", "15W"), chance(r, 1, 12, "*", "*", "mar-apr", "oct,nov"), chance(r, 0, 7, "*", "*", "sun", "mon#2"))
		if !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return texts
}

// chance is a field, one of some or of values between two.
func chance(r *rand.Rand, low, high int, some ...string) string {
	a, b := low+r.IntN(high-low+1), low+r.IntN(high-low+1)
	if a > b {
		a, b = b, a
	}
	switch r.IntN(6) {
	case 0:
		return fmt.Sprint(a)
	case 1:
		return fmt.Sprintf("%d-%d", a, b)
	case 2:
		return fmt.Sprintf("%d,%d", a, b)
	case 3:
		if b > a {
			return fmt.Sprintf("%d-%d/%d", a, b, 1+r.IntN(b-a))
		}
		return fmt.Sprint(a)
	}
	return some[r.IntN(len(some))]
}
