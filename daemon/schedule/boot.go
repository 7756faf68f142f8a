package schedule

import "time"

// boot is the instant of a boot that has no record yet.
func (t Timetable) boot(m Mark, boot Boot) (Instant, bool) {
	at := boot.At.UTC().Truncate(time.Second)
	if m.BootID == boot.ID || !t.within(at) {
		return Instant{}, false
	}
	i := Instant{At: at, Due: at.Add(t.stable()), Wall: reading(at, t.zone), Excluded: t.excluded(at)}
	if t.rule.Random {
		i = t.drawn(i, t.rule.Jitter)
	}
	return i, true
}

// decideBoot decides the instant of @reboot. It is never late: what the clock
// says while a machine starts is not to be relied on.
func (t Timetable) decideBoot(m Mark, now time.Time, boot Boot) ([]Decided, Mark) {
	i, ok := t.boot(m, boot)
	if !ok || i.Due.After(now) {
		return nil, m
	}
	j := judge{rule: &t.rule, now: i.Due}
	m.BootID = boot.ID
	if i.At.After(m.Through) {
		m.Through = i.At
	}
	return []Decided{j.judge(i)}, m
}
