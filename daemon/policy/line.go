package policy

import (
	"cmp"
	"slices"

	"github.com/penstock/penstock/config"
)

// MaxSubQueue is how long the name of a sub-queue may be, in bytes.
const MaxSubQueue = 25

// Member is a run in a line.
type Member struct {
	Run      uint64 // its id; a lower one is older
	Priority int    // of those that wait the highest goes first
	Limit    int    // how many runs of the line may be at work for this one to go on; 0 is no limit
}

// Line is the runs of one pipeline and one sub-queue that are not over. A run
// that is blocked by a manual step is not over and keeps its place. The zero
// value is a line of nobody.
type Line struct {
	active  []Member // by age, the oldest first
	waiting []Member // in the order of their turn
}

// Verdict is what becomes of a new run.
type Verdict struct {
	Kind   VerdictKind
	Run    uint64   // with Refuse: the run that is in the way
	Cancel []uint64 // runs that end for the new one, the oldest first
}

// VerdictKind says whether a new run goes on.
type VerdictKind int

// The verdicts.
const (
	Start  VerdictKind = iota // it goes on at once
	Hold                      // it exists and waits for its turn
	Refuse                    // it does not come to be
)

// Effective is the rule that holds for a run. Those in a sub-queue follow each
// other, one at a time, however many the pipeline allows beside each other. The
// limit is at least one, and 0 where there is none.
func Effective(o config.Overlap, subQueue string) config.Overlap {
	free := o.Policy == "" || o.Policy == config.OverlapAllow
	switch {
	case free && subQueue == "":
		return config.Overlap{Policy: config.OverlapAllow}
	case free:
		return config.Overlap{Policy: config.OverlapQueue, Limit: 1}
	case subQueue != "":
		return config.Overlap{Policy: o.Policy, Limit: 1}
	}
	return config.Overlap{Policy: o.Policy, Limit: max(1, o.Limit)}
}

// Overlap decides what becomes of a new run under an effective rule. ending
// reports whether a run of the line was asked to end already: it takes a place
// until it is gone, and is not canceled again.
func (l *Line) Overlap(o config.Overlap, ending func(run uint64) bool) Verdict {
	if l.open(o.Limit) {
		return Verdict{Kind: Start}
	}
	switch o.Policy {
	case config.OverlapSkip:
		return Verdict{Kind: Refuse, Run: l.first()}
	case config.OverlapQueueOne:
		if len(l.waiting) > 0 {
			return Verdict{Kind: Refuse, Run: l.waiting[0].Run}
		}
	case config.OverlapCancel:
		return Verdict{Kind: Hold, Cancel: l.superseded(o.Limit, ending)}
	}
	return Verdict{Kind: Hold}
}

// open reports whether a run with this limit that comes now need not wait.
func (l *Line) open(limit int) bool {
	return limit == 0 || len(l.active) < limit && len(l.waiting) == 0
}

// first is the oldest run at work, or else the first that waits.
func (l *Line) first() uint64 {
	if len(l.active) > 0 {
		return l.active[0].Run
	}
	return l.waiting[0].Run
}

// superseded lists the runs that a new one takes the place of: all but the
// newest limit-1 of those that would stay.
func (l *Line) superseded(limit int, ending func(uint64) bool) (runs []uint64) {
	for _, members := range [][]Member{l.active, l.waiting} {
		for _, m := range members {
			if !ending(m.Run) {
				runs = append(runs, m.Run)
			}
		}
	}
	slices.Sort(runs)
	return runs[:max(0, len(runs)-(limit-1))]
}

// Enter puts a run into the line: at work, or to wait for its turn.
func (l *Line) Enter(m Member, waits bool) {
	members, order := &l.active, byAge
	if waits {
		members, order = &l.waiting, byTurn
	}
	i, _ := slices.BinarySearchFunc(*members, m, order)
	*members = slices.Insert(*members, i, m)
}

// Leave takes a run out of the line, wherever it stands.
func (l *Line) Leave(m Member) {
	if i, found := slices.BinarySearchFunc(l.active, m, byAge); found {
		l.active = slices.Delete(l.active, i, i+1)
	}
	if i, found := slices.BinarySearchFunc(l.waiting, m, byTurn); found {
		l.waiting = slices.Delete(l.waiting, i, i+1)
	}
}

// Next is the run whose turn has come, and whether one's has. Nobody overtakes
// it: as long as its own limit holds it, it holds those behind it.
func (l *Line) Next() (Member, bool) {
	if len(l.waiting) == 0 {
		return Member{}, false
	}
	m := l.waiting[0]
	return m, m.Limit == 0 || len(l.active) < m.Limit
}

// Active lists the runs at work, the oldest first.
func (l *Line) Active() []Member { return slices.Clone(l.active) }

// Waiting lists the runs that wait, in the order of their turn.
func (l *Line) Waiting() []Member { return slices.Clone(l.waiting) }

// Before lists the runs whose turn comes before that of m, which waits.
func (l *Line) Before(m Member) []Member {
	i, _ := slices.BinarySearchFunc(l.waiting, m, byTurn)
	return slices.Clone(l.waiting[:i])
}

// Empty reports whether nobody is in the line.
func (l *Line) Empty() bool { return len(l.active)+len(l.waiting) == 0 }

func byAge(a, b Member) int { return cmp.Compare(a.Run, b.Run) }

func byTurn(a, b Member) int {
	return cmp.Or(cmp.Compare(b.Priority, a.Priority), byAge(a, b))
}
