package config

import (
	"time"

	"github.com/penstock/penstock/config/expression"
)

// Tests is a file of tests of one pipeline: see ParseTests.
type Tests struct {
	// Pipeline is the path of the pipeline's file, relative to the directory of
	// the tests; "" is the file beside them that is named as they are, without
	// .test.
	Pipeline string
	Tests    []Test

	document *document
	mentions []mention
}

// Test says how a run is started, how its steps end, what people do meanwhile,
// and what is to come of it.
type Test struct {
	Name     string
	Position // of its header
	Start    Start
	Places   int // steps that work at a time; 0 is no bound
	Scripts  []Script
	Acts     []Act // in the order of their times; of the same time in that of the text
	Expect   Expectation
}

// Start is what a run is started with.
type Start struct {
	Inputs      map[string]any // string, float64, bool or []any; a string is converted by the input's type
	Variables   map[string]string
	Source      string // why the run exists; "" follows from the trigger, or is "command"
	Actor       string // default "test"
	Trigger     string // the trigger's name, whose inputs and variables the run gets; "" is none
	ScheduledAt string // RFC 3339 in UTC: what the trigger was due at; "" is At for a schedule, else none
	Heard
	At time.Time
}

// Heard is what a trigger heard of. The zero values are nothing.
type Heard struct {
	Upstream expression.Upstream // Status "" is none, Pipeline "" that of the trigger, Run "" its first
	File     expression.File
	Payload  string
}

// Script is how the attempts of a step end.
type Script struct {
	Step     string    // its name, its address, or the name of a matrix for all of its cells
	Outcomes []Outcome // of its attempts in turn; of those beyond the list the last
}

// Outcome is how one attempt ends.
type Outcome struct {
	Status   string // success, failed or canceled
	Reason   string // with failed; default script_failure
	ExitCode *int   // with failed; default 1 with script_failure
	Duration time.Duration
	Outputs  map[string]string
}

// Act is what somebody does while a run lives.
type Act struct {
	Position
	At        time.Duration // since the run was created; 0 is right after that
	Do        string        // play, retry, cancel, unschedule, pause or resume; "" only looks
	Steps     []string      // nil is the whole run: with cancel and retry only
	From      bool          // with retry: everything after the steps as well
	Actor     string        // default "test"
	Variables map[string]string
	Refused   string      // a regular expression of the refusal; "" wants none
	Expect    Expectation // how the run stands just before
}

// Expectation is what is to be seen of a run. What it does not name is not
// looked at. Steps go by name, address, or the name of a matrix for all of its
// cells.
type Expectation struct {
	Refused     string // a regular expression of why there is no run
	Name        string // of the run, as run_name makes it; "" is not looked at
	Labels      map[string]string
	Inputs      map[string]any
	Run         string // a status
	Warnings    *bool
	Stages      map[string]string // stage → status
	Steps       map[string]string // step → status
	Reasons     map[string]string // step → failure reason of its newest attempt
	Attempts    map[string]int    // step → how many
	Absent      []string          // steps that rules left out
	Order       [][]string        // all steps of an element have ended when the first of the next begins
	Duration    time.Duration     // of the run, as its status has it; 0 is not looked at
	Elapsed     time.Duration     // from its creation until nothing happens any more
	With        map[string]map[string]any
	Environment map[string]map[string]string

	document *document
	place    *place
}

// Locate is where the expectation of keys stands, such as "steps", "dump"; the
// nearest value around it where there is none.
func (e *Expectation) Locate(keys ...string) Position {
	at := e.place
	for _, k := range keys {
		next, ok := at.keys[k]
		if !ok {
			break
		}
		at = next
	}
	return e.document.lines.position(at.start())
}

// Difference is where a run did not come out as a test expects.
type Difference struct {
	Position        // of the expectation
	Path     string // what is expected, such as steps.dump; "" is that there is a run
	Want     string
	Got      string
}

// Difference says that the expectation of keys is not what came.
func (e *Expectation) Difference(want, got string, keys ...string) Difference {
	return Difference{Position: e.Locate(keys...), Path: pathOf(keys), Want: want, Got: got}
}

// pathOf is keys in the form of Problem.Path.
func pathOf(keys []string) string {
	at := &place{}
	for _, k := range keys {
		at = at.key(k)
	}
	return at.path()
}
