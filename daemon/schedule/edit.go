package schedule

import (
	"time"

	"github.com/penstock/penstock/config/cron"
)

// End decides what is left of a rule that holds no longer: the instants up to
// now that have no record yet, since their jitter has not passed or nobody came
// to decide them. None of them starts a run.
func (t Timetable) End(m Mark, now time.Time, boot Boot) []Decided {
	j := &judge{rule: &t.rule, now: now, edited: true}
	if t.expression.Kind() != cron.Reboot {
		decided, _ := t.prompt().decide(m, now, j)
		return decided
	}
	if i, ok := t.boot(m, boot); ok && !i.At.After(now) {
		return []Decided{j.judge(i)}
	}
	return nil
}

// prompt is the timetable without its jitter.
func (t Timetable) prompt() Timetable {
	c := *t.compiled
	c.rule.Jitter = 0
	t.compiled = &c
	return t
}
