package run

import (
	"fmt"
	"time"
)

// Attempt is one try of one step.
type Attempt struct {
	Number        int               `json:"number"` // from 1
	Status        Status            `json:"status"`
	BootID        string            `json:"boot_id"`             // boot of the machine in which it was decided
	ReadyAt       time.Time         `json:"ready_at,omitzero"`   // it could begin, but for a place or a resource
	GrantedAt     time.Time         `json:"granted_at,omitzero"` // it got its resource group
	SlotAt        time.Time         `json:"slot_at,omitzero"`    // max_parallel let it begin; zero: it always did
	DecidedAt     time.Time         `json:"decided_at"`          // it was given its place
	StartedAt     time.Time         `json:"started_at,omitzero"` // the work began; zero if it never did, or is not over
	FinishedAt    time.Time         `json:"finished_at,omitzero"`
	FailureReason FailureReason     `json:"failure_reason,omitempty"`
	ExitCode      *int              `json:"exit_code,omitempty"`
	Message       string            `json:"message,omitempty"`
	Plugin        string            `json:"plugin,omitempty"`    // version and sha256 of what did it
	Leftovers     []string          `json:"leftovers,omitempty"` // processes that outlived the step and were ended
	Outputs       map[string]string `json:"outputs,omitempty"`
	Log           *Log              `json:"log,omitempty"`   // nil until sealed
	Erase         *Erasure          `json:"erase,omitempty"` // its log was, or is to be, removed
	// Downstream is the run that it stands for, once there is one.
	Downstream *Downstream `json:"downstream,omitempty"`
}

// Downstream is a run that a step of another stands for.
type Downstream struct {
	ID       uint64 `json:"id"`   // unique over the daemon
	Name     string `json:"name"` // deploy/7
	Status   Status `json:"status"`
	Warnings bool   `json:"warnings,omitempty"`
}

// Log describes the sealed log of an attempt. Sizes are bytes.
type Log struct {
	Size     int64  `json:"size"` // ever written; a cursor into the log counts these
	GapStart int64  `json:"gap_start,omitempty"`
	GapSize  int64  `json:"gap_size,omitempty"` // dropped from GapStart on, because the log outgrew its cap
	Lines    int64  `json:"lines"`
	SHA256   string `json:"sha256,omitempty"`  // of what is kept; empty for an empty log
	Stored   int64  `json:"stored"`            // on disk, compressed
	Problem  string `json:"problem,omitempty"` // why it could not be kept whole
}

// Erasure says who removed a log.
type Erasure struct {
	At    time.Time `json:"at"`
	Actor string    `json:"actor"`
	Done  bool      `json:"done,omitempty"`
}

// Ended reports whether a is over.
func (a *Attempt) Ended() bool { return a.Status.Complete() }

// unsealed reports whether a is owed a seal.
func (a *Attempt) unsealed() bool { return a.Ended() && a.Log == nil }

// unerased reports whether a is owed an erasure; its log is sealed first.
func (a *Attempt) unerased() bool { return a.Log != nil && a.Erase != nil && !a.Erase.Done }

func (a *Attempt) unfinished() bool { return a.unsealed() || a.unerased() }

// settle writes how a ended.
func (a *Attempt) settle(o Outcome, at time.Time) {
	a.Status, a.FailureReason, a.ExitCode, a.Message = o.Status, o.FailureReason, o.ExitCode, o.Message
	a.Plugin, a.Leftovers, a.Outputs = o.Plugin, o.Leftovers, o.Outputs
	a.StartedAt, a.FinishedAt = o.StartedAt, o.FinishedAt
	if a.FinishedAt.IsZero() {
		a.FinishedAt = at
	}
}

// find is an attempt of a step, or why it is none to speak of.
func (r *Run) find(step, number int) (*Attempt, error) {
	if s := &r.Steps[step]; number >= 1 && number <= len(s.Attempts) {
		return &s.Attempts[number-1], nil
	}
	return nil, fmt.Errorf("attempt %d of %s: %w", number, r.Plan.Steps[step].Name, ErrStale)
}

func (r *Run) begin(c *changing, ev Begin) error {
	s := &r.Steps[ev.Step]
	if s.Status != Pending || !r.graph.slot[ev.Step] {
		return fmt.Errorf("begin %s, which is %s: %w", r.Plan.Steps[ev.Step].Name, s.Status, ErrStale)
	}
	s.Attempts = append(s.Attempts, Attempt{
		Number: len(s.Attempts) + 1, Status: Running, BootID: ev.BootID,
		ReadyAt: s.AdmittedAt, GrantedAt: s.GrantedAt, SlotAt: s.SlotAt, DecidedAt: ev.At,
	})
	r.setStatus(c, ev.Step, Running)
	return nil
}

func (r *Run) ended(c *changing, ev Ended) error {
	a, err := r.find(ev.Step, ev.Attempt)
	if err != nil {
		return err
	}
	if a.Ended() {
		return fmt.Errorf("end of attempt %d of %s: %w", ev.Attempt, r.Plan.Steps[ev.Step].Name, ErrStale)
	}
	if r.Plan.Steps[ev.Step].Downstream != "" {
		r.finish(c, ev.Step, ev.Outcome)
		return nil
	}
	a.settle(r.Steps[ev.Step].stopping(ev.Outcome), ev.At)
	r.graph.unfinished++
	r.over(c, ev.Step)
	return nil
}

// over draws the conclusions from the end of the newest attempt of step i.
func (r *Run) over(c *changing, i int) {
	a := r.Steps[i].Latest()
	if a.Status == Failed && r.tryAgain(c, i) {
		return
	}
	r.setStatus(c, i, a.Status)
	r.spread(c, i)
}

// stopping is what the end of an attempt that was asked to end counts as.
func (s *Step) stopping(o Outcome) Outcome {
	if s.Status != Canceling {
		return o
	}
	o.Status, o.FailureReason = Canceled, ""
	if s.Stopped.Reason != "" {
		o.Status, o.FailureReason, o.Message = Failed, s.Stopped.Reason, s.Stopped.Note
	}
	return o
}

func (r *Run) sealed(c *changing, ev Sealed) error {
	a, err := r.find(ev.Step, ev.Attempt)
	if err != nil {
		return err
	}
	if !a.unsealed() {
		return fmt.Errorf("seal attempt %d of %s: %w", ev.Attempt, r.Plan.Steps[ev.Step].Name, ErrStale)
	}
	a.Log = &ev.Log
	r.graph.unfinished -= count(!a.unfinished())
	c.touch(ev.Step)
	return nil
}

func (r *Run) erase(c *changing, ev Erase) error {
	s := &r.Steps[ev.Step]
	if r.Plan.Steps[ev.Step].Downstream != "" {
		return r.refuse(ev.Step, "it stands for another run and has no log of its own")
	}
	first, last := ev.Attempt, ev.Attempt
	if ev.Attempt == 0 {
		first, last = 1, len(s.Attempts)
	}
	if first < 1 || last > len(s.Attempts) {
		return r.refuse(ev.Step, "it has %d attempts, no attempt %d whose log could be erased", len(s.Attempts), ev.Attempt)
	}
	if len(s.Attempts) == 0 {
		return r.refuse(ev.Step, "it never began and has no log to erase")
	}
	if !s.Attempts[last-1].Ended() {
		return r.refuse(ev.Step, "attempt %d is at work; its log can be erased once it has ended", last)
	}
	for k := first - 1; k < last; k++ {
		if a := &s.Attempts[k]; a.Erase == nil {
			was := a.unfinished()
			a.Erase = &Erasure{At: ev.At, Actor: ev.Actor}
			r.graph.unfinished += count(a.unfinished()) - count(was)
			c.touch(ev.Step)
		}
	}
	return nil
}

func (r *Run) erased(c *changing, ev Erased) error {
	a, err := r.find(ev.Step, ev.Attempt)
	if err != nil {
		return err
	}
	if !a.unerased() {
		return fmt.Errorf("erase attempt %d of %s: %w", ev.Attempt, r.Plan.Steps[ev.Step].Name, ErrStale)
	}
	a.Erase.Done = true
	r.graph.unfinished--
	c.touch(ev.Step)
	return nil
}

// count is 1 for true.
func count(b bool) int {
	if b {
		return 1
	}
	return 0
}
