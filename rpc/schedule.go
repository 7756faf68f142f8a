package rpc

import "time"

// A schedule is named in parameters as "nightly/evening", its pipeline and its
// trigger, or as "nightly": all of that pipeline, or its only one where one is
// wanted. Triggers of other kinds are named alike; they are listed, paused,
// resumed and have their ledger, too.

// ScheduleListRequest asks for schedules, and triggers of other kinds, in the
// order of their names.
type ScheduleListRequest struct {
	Schedule string `json:"schedule,omitempty"` // "" is all pipelines
	After    string `json:"after,omitempty"`    // names after this one: Next of the page before
	Limit    int    `json:"limit,omitempty"`    // 1 to 1000; 0 means 100
}

// ScheduleListResponse is a page of schedules.
type ScheduleListResponse struct {
	Schedules []Schedule `json:"schedules"`        // in the order of their names
	Freeze    *Freeze    `json:"freeze,omitempty"` // in force now: nothing is started
	Next      string     `json:"next,omitempty"`   // ask again with After = Next; "" is the end
}

// Schedule is a trigger that is due at instants, and how it stands. One of
// another kind has what does not speak of instants.
type Schedule struct {
	Name        string   `json:"name"`                 // nightly/evening
	Pipeline    string   `json:"pipeline"`             // its name
	Trigger     string   `json:"trigger"`              // its name in the pipeline
	Kind        string   `json:"kind"`                 // schedule, after, files or key
	Expression  string   `json:"expression,omitempty"` // as the text has it
	Description string   `json:"description"`          // in words: at 02:30 every day
	Timezone    string   `json:"timezone,omitempty"`   // IANA
	Jitter      float64  `json:"jitter,omitempty"`     // seconds that a run may start after its instant
	Include     []string `json:"include,omitempty"`    // calendars: an instant counts only where one of them has it
	Exclude     []string `json:"exclude,omitempty"`    // calendars: an instant that one of them has does not count
	// AtBoot says that its instants are the boots of the machine, which nobody
	// knows beforehand: Next is null then.
	AtBoot bool `json:"at_boot,omitempty"`
	// RestsUntil is a time ahead of the daemon's clock up to which all is decided
	// already: the clock was once there and was set back, and nothing up to then is
	// due again. null: the clock is past all that was decided.
	RestsUntil *time.Time `json:"rests_until,omitempty"`
	// Next is its next instant that counts; null: there is none, or none that was
	// found.
	Next *Instant `json:"next"`
	// NoneUntil is, where calendars take so many away that none was found, how far
	// was looked.
	NoneUntil *time.Time `json:"none_until,omitempty"`
	Last      *Tick      `json:"last,omitempty"`  // the record of its newest instant, which may stand for many
	Pause     *Pause     `json:"pause,omitempty"` // of the schedule or of its pipeline, that which ends last
	// PauseOf is what Pause holds: the schedule, nightly/evening, or nightly, its
	// whole pipeline. "" without a pause.
	PauseOf string `json:"pause_of,omitempty"`
	// Trouble is why files that arrived wait, where that is nobody's wish: they
	// cannot be claimed, the disk is nearly full. They are tried again.
	Trouble string `json:"trouble,omitempty"`
}

// Instant is a time at which a schedule is, or would be, due.
type Instant struct {
	At   time.Time `json:"at"`   // as the expression means it: the record of the ledger bears it
	Due  time.Time `json:"due"`  // its run starts then: later than At by the jitter
	Wall string    `json:"wall"` // At on the clocks of the schedule's zone, RFC 3339
	// Anomaly is gap where the clocks skip the time that the expression names, so
	// At is right after the gap, or repeat where they show it twice: a time of day
	// is due at the first of the two, an interval at both. "" is neither.
	Anomaly string `json:"anomaly,omitempty"`
	Skipped string `json:"skipped,omitempty"` // with gap: the time of day that the clocks leave out, 02:30:00
	// Excluded says what takes the instant away: it is recorded, and nothing starts.
	Excluded *Exclusion `json:"excluded,omitempty"`
	// ShiftedFrom are instants that calendars moved here. Those that meet are one.
	ShiftedFrom []time.Time `json:"shifted_from,omitempty"`
}

// Exclusion is the entry of a calendar that takes an instant away.
type Exclusion struct {
	Calendar string `json:"calendar,omitempty"` // "": it is in none of those that are to include it, as Title says
	Title    string `json:"title,omitempty"`    // of the entry
}

// ScheduleNextRequest asks for instants to come.
type ScheduleNextRequest struct {
	Schedule string     `json:"schedule"`        // nightly/evening, or nightly for all of that pipeline
	From     *time.Time `json:"from,omitempty"`  // instants after it; null is now
	Until    *time.Time `json:"until,omitempty"` // instants up to it; null: no end but Count
	Count    int        `json:"count,omitempty"` // that count, of each schedule, at most: 1 to 1000; 0 means 10
}

// ScheduleNextResponse has the instants of each schedule that was named.
type ScheduleNextResponse struct {
	Schedules []ScheduleInstants `json:"schedules"` // in the order of their names
}

// ScheduleInstants are instants of a schedule in their order, those that a
// calendar takes away among them.
type ScheduleInstants struct {
	Schedule Schedule  `json:"schedule"` // how it stands
	Instants []Instant `json:"instants"` // in their order
	// More says that there are further ones before Until: ask again with From at
	// the last of these.
	More bool `json:"more,omitempty"`
}

// ScheduleAuditRequest asks for the ledger of a trigger, or of all triggers of
// a pipeline, newest first.
type ScheduleAuditRequest struct {
	Schedule string     `json:"schedule"`        // a trigger of any kind has a ledger
	Since    *time.Time `json:"since,omitempty"` // instants at or after it
	Until    *time.Time `json:"until,omitempty"` // instants before it
	// Decisions keeps those alone: fired, caught_up, skipped, dropped. None: all.
	Decisions []string `json:"decisions,omitempty"`
	Before    string   `json:"before,omitempty"` // Next of the page before
	Limit     int      `json:"limit,omitempty"`  // 1 to 1000; 0 means 50
}

// ScheduleAuditResponse is a page of the ledger. It may be short, or empty,
// while Next is not "": what a request may cost is bounded.
type ScheduleAuditResponse struct {
	Ticks []Tick `json:"ticks"`          // newest first
	Next  string `json:"next,omitempty"` // ask again with Before = Next; "" is the end
}

// Tick is the record of what was decided of an instant of a trigger, or of one
// call, file or end of a run that it heard of.
type Tick struct {
	Schedule  string    `json:"schedule"`          // nightly/evening
	At        time.Time `json:"at"`                // the instant
	Wall      string    `json:"wall"`              // At on the clocks of the schedule's zone, RFC 3339
	Subject   string    `json:"subject,omitempty"` // play, backfill/7, the path of a file, the run that ended and how: build/7 success
	Decision  string    `json:"decision"`          // fired, caught_up, skipped or dropped
	Reason    string    `json:"reason,omitempty"`  // of the last two
	Message   string    `json:"message,omitempty"` // the reason in words
	Run       string    `json:"run,omitempty"`     // nightly/42; "id 1007" where it is deleted
	Actor     string    `json:"actor,omitempty"`   // who asked, where it was not the clock
	DecidedAt time.Time `json:"decided_at"`        // when it was recorded
	Revision  uint64    `json:"revision"`          // the text of the pipeline then
	// Count is how many instants the record stands for, from At to Last, where
	// they share a decision and are many. 0 is one, negative more than were counted.
	Count    int        `json:"count,omitempty"`
	Last     *time.Time `json:"last,omitempty"`      // the last of them; null: it is one
	LastWall string     `json:"last_wall,omitempty"` // Last on the clocks of the schedule's zone, RFC 3339
}

// ScheduleHistoryRequest asks for the runs that a schedule made, newest instant
// first.
type ScheduleHistoryRequest struct {
	Schedule string `json:"schedule"`         // nightly/evening, or nightly where it has one
	Before   string `json:"before,omitempty"` // Next of the page before
	Limit    int    `json:"limit,omitempty"`  // 1 to 1000; 0 means 20
}

// ScheduleHistoryResponse is a page of runs. It may be short, or empty, while
// Next is not "".
type ScheduleHistoryResponse struct {
	Runs []RunSummary `json:"runs"`           // newest instant first
	Next string       `json:"next,omitempty"` // ask again with before = next; "" is the end
}

// SchedulePlayRequest starts a run of a schedule now. Its next instant stays,
// and so does a pause. At most once a minute.
type SchedulePlayRequest struct {
	Schedule string `json:"schedule"`       // nightly/evening, or nightly where it has one
	Note     string `json:"note,omitempty"` // why, kept in the cause; at most 1 KiB
}

// SchedulePlayResponse names the run.
type SchedulePlayResponse struct {
	Run      RunSummary `json:"run"`      // as it is now
	Schedule Schedule   `json:"schedule"` // as it stands afterwards
}

// SchedulePauseRequest pauses schedules: their instants are recorded as skipped
// until they are resumed, and are not caught up. A second pause replaces the
// first.
type SchedulePauseRequest struct {
	Schedule string     `json:"schedule"`         // nightly/evening, or nightly for all of that pipeline
	Reason   string     `json:"reason,omitempty"` // at most 1 KiB
	Until    *time.Time `json:"until,omitempty"`  // null: until it is resumed
}

// ScheduleResumeRequest takes pauses of schedules back.
type ScheduleResumeRequest struct {
	Schedule string `json:"schedule"` // nightly/evening, or nightly for all of that pipeline
}

// SchedulesResponse says how the schedules stand that were named.
type SchedulesResponse struct {
	Schedules []Schedule `json:"schedules"` // in the order of their names
	// Unchanged says that none of those that were to be resumed had a pause of its
	// own. One of their pipeline holds them still: see [Schedule].
	Unchanged bool `json:"unchanged,omitempty"`
}
