package rpc

import "time"

// BackfillStartRequest makes up for instants of a schedule: a run for each in
// [From, To), whether it has one already or not.
type BackfillStartRequest struct {
	Schedule    string    `json:"schedule"`               // nightly/evening, or nightly where it has one
	From        time.Time `json:"from"`                   // the first instant that counts
	To          time.Time `json:"to"`                     // not after now
	MaxParallel int       `json:"max_parallel,omitempty"` // runs of it that live at a time: 1 to 100; 0 means 1
	Order       string    `json:"order,omitempty"`        // forward (default): oldest first; or reverse
	DryRun      bool      `json:"dry_run,omitempty"`      // say which instants; start nothing
}

// BackfillStartResponse says what a backfill does, or would do.
type BackfillStartResponse struct {
	Backfill Backfill  `json:"backfill"`           // with dry_run it has the id 0
	Instants []Instant `json:"instants,omitempty"` // with dry_run, in the order of their runs
}

// Backfill is a backfill and how far it has come.
type Backfill struct {
	ID          uint64     `json:"id"`                    // what backfill.cancel names
	Schedule    string     `json:"schedule"`              // nightly/evening, as it was named then
	From        time.Time  `json:"from"`                  // the first instant that counts
	To          time.Time  `json:"to"`                    // the first instant that counts no more
	Order       string     `json:"order"`                 // forward: oldest first; or reverse
	MaxParallel int        `json:"max_parallel"`          // runs of it that live at a time, at most
	Status      string     `json:"status"`                // running, success (all are started) or canceled
	At          time.Time  `json:"at"`                    // it was asked for
	Actor       string     `json:"actor"`                 // who asked for it
	Done        int        `json:"done"`                  // instants that are decided
	Started     int        `json:"started"`               // those of them that have a run
	Total       int        `json:"total"`                 // instants
	FinishedAt  *time.Time `json:"finished_at,omitempty"` // null while it is running
	// Waits is why it starts no more just now: limit (as many of its runs live as
	// may), overlap, paused, frozen, disk, deleting or trouble; Message says it in
	// full. "" is nothing.
	Waits   string `json:"waits,omitempty"`
	Message string `json:"message,omitempty"` // what a person should know
}

// BackfillListRequest asks for backfills, newest first.
type BackfillListRequest struct {
	Schedule string `json:"schedule,omitempty"` // "" is all
}

// BackfillListResponse lists backfills.
type BackfillListResponse struct {
	Backfills []Backfill `json:"backfills"` // newest first
}

// BackfillCancelRequest ends a backfill: it starts no further run. Runs that
// live go on. One that is over stays as it is.
type BackfillCancelRequest struct {
	ID uint64 `json:"id"` // as backfill.list has it
}
