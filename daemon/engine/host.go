package engine

import (
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
)

// Host performs attempts. Its methods return at once and may be repeated.
type Host interface {
	// Launch brings an attempt into the hands of a plugin, or joins it where it
	// is already, and calls report once when it has ended. An attempt that is
	// canceled is joined too, but no longer begun.
	Launch(a Attempt, report func(Report))
	// Stop asks an attempt that was launched to end.
	Stop(name string, force bool)
}

// Attempt is an attempt as the host needs it.
type Attempt struct {
	Plan     *run.Plan
	Step     int
	Number   int
	BootID   string // of the boot in which it was decided
	Canceled bool
	Cause    store.Cause // of its run
	Pipeline uint64      // id
	// Variables are those that were given when the step was played or retried:
	// they win over all others.
	Variables map[string]string
	// Outputs are those of the steps that the step reads, by their keys.
	Outputs map[string]map[string]string
}

// Report is the end of an attempt.
type Report struct {
	Outcome run.Outcome
	// LogSize is the size of the log in bytes, negative where nobody knows. An
	// attempt without output is not worth a sealing of its own.
	LogSize int64
}

// Archive keeps the logs of attempts that have ended.
type Archive interface {
	// Seal puts the log of an attempt into its final form. It may be repeated.
	Seal(plan *run.Plan, step, attempt int) run.Log
	// Sweep removes the directory of an attempt whose end and log are recorded.
	Sweep(plan *run.Plan, step, attempt int)
	// Erase removes the sealed log of an attempt. It may be repeated. An error is
	// its to report; the erasure is then owed still.
	Erase(plan *run.Plan, step, attempt int) error
}
