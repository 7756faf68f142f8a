package store

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"slices"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/policy"
	"github.com/penstock/penstock/daemon/run"
)

// Meta counts what is unique over the daemon.
type Meta struct {
	LastPipeline uint64 `json:"last_pipeline"`
	LastRun      uint64 `json:"last_run"`
	LastBackfill uint64 `json:"last_backfill,omitempty"`
	Generation   uint64 `json:"generation"` // starts of a daemon on this store
	// Home is the identity of the directory that the store was last opened in: a
	// copy of it is another one.
	Home string `json:"home,omitempty"`
	// UsersMarked says that the users of calendars are marked: see
	// [Tx.CalendarUsers].
	UsersMarked bool `json:"users_marked,omitempty"`
}

// Pipeline is the record of a pipeline. Its id never changes; its name may.
type Pipeline struct {
	ID         uint64    `json:"id"`
	Name       string    `json:"name"`
	Revision   uint64    `json:"revision"` // the current one
	LastNumber uint64    `json:"last_number"`
	CreatedAt  time.Time `json:"created_at"`
	Pauses     []Pause   `json:"pauses,omitempty"` // one for each part that is paused
}

// Part is a part of a pipeline: a step, with Step "" a stage, with Stage ""
// as well the pipeline itself. A Step without Stage is the step of that name,
// in whatever stage it is.
type Part struct {
	Stage string `json:"stage,omitempty"`
	Step  string `json:"step,omitempty"`
}

// Pause says who paused a part of a pipeline, and why. It is no revision.
type Pause struct {
	Part
	Actor  string    `json:"actor"`
	At     time.Time `json:"at"`
	Until  time.Time `json:"until,omitzero"` // zero: until it is resumed
	Reason string    `json:"reason,omitempty"`
}

// Over reports whether p has ended by itself.
func (p *Pause) Over(now time.Time) bool { return !p.Until.IsZero() && !now.Before(p.Until) }

// Covers reports whether p lasts from one time to another, both included.
func (p *Pause) Covers(from, to time.Time) bool { return !from.Before(p.At) && !p.Over(to) }

// Outlasts reports whether p ends after another.
func (p *Pause) Outlasts(other *Pause) bool {
	return !other.Until.IsZero() && (p.Until.IsZero() || p.Until.After(other.Until))
}

// Paused lists the pauses of p that hold now.
func (p *Pipeline) Paused(now time.Time) []Pause {
	return slices.DeleteFunc(slices.Clone(p.Pauses), func(one Pause) bool { return one.Over(now) })
}

// PausedWhole is the pause of p as a whole that holds now; nil is none.
func (p *Pipeline) PausedWhole(now time.Time) *Pause {
	for _, one := range p.Paused(now) {
		if one.Part == (Part{}) {
			return &one
		}
	}
	return nil
}

// Revision is one immutable text of a pipeline, as it was applied.
type Revision struct {
	Revision    uint64    `json:"revision"`
	Text        string    `json:"text"`
	AppliedAt   time.Time `json:"applied_at"`
	AppliedBy   string    `json:"applied_by"`
	Note        string    `json:"note,omitempty"`
	Description string    `json:"description,omitempty"` // of the text, for lists
	Stages      int       `json:"stages"`
	Steps       int       `json:"steps"`
}

// Run is the record of a run: what it is and how far it has come.
type Run struct {
	ID       uint64    `json:"id"`
	Pipeline uint64    `json:"pipeline"`
	Number   uint64    `json:"number"`
	Revision uint64    `json:"revision"`
	Cause    Cause     `json:"cause"`
	State    run.State `json:"state"`
	// Name and Labels are for people, to find it by.
	Name   string            `json:"name,omitempty"`
	Labels map[string]string `json:"labels,omitempty"`
	Key    string            `json:"key,omitempty"` // of the request that made it
	Terms
}

// Terms are what holds for a run among others. They are recorded with it, so
// that a new revision of its pipeline changes nothing for a run that lives.
type Terms struct {
	SubQueue    string               `json:"sub_queue,omitempty"` // runs in one follow each other
	Priority    int                  `json:"priority,omitempty"`
	Overlap     config.OverlapPolicy `json:"overlap,omitempty"`     // "" is allow
	Limit       int                  `json:"limit,omitempty"`       // of runs at a time; 0 is none
	OnNewRun    config.OnNewRun      `json:"on_new_run,omitempty"`  // what a newer run does to it; "" is none
	Fingerprint string               `json:"fingerprint,omitempty"` // of its revision and values; "" is as no other
}

// Resource is what people decided of a resource group.
type Resource struct {
	Mode policy.Mode `json:"mode"`
}

// Cause says why a run exists.
type Cause struct {
	Source Source `json:"source"`
	Actor  string `json:"actor,omitempty"`
	UID    int    `json:"uid"`
	Note   string `json:"note,omitempty"`
	// Trigger is the name of the trigger, or of the trigger key, that made it.
	Trigger string `json:"trigger,omitempty"`
	// ScheduledAt is the instant that it is for; zero for a run that has none.
	ScheduledAt time.Time `json:"scheduled_at,omitzero"`
	// Upstream is the run that it follows from.
	Upstream *Upstream `json:"upstream,omitempty"`
	// SkipLocks: its steps take no resource groups, nor do those of its children.
	SkipLocks bool `json:"skip_locks,omitempty"`
}

// Source says what made a run. The words are GitLab's where it has one.
type Source string

// The sources.
const (
	ByCommand      Source = "command"         // a person in a shell [web]
	BySchedule     Source = "schedule"        // an instant of a schedule, or its play or backfill by hand
	ByTrigger      Source = "trigger"         // a call with a trigger key
	ByPipeline     Source = "pipeline"        // a step of another pipeline
	ByParent       Source = "parent_pipeline" // a step whose child the run is
	BySubscription Source = "subscription"    // the end of another pipeline's run
	ByFile         Source = "file"            // a file that appeared
)

// Upstream is the place in another run from which a run follows.
type Upstream struct {
	Run     uint64 `json:"run"`
	Name    string `json:"name"`              // build/7/deploy/start/1, or build/7 for its end, as it was named then: it outlives the run
	Step    int    `json:"step,omitempty"`    // index into its plan
	Attempt int    `json:"attempt,omitempty"` // 0: the end of the run, not a step
	Waits   bool   `json:"waits,omitempty"`   // the step waits for the run
	// Root is the run that it all began with, Lineage the pipelines from there
	// down to that of Run, Depth how many inline children lie directly above.
	Root    uint64   `json:"root"`
	Lineage []uint64 `json:"lineage"`
	Depth   int      `json:"depth,omitempty"`
}

// Request is the run that a request with a key made.
type Request struct {
	Run   uint64    `json:"run"`
	At    time.Time `json:"at"`
	Until time.Time `json:"until,omitzero"` // it is remembered; zero: for a day
}

// requestLife is how long a request is remembered that says nothing else.
const requestLife = 24 * time.Hour

// Forgotten reports whether a request is not to be known any more.
func (r Request) Forgotten(now time.Time) bool {
	if r.Until.IsZero() {
		return now.Sub(r.At) > requestLife
	}
	return now.After(r.Until)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// encode makes a record of v.
func encode(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode a %T: %w", v, err)
	}
	record := make([]byte, 4, 4+len(text))
	binary.BigEndian.PutUint32(record, crc32.Checksum(text, castagnoli))
	return append(record, text...), nil
}

// decode reads the record of key into v.
func decode(key, record []byte, v any) error {
	if len(record) < 4 || binary.BigEndian.Uint32(record) != crc32.Checksum(record[4:], castagnoli) {
		return fmt.Errorf("record %q is damaged: its checksum does not match", key)
	}
	if err := json.Unmarshal(record[4:], v); err != nil {
		return fmt.Errorf("record %q: %w", key, err)
	}
	return nil
}
