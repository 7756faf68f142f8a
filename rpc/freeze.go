package rpc

import "time"

// FreezeSetRequest freezes everything: no run is started by a schedule, a call,
// a file or another pipeline. By hand a run is started, and a step played or tried
// again, only where that is asked for in spite of it. Runs that live go on, with
// their retries of themselves, the steps that are due later, and the runs that
// their steps start. A second
// freeze replaces the first.
type FreezeSetRequest struct {
	Reason string     `json:"reason,omitempty"` // at most 1 KiB
	Until  *time.Time `json:"until,omitempty"`  // null: until it is lifted
}

// Freeze says who froze everything, why and until when.
type Freeze struct {
	At     time.Time  `json:"at"`               // since when
	Actor  string     `json:"actor"`            // user name, or "uid 1000" where it has none
	Reason string     `json:"reason,omitempty"` // as who froze it said
	Until  *time.Time `json:"until,omitempty"`  // null: until it is lifted
}

// FreezeResponse has the freeze that is in force, or was lifted; null is none.
type FreezeResponse struct {
	Freeze *Freeze `json:"freeze"` // who, since when, why
}
