package store

import (
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/schedule"
)

// Trigger is what the daemon keeps of a trigger of a current revision: what it
// must know without reading the text, and how far it has come.
type Trigger struct {
	Pipeline uint64             `json:"pipeline"`
	Name     string             `json:"name"`
	Kind     config.TriggerKind `json:"kind"`
	Rule     *schedule.Rule     `json:"rule,omitempty"` // with config.OnSchedule
	Mark     schedule.Mark      `json:"mark,omitzero"`  // with config.OnSchedule
	After    *config.After      `json:"after,omitempty"`
	Files    *config.Files      `json:"files,omitempty"`
	Key      string             `json:"key,omitempty"`
	Pause    *Pause             `json:"pause,omitempty"` // of the trigger alone; Part is empty
	// PauseOnFailure is as in the text.
	PauseOnFailure bool `json:"pause_on_failure,omitempty"`
}

// Tick is the record of what was decided of one due instant of a trigger, or
// of one call, file or end that it heard of. It is written in the same commit
// as the run that it makes, and never changes.
type Tick struct {
	Pipeline uint64    `json:"pipeline"`
	Trigger  string    `json:"trigger"`
	At       time.Time `json:"at"` // the instant, as the schedule means it
	// Subject tells ticks of one instant apart: the run that ended, the file. An
	// instant of a schedule has none.
	Subject   string            `json:"subject,omitempty"`
	Decision  schedule.Decision `json:"decision"`
	Reason    schedule.Reason   `json:"reason,omitempty"`
	Message   string            `json:"message,omitempty"` // for people
	Run       uint64            `json:"run,omitempty"`     // that it made
	Actor     string            `json:"actor,omitempty"`   // who asked for it by hand: play, backfill
	DecidedAt time.Time         `json:"decided_at"`
	Revision  uint64            `json:"revision"` // of the pipeline
	// Count is how many instants the record stands for, up to and with Last,
	// where they share a decision and are too many for a record each; 0 is one,
	// negative is more than were counted.
	Count int       `json:"count,omitempty"`
	Last  time.Time `json:"last,omitzero"`
}

// Key is a trigger key. Its secret is nowhere: only what it is recognised by.
type Key struct {
	ID        string    `json:"id"` // 16 hex digits, part of the secret that callers send
	Pipeline  uint64    `json:"pipeline"`
	Name      string    `json:"name"`                // for people; changes nothing of the secret
	Digest    []byte    `json:"digest"`              // SHA-256 of the secret
	Hint      string    `json:"hint"`                // the first four characters of the secret
	Form      string    `json:"form"`                // of calls: api, or a webhook's: see daemon/key
	Addresses []string  `json:"addresses,omitempty"` // CIDR prefixes that may call; none: any
	CreatedAt time.Time `json:"created_at"`
	CreatedBy string    `json:"created_by"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	LastUsed  time.Time `json:"last_used,omitzero"`
}

// Calendar is a named set of days and times, as it was put.
type Calendar struct {
	Name  string    `json:"name"`
	Text  string    `json:"text"` // iCalendar or TOML, as config/calendar reads it
	PutAt time.Time `json:"put_at"`
	PutBy string    `json:"put_by"`
	Note  string    `json:"note,omitempty"`
}

// Freeze stops every run from being started.
type Freeze struct {
	At     time.Time `json:"at"`
	Actor  string    `json:"actor"`
	Until  time.Time `json:"until,omitzero"` // zero: until it is lifted
	Reason string    `json:"reason,omitempty"`
}
