package policy

import (
	"cmp"
	"iter"
	"slices"

	"github.com/penstock/penstock/daemon/run"
)

// Mode says in which order the steps that want a resource group get it. The
// modes are those of GitLab's resource_group.
type Mode string

// The modes.
const (
	// Unordered: any step that waits; of them the one of the run with the
	// highest priority, then of the oldest run. The default.
	Unordered Mode = "unordered"
	// OldestFirst and NewestFirst: by the age of the runs. A step that has not
	// got so far yet holds the line for its run.
	OldestFirst Mode = "oldest_first"
	NewestFirst Mode = "newest_first"
	// NewestReadyFirst: the newest run of which a step waits.
	NewestReadyFirst Mode = "newest_ready_first"
)

// Modes lists them all, the default first.
func Modes() []Mode { return []Mode{Unordered, OldestFirst, NewestFirst, NewestReadyFirst} }

// Claim is a step of a live run that belongs to a resource group. Steps of
// runs that wait for their turn have no claim.
type Claim struct {
	Run      uint64 // its id; a lower one is older
	Step     int
	Priority int // of the run
	Status   run.Status
}

// Holds reports whether a step with status s has its resource group.
func Holds(s run.Status) bool {
	return s == run.Pending || s == run.Running || s == run.Canceling
}

// Grant says which of the claims on a group gets it now, and whether one does:
// none while one of them has it, and none while the first in line is not ready
// to take it.
func Grant(mode Mode, claims iter.Seq[Claim]) (Claim, bool) {
	first, found := Claim{}, false
	for c := range claims {
		switch {
		case Holds(c.Status):
			return Claim{}, false
		case mode.stands(c.Status) && (!found || mode.compare(c, first) < 0):
			first, found = c, true
		}
	}
	return first, found && first.ready()
}

// InLine lists the claims that stand in line for a group, in their order.
func InLine(mode Mode, claims iter.Seq[Claim]) (line []Claim) {
	for c := range claims {
		if mode.stands(c.Status) {
			line = append(line, c)
		}
	}
	slices.SortFunc(line, mode.compare)
	return line
}

// stands reports whether a step with status s takes part in the order.
func (m Mode) stands(s run.Status) bool {
	if m == OldestFirst || m == NewestFirst {
		return s == run.Created || s == run.Scheduled || s == run.WaitingForResource
	}
	return s == run.WaitingForResource
}

// compare is negative where a comes before b.
func (m Mode) compare(a, b Claim) int {
	runs := cmp.Compare(a.Run, b.Run)
	switch m {
	case NewestFirst, NewestReadyFirst:
		runs = -runs
	case OldestFirst:
	default:
		runs = cmp.Or(cmp.Compare(b.Priority, a.Priority), runs)
	}
	return cmp.Or(runs, cmp.Compare(unready(a), unready(b)), cmp.Compare(a.Step, b.Step))
}

// unready puts, within a run, the steps that wait before those that do not yet.
func unready(c Claim) int {
	if c.ready() {
		return 0
	}
	return 1
}

// ready reports whether the step waits for the group.
func (c Claim) ready() bool { return c.Status == run.WaitingForResource }
