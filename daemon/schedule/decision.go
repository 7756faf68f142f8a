package schedule

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
	Edited     Reason = "edited"      // Dropped: the rule was changed, or removed, before it was decided
	Restored   Reason = "restored"    // Dropped: the store is a copy of an older one
)
