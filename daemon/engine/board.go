package engine

import (
	"sync"

	"github.com/penstock/penstock/daemon/run"
)

// board is what the loop tells the watchers: for each live run its sequence
// and which steps each recent event changed. It only says where to look; the
// records themselves are read from the store.
type board struct {
	mu     sync.Mutex // protects the fields below
	posts  map[uint64]*post
	closed bool
}

// post is the board's view of one live run.
type post struct {
	sequence uint64
	status   run.Status
	since    uint64 // entries cover every change after this sequence
	entries  []entry
	plan     *run.Plan
	stages   []run.Status
	changed  chan struct{} // closed and replaced at each change
}

type entry struct {
	sequence uint64
	steps    []int
}

// maxEntries bounds what is remembered of a run; an older cursor gets the
// whole run instead.
const maxEntries = 4096

func newBoard() *board { return &board{posts: map[uint64]*post{}} }

func (b *board) open(l *live) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.posts[l.record.ID] = &post{
		sequence: l.run.State.Sequence, status: l.run.State.Status, since: l.run.State.Sequence,
		plan: l.run.Plan, stages: stageStatuses(l.run), changed: make(chan struct{}),
	}
}

// post announces what a turn changed in l.
func (b *board) post(l *live) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.posts[l.record.ID]
	p.sequence, p.status = l.run.State.Sequence, l.run.State.Status
	p.entries = append(p.entries, entry{p.sequence, append([]int(nil), l.steps...)})
	if n := len(p.entries) - maxEntries; n > 0 {
		p.since = p.entries[n-1].sequence
		p.entries = p.entries[n:] // append moves them seldom; a copy here would cost as much as is remembered, each time
	}
	for _, i := range l.steps {
		stage := l.run.Plan.Steps[i].Stage
		p.stages[stage] = l.run.StageStatus(stage)
	}
	close(p.changed)
	p.changed = make(chan struct{})
}

func (b *board) end(id uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p := b.posts[id]; p != nil {
		close(p.changed)
		delete(b.posts, id)
	}
}

// close wakes every watcher for good.
func (b *board) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for id, p := range b.posts {
		close(p.changed)
		delete(b.posts, id)
	}
}

func stageStatuses(r *run.Run) []run.Status {
	all := make([]run.Status, len(r.Plan.Stages))
	for i := range all {
		all[i] = r.StageStatus(i)
	}
	return all
}

// status answers with no channel where the run is not live.
func (b *board) status(id uint64) (run.Status, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.posts[id]
	if p == nil {
		return "", nil
	}
	return p.status, p.changed
}

// look answers with a channel to wait for where there is nothing new.
func (b *board) look(id, after uint64) (News, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.posts[id]
	if p == nil {
		return News{}, nil
	}
	n := News{Live: true, Sequence: p.sequence, Plan: p.plan, Stages: append([]run.Status(nil), p.stages...)}
	if after >= p.sequence && after != 0 {
		return n, p.changed
	}
	if after < p.since {
		n.Whole = true
		return n, nil
	}
	n.Steps = p.changedAfter(after)
	return n, nil
}

func (p *post) changedAfter(after uint64) []int {
	var steps []int
	seen := map[int]bool{}
	first := len(p.entries)
	for first > 0 && p.entries[first-1].sequence > after {
		first--
	}
	for _, e := range p.entries[first:] {
		for _, i := range e.steps {
			if !seen[i] {
				seen[i] = true
				steps = append(steps, i)
			}
		}
	}
	return steps
}
