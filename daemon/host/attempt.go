package host

import (
	"time"

	"github.com/penstock/penstock/plugins/protocol"
)

// Attempt is what Launch is to see done. Its name is Request.Attempt.
type Attempt struct {
	Directory string           // absolute; made by Launch where it is absent
	Type      string           // of the plugin: the word after `uses`
	BootID    string           // of the machine when the attempt was decided, as BootID gives it
	Canceled  bool             // it is not to begin any more: joined where it is in work, else canceled
	Request   protocol.Request // becomes request.json
	Payload   string           // becomes the payload file; "" makes none
	Ground    string           // directory in which Request.Workspace lies, or which it is: both are there before the work begins; "" makes neither
}

// Kind says what a Report reports.
type Kind int

// The kinds of reports of one Launch, in their order. A Begun may be missing
// where the end is seen first.
const (
	Begun Kind = iota + 1 // the go file is there; Outcome has BegunAt and Plugin
	Ended                 // Outcome is complete
)

// Report is news of an attempt.
type Report struct {
	Attempt string
	Kind    Kind
	Outcome Outcome
}

// Outcome is how an attempt ended.
type Outcome struct {
	Status        string    // success, failed or canceled
	FailureReason string    // with failed
	ExitCode      *int      // where a process ended with one
	Message       string    // for people; at most protocol.MaxMessage bytes
	BegunAt       time.Time // zero: the work never began
	EndedAt       time.Time
	LogSize       int64             // bytes ever written to the log
	Outputs       map[string]string // as far as they can be read
	Leftovers     []string          // processes that outlived the step and were ended
	Plugin        Plugin            // that did it; zero where none was reached
}

// Plugin names the binary that did an attempt.
type Plugin struct {
	Version string
	SHA256  string
}

// The failure reasons that the host gives beside the plugin's own.
const (
	PluginMissing = "plugin_missing" // no binary of the type is found
	Lost          = "lost"           // the work began, and nobody can know how it ended
)
