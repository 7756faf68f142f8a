package scheduler

import (
	"cmp"
	"time"

	"github.com/penstock/penstock/daemon/agenda"
)

// entry is a schedule with its place among those that wait.
type entry struct {
	Schedule
	agenda.Place
	pipeline uint64
	due      time.Time
	replaced bool // by Put, meanwhile
}

// Compare is agenda.Thing's. What is due at once comes in the order of names, so
// that it is the same whenever it is asked.
func (e *entry) Compare(other *entry) int {
	return cmp.Or(e.due.Compare(other.due), cmp.Compare(e.pipeline, other.pipeline), cmp.Compare(e.Trigger, other.Trigger))
}
