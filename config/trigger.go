package config

import (
	"slices"
	"time"
)

// Trigger is a rule that makes runs by itself. Its kind follows from the one
// of its keys schedule, after, files and key that it has.
type Trigger struct {
	Name     string // unique in its pipeline; default: the kind
	Kind     TriggerKind
	Schedule Schedule // with OnSchedule
	After    After    // with AfterPipeline
	Files    Files    // with OnFiles
	Key      string   // with OnKey: the name of the trigger keys whose calls it describes
	// Inputs and Variables are what its runs are started with. Their texts may
	// hold placeholders over what the trigger knows: trigger, and for AfterPipeline
	// upstream, for OnFiles file, for OnKey payload.
	Inputs         map[string]any
	Variables      []Variable
	SubQueue       string
	Overlap        *Overlap // nil: the pipeline's
	PauseOnFailure bool     // a run of it that fails pauses it until it is resumed
}

// TriggerKind says what a trigger waits for.
type TriggerKind string

// The kinds of triggers. The value is the key that makes it one, and the name
// of a trigger that has none.
const (
	OnSchedule    TriggerKind = "schedule" // instants
	AfterPipeline TriggerKind = "after"    // the ends of another pipeline's runs
	OnFiles       TriggerKind = "files"    // files that appear
	OnKey         TriggerKind = "key"      // calls with a trigger key
)

// Schedule is when a trigger is due: instants of an expression, within dates
// and calendars.
type Schedule struct {
	Expression string        // as config/cron parses it
	Timezone   string        // IANA; default UTC
	From       time.Time     // no instant before; zero: none
	Until      time.Time     // no instant at or after; zero: none
	Jitter     time.Duration // how much later than its instant a run may start, at most; it may be longer than the expression's period
	Random     bool          // jitter is drawn anew for each instant; false: it follows from the names and never changes
	Include    []string      // calendars: only instants within one of them count; none: all
	Exclude    []string      // calendars: instants within one of them do not count
	Shift      Shift         // where instants on days that do not count go
	CatchUp    CatchUp
	Window     time.Duration // how late an instant may be caught up; default 24h
}

// Shift says what becomes of an instant that the calendars take away.
type Shift string

// The values of Shift.
const (
	ShiftNone     Shift = "none"     // default: it is skipped
	ShiftNext     Shift = "next"     // to the same time of the next day that counts
	ShiftPrevious Shift = "previous" // to the same time of the day before that counts
)

// CatchUp says what becomes of instants that passed while nobody could act.
type CatchUp string

// The values of CatchUp.
const (
	CatchUpOne  CatchUp = "one" // default: the latest of them
	CatchUpAll  CatchUp = "all"
	CatchUpNone CatchUp = "none"
)

// After is a subscription to the ends of another pipeline's runs.
type After struct {
	Pipeline string
	Statuses []string // success, failed, canceled, skipped; default success
	// Labels are those that a run must have, all of them, to count; nil: any run does.
	Labels map[string]string
}

// Counts reports whether an end counts of a run with those labels.
func (a *After) Counts(status string, labels map[string]string) bool {
	if !slices.Contains(a.Statuses, status) {
		return false
	}
	for name, value := range a.Labels {
		if has, ok := labels[name]; !ok || has != value {
			return false
		}
	}
	return true
}

// Files is a watch on a directory.
type Files struct {
	Pattern string        // absolute; the part before its first wildcard is the directory; ** spans directories
	Settle  time.Duration // how long a file must not change before it counts; default 2s
	Claim   string        // absolute directory into which a file is moved before its run; "": it stays
}
