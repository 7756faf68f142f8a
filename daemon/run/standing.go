package run

import "maps"

// What steps make together is not all that decides how a run and its stages
// stand: GitLab's do not move along every way, and so do these.

// next is what a run that stood at s becomes when its steps make now. One in
// which something has begun is not pending again: it is running, and waits.
func (s Status) next(now Status) Status {
	if now != Pending {
		return now
	}
	switch s {
	case Running, Success, Failed, Canceling, Canceled:
		return Running
	}
	return now
}

// stand keeps the status of a stage whose steps changed. A stage does not go
// back to created: when its steps wait again it keeps the status that it had.
func (r *Run) stand(stage int) {
	was, now := r.graph.standing[stage], r.graph.stages[stage].Composite(false)
	keeps := now == Created && was != Created
	if !keeps {
		r.graph.standing[stage] = now
	}
	if _, kept := r.State.Kept[stage]; kept == keeps {
		return
	}
	r.State.Kept = maps.Clone(r.State.Kept) // others may look at it
	if !keeps {
		delete(r.State.Kept, stage)
		return
	}
	if r.State.Kept == nil {
		r.State.Kept = map[int]Status{}
	}
	r.State.Kept[stage] = was
}

// restand is what stages of a restored run stood at.
func (r *Run) restand() {
	for i := range r.graph.standing {
		r.graph.standing[i] = r.StageStatus(i)
	}
}

// StageStatus is the status of stage i: the composite of its steps, or the one
// that it had before they were reset.
func (r *Run) StageStatus(i int) Status {
	if kept, ok := r.State.Kept[i]; ok {
		return kept
	}
	return r.graph.stages[i].Composite(false)
}
