package schedule

import (
	"hash/fnv"
	"iter"
	"strconv"
	"time"
)

// grain is the unit in which jitter is drawn.
const grain = time.Millisecond

// seedOf makes a number of the names of a schedule.
func seedOf(pipeline uint64, trigger string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(strconv.FormatUint(pipeline, 10) + "/" + trigger))
	return h.Sum64()
}

// mix spreads a number over all 64 bits: the finalizer of SplitMix64.
func mix(n uint64) uint64 {
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}

// upTo makes of a number a duration from 0 to most.
func upTo(most time.Duration, n uint64) time.Duration {
	return time.Duration(n%uint64(most/grain+1)) * grain
}

// stable is the jitter of every instant of a rule that does not draw.
func (t Timetable) stable() time.Duration {
	if t.rule.Jitter <= 0 || t.rule.Random {
		return 0
	}
	return upTo(t.rule.Jitter, mix(t.seed))
}

// drawing gives each instant its own jitter. It ends before the next instant,
// so that none overtakes another.
func (t Timetable) drawing(instants iter.Seq[Instant]) iter.Seq[Instant] {
	return func(yield func(Instant) bool) {
		var held Instant
		var holds bool
		for i := range instants {
			if holds && !yield(t.drawn(held, min(t.rule.Jitter, i.At.Sub(held.At)-grain))) {
				return
			}
			held, holds = i, true
		}
		if holds {
			yield(t.drawn(held, t.rule.Jitter))
		}
	}
}

// drawn gives an instant a jitter that follows from it and from the names, and
// is as good as drawn by lot.
func (t Timetable) drawn(i Instant, most time.Duration) Instant {
	i.Due = i.At.Add(upTo(most, mix(t.seed^mix(uint64(i.At.Unix())))))
	return i
}
