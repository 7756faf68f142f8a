// Package schedule decides when a trigger is due and what becomes of each due
// instant. It is values in, values out: no clock, no store, no log.
//
// A [Rule] says when: instants of an expression in a time zone, within dates,
// taken away or moved by calendars, with a jitter. A [Mark] says how far it has
// been accounted for. From both and the time that it is, the [Timetable] of
// the rule decides every instant since the mark, once: whoever asks records
// the decisions and the new mark in one commit with what they make.
package schedule

import "time"

// Rule is when a schedule is due. It is what is kept of the text's.
type Rule struct {
	Expression string        `json:"expression"`
	Timezone   string        `json:"timezone,omitempty"` // IANA; "" is UTC
	From       time.Time     `json:"from,omitzero"`
	Until      time.Time     `json:"until,omitzero"`
	Jitter     time.Duration `json:"jitter,omitempty"`
	Random     bool          `json:"random,omitempty"`
	Include    []string      `json:"include,omitempty"`
	Exclude    []string      `json:"exclude,omitempty"`
	Shift      string        `json:"shift,omitempty"`    // none (""), next or previous
	CatchUp    string        `json:"catch_up,omitempty"` // one (""), all or none
	Window     time.Duration `json:"window,omitempty"`
}

// Mark is how far a schedule has been accounted for.
type Mark struct {
	// Through is the latest time up to which every instant has its record. No
	// instant at or before it is ever due again, whatever the clock says.
	Through time.Time `json:"through"`
	Anchor  time.Time `json:"anchor,omitzero"`   // @every counts from it: when the rule was first applied
	BootID  string    `json:"boot_id,omitempty"` // @reboot: the boot that has its record
}

// Decision is what was decided of a due instant.
type Decision string

// The decisions.
const (
	Fired    Decision = "fired"     // a run was started in time
	CaughtUp Decision = "caught_up" // it was missed, and a run was started later
	Skipped  Decision = "skipped"   // it was due and there was a reason not to start a run
	Dropped  Decision = "dropped"   // it was missed and is not caught up
)

// Reason says why an instant was skipped or dropped.
type Reason string

// The reasons.
const (
	Overlap    Reason = "overlap"     // Skipped: another run is not over
	Paused     Reason = "paused"      // Skipped: the pipeline or the trigger is
	Frozen     Reason = "frozen"      // Skipped: everything is
	Blackout   Reason = "blackout"    // Skipped: a calendar takes it away
	Refused    Reason = "refused"     // Skipped: the run's rules, its inputs or its text say no
	Superseded Reason = "superseded"  // Dropped: catch_up = "one" takes a later one
	NoCatchUp  Reason = "no_catch_up" // Dropped: catch_up = "none"
	TooOld     Reason = "too_old"     // Dropped: it is outside of the window
	TooMany    Reason = "too_many"    // Dropped: catch_up = "all" has a bound
	Restored   Reason = "restored"    // Dropped: the store is a copy of an older one
)
