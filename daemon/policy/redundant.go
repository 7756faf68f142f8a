package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/run"
)

// Fingerprint is equal for two runs of a pipeline that would do the same: of
// the same revision with the same inputs and variables.
func Fingerprint(v run.Values) (string, error) {
	text, err := json.Marshal([]any{v.Revision, v.Inputs, v.Variables})
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), err
}

// Redundancy is what a newer run takes from an older one.
type Redundancy struct {
	Whole bool  // the run ends
	Steps []int // else: these steps do
}

// None reports whether the older run is left alone.
func (r Redundancy) None() bool { return !r.Whole && len(r.Steps) == 0 }

// Redundant says what becomes of an older run of the same pipeline and
// sub-queue when one with another fingerprint comes. mode is the older run's:
// under conservative it goes on where a step that is not interruptible has
// begun; under interruptible it loses only its steps that are.
func Redundant(mode config.OnNewRun, older *run.Run) Redundancy {
	if older.Complete() || older.State.Status == run.Canceling {
		return Redundancy{}
	}
	switch mode {
	case config.CancelConservative:
		return Redundancy{Whole: !committed(older)}
	case config.CancelInterruptible:
		return Redundancy{Steps: interruptible(older)}
	}
	return Redundancy{}
}

// committed reports whether a step that may not be interrupted has begun.
func committed(r *run.Run) bool {
	for i := range r.Steps {
		if !r.Plan.Steps[i].Interruptible && len(r.Steps[i].Attempts) > 0 {
			return true
		}
	}
	return false
}

func interruptible(r *run.Run) (steps []int) {
	for i := range r.Steps {
		if r.Plan.Steps[i].Interruptible && cancelable(r.Steps[i].Status) {
			steps = append(steps, i)
		}
	}
	return steps
}

// cancelable reports whether a step with status s moves, or will, by itself. A
// manual one does not: it is left to the person it waits for.
func cancelable(s run.Status) bool {
	return !s.Complete() && s != run.Canceling && s != run.Manual
}
