package run

// tag is a step's status as the steps after it and its stage see it: a failure
// that is allowed is a warning, an allowed manual step is ignored, and one that
// was left out on purpose keeps its place and stops nobody.
type tag uint8

const (
	tagCreated tag = iota
	tagWaitingForResource
	tagPending
	tagRunning
	tagSuccess
	tagFailed
	tagCanceling
	tagCanceled
	tagSkipped
	tagManual
	tagBlocked // manual, by the run that it stands for
	tagScheduled
	tagWarn
	tagIgnored
	tagLeftOut
	tags // how many there are
)

var tagOfStatus = map[Status]tag{
	Created: tagCreated, WaitingForResource: tagWaitingForResource, Pending: tagPending,
	Running: tagRunning, Success: tagSuccess, Failed: tagFailed, Canceling: tagCanceling,
	Canceled: tagCanceled, Skipped: tagSkipped, Manual: tagManual, Scheduled: tagScheduled,
}

// tagOf folds allow_failure into a status.
func tagOf(s Status, allowFailure bool) tag {
	t := tagOfStatus[s]
	if !allowFailure {
		return t
	}
	switch t {
	case tagFailed, tagCanceled:
		return tagWarn
	case tagManual:
		return tagIgnored
	}
	return t
}

// tagOf is how others see step i.
func (r *Run) tagOf(i int) tag {
	s, p := &r.Steps[i], &r.Plan.Steps[i]
	switch {
	case s.Status == Skipped && s.Skipped.passes():
		return tagLeftOut
	case s.follows():
		return tagBlocked
	case s.Status == Failed && s.Stopped == nil && len(s.Attempts) > 0:
		return tagOf(Failed, p.allows(s.Latest().ExitCode))
	}
	return tagOf(s.Status, p.AllowFailure)
}

// complete reports whether steps behind one with this tag need not wait.
func (t tag) complete() bool {
	switch t {
	case tagSuccess, tagFailed, tagCanceled, tagSkipped, tagWarn, tagIgnored, tagLeftOut:
		return true
	}
	return false
}

// Tally counts the steps of a set by how they are seen. The zero value is the
// empty set.
type Tally struct {
	count [tags]int
	total int
}

// Add counts one step in.
func (t *Tally) Add(s Status, allowFailure bool) { t.add(tagOf(s, allowFailure), 1) }

func (t *Tally) add(g tag, n int) { t.count[g] += n; t.total += n }

func (t *Tally) merge(o *Tally, times int) {
	for g, n := range o.count {
		t.count[g] += times * n
	}
	t.total += times * o.total
}

func (t *Tally) any(gs ...tag) bool {
	for _, g := range gs {
		if t.count[g] > 0 {
			return true
		}
	}
	return false
}

func (t *Tally) only(gs ...tag) bool {
	n := 0
	for _, g := range gs {
		n += t.count[g]
	}
	return n == t.total && n > 0
}

func (t *Tally) complete() bool {
	return t.total == 0 || t.only(tagSuccess, tagFailed, tagCanceled, tagSkipped, tagWarn, tagIgnored, tagLeftOut)
}

// Warnings reports whether a step failed that may.
func (t *Tally) Warnings() bool { return t.count[tagWarn] > 0 }

// Composite folds the statuses of a set of steps into one: the first rule that
// fits wins. dag is set for the steps that another step needs, where one that
// was skipped is as good as none, and one that was left out as good as done. The
// rules and their order are those of GitLab's composite status.
func (t *Tally) Composite(dag bool) Status {
	switch {
	case t.total == 0:
		return Success
	case dag && t.any(tagSkipped, tagIgnored):
		return Skipped
	case !dag && t.only(tagSkipped, tagIgnored, tagLeftOut):
		return Skipped
	case t.only(tagSuccess, tagSkipped, tagWarn, tagIgnored, tagLeftOut):
		return Success
	case t.only(tagCreated, tagWarn, tagIgnored, tagLeftOut):
		return Created
	case t.only(tagCanceled, tagSuccess, tagSkipped, tagWarn, tagIgnored, tagLeftOut):
		return Canceled
	case t.only(tagPending, tagCreated, tagSkipped, tagWarn, tagIgnored, tagLeftOut):
		return Pending
	case t.any(tagRunning, tagPending):
		return Running
	case t.any(tagWaitingForResource):
		return WaitingForResource
	case t.any(tagManual, tagBlocked):
		return Manual
	case t.any(tagScheduled):
		return Scheduled
	case t.any(tagCreated):
		return Running
	case t.any(tagCanceling):
		return Canceling
	}
	return Failed
}
