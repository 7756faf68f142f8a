package run

// Effect is something that the world owes a run.
type Effect struct {
	Kind    EffectKind
	Step    int
	Attempt int
	Force   bool // with Stop: kill at once
}

// EffectKind says what is owed. Each may be performed any number of times.
type EffectKind int

// The effects.
const (
	// Launch: the attempt is to be in the hands of a plugin: begin it, or join
	// it where it has begun.
	Launch EffectKind = iota
	// Stop: the attempt is to end. What never began is not to begin any more.
	Stop
	// Seal: the attempt's log is to be put into its final form.
	Seal
	// Spawn: the run that the attempt stands for is to exist.
	Spawn
	// EraseLog: the attempt's log is to be removed.
	EraseLog
)

// Owed lists what r is owed for step i, as it stands.
func (r *Run) Owed(i int) []Effect {
	var owed []Effect
	for k := range r.Steps[i].Attempts {
		a := &r.Steps[i].Attempts[k]
		switch {
		case r.Plan.Steps[i].Downstream != "":
			if a.Status == Running && a.Downstream == nil {
				owed = append(owed, Effect{Kind: Spawn, Step: i, Attempt: a.Number})
			}
		case a.Status == Running:
			owed = append(owed, Effect{Kind: Launch, Step: i, Attempt: a.Number})
		case a.Status == Canceling:
			owed = append(owed, Effect{Kind: Stop, Step: i, Attempt: a.Number, Force: r.Steps[i].Stopped.Force})
		case a.unsealed():
			owed = append(owed, Effect{Kind: Seal, Step: i, Attempt: a.Number})
		case a.unerased():
			owed = append(owed, Effect{Kind: EraseLog, Step: i, Attempt: a.Number})
		}
	}
	return owed
}

// Ready lists the pending steps of r that may begin, in the order of their
// turn.
func (r *Run) Ready() []int {
	var ready []int
	for i := range r.Steps {
		if r.CanBegin(i) {
			ready = append(ready, i)
		}
	}
	return ready
}

// CanBegin reports whether step i waits for nothing but a place.
func (r *Run) CanBegin(i int) bool { return r.Steps[i].Status == Pending && r.graph.slot[i] }

// Pending is how many steps of r wait for a place.
func (r *Run) Pending() int { return r.graph.all.count[tagPending] }
