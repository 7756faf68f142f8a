package arrival

import (
	"time"

	"github.com/penstock/penstock/daemon/agenda"
)

// plans are the watches that have something to do, by when they have. A watch
// that has nothing stands in none and costs nothing.
type plans struct{ agenda.Agenda[*watch] }

// Compare is agenda.Thing's.
func (one *watch) Compare(other *watch) int { return one.due.Compare(other.due) }

// plan gives a watch its place by what it has to do now.
func (p *plans) plan(one *watch) {
	due, busy := one.next()
	if !busy {
		p.Remove(one)
		return
	}
	one.due = due
	p.Put(one)
}

// take takes those out that have something to do by now.
func (p *plans) take(now time.Time) (due []*watch) {
	for one, ok := p.First(); ok && !one.due.After(now); one, ok = p.First() {
		p.Remove(one)
		due = append(due, one)
	}
	return due
}
