// Package protocol is the contract between the daemon and a step plugin: the
// gRPC service of step.proto, the go-plugin handshake, and the attempt
// directory. The host and the Go SDK share it; an author in another language
// reads this page and step.proto and needs nothing else.
//
// # The attempt directory
//
// One try of one step owns one directory. The daemon makes it with
// request.json in it, and perhaps with the lock and a result.json.tmp of an
// attempt that is long over, whose contents mean nothing; then it calls Start; from there on the plugin needs
// nothing of the daemon to finish. In it lie:
//
//	request.json  what is to be done (Request); no secrets; never changed
//	payload       what the caller of a webhook sent, where the run has one: its
//	              path is in Request.Environment, as EnvPayload; never changed
//	lock          held by flock(2), LOCK_EX, from before go until after
//	              result.json: liveness is this lock, never a pid. Its content
//	              is one JSON line (Holder)
//	go            created with O_CREAT|O_EXCL, or as a link(2) to lock, at the
//	              last moment before the work begins: only its creator may
//	              begin. What can fail goes before
//	log, log.N.M  the output (package steplog); absent while there is none
//	outputs       name=value lines, as $PENSTOCK_OUTPUT (see ParseOutputs)
//	cleanup.json  how the work ended (Cleanup), written as result.json is, but
//	              not synced, where something is cleaned up after it
//	result.json   how it ended (Result): written as a temporary file, synced,
//	              renamed; where there is no space, tried until there is. Where it is, nothing else about the attempt changes
//
// The order is: flock lock; where result.json or go is there already, let go
// and answer ENDED or ELSEWHERE; prepare all that can fail; create go; work;
// end every process of the step; where there is something to clean up, write
// cleanup.json, clean up, and end every process of that; write result.json; let
// go of lock; ring the doorbell (ENDED).
//
// What a daemon that comes back concludes from the files, in this order:
// result.json: ended so. Lock held: alive, join it. No go, same boot: it never
// began, start it. cleanup.json: its work ended so, and its cleanup was cut
// short. Anything else: lost, nobody can know how it ended.
//
// # How work is ended
//
// There are three reasons to end work before its time, and the first counts:
// Cancel (status canceled), Request.Timeout (step_timeout) and
// Request.SilenceTimeout (stuck_or_timeout). Each is TERM to every process of
// the step, KILL after Request.Grace. The plugin sees to both timeouts itself:
// a daemon that is dead extends nothing. Both are spans of CLOCK_MONOTONIC,
// clock_gettime(2): how the clock of the machine is set is nothing to them,
// and while the machine is suspended they stand still. Timeout counts from go.
//
// SilenceTimeout counts from go and again from each byte of output, at the
// moment in which the plugin reads it; notes of the log are no output, bytes
// that it drops are. Work is ended no sooner than that, and at most a second
// later: so long a plugin may look whether there is something that it was too
// busy to read.
//
// What is cleaned up is not work any more: neither timeout holds for it, a
// Cancel changes nothing, and whatever comes of it, the attempt ends as its
// work did. It has its own limit, Cleanup.Limit, and grace; Cancel with force
// ends it at once, or keeps it from beginning. Until limit and grace are over
// the daemon waits; then it kills. Work that ended with step_timeout,
// stuck_or_timeout or plugin_failure has no cleanup.
//
// # Versions of this page
//
// A plugin ignores members of request.json that it does not know, and a daemon
// does not rely on new ones: so the version of the contract is 1 still. A plugin
// from before SilenceTimeout lets silent work go on until its Timeout; one
// that is older than cleanup.json, or has nothing to clean up, writes none.
package protocol

import (
	"time"

	"github.com/hashicorp/go-plugin"
)

// Version is the version of the contract that this build speaks. A plugin
// picks it from the comma list in PLUGIN_PROTOCOL_VERSIONS.
const Version = 1

// Handshake is the go-plugin cookie. It tells a person who starts a plugin by
// hand what it is; it is no security.
var Handshake = plugin.HandshakeConfig{
	MagicCookieKey:   "PENSTOCK_STEP_PLUGIN",
	MagicCookieValue: "d5e0b7f5-step",
}

// Name is the name of the service in go-plugin's plugin set.
const Name = "step"

// BinaryPrefix stands before the step type in the name of a plugin's binary.
const BinaryPrefix = "penstock-step-"

// The files of an attempt directory.
const (
	RequestFile = "request.json"
	LockFile    = "lock"
	PayloadFile = "payload"
	GoFile      = "go"
	OutputsFile = "outputs"
	CleanupFile = "cleanup.json"
	ResultFile  = "result.json"
)

// The environment variables that the host gives a plugin process beside
// go-plugin's own.
const (
	// EnvProcess is the name of the process among the host's: it is written
	// into the lock file, so that a host that comes back finds the process.
	EnvProcess = "PENSTOCK_PROCESS"
	// EnvSHA256 is the digest of the plugin's binary in hex, for its results.
	EnvSHA256 = "PENSTOCK_SHA256"
	// EnvCgroup is the path of a cgroup v2 directory that belongs to this
	// process alone; the SDK makes one below it for the children of a step.
	// Absent where the machine allows none.
	EnvCgroup = "PENSTOCK_CGROUP"
)

// The variables that every step sees in its environment.
const (
	EnvAttempt = "PENSTOCK_ATTEMPT" // nightly/42/build/compile/1
	// EnvOutput is the path of the outputs file. It also marks the processes of
	// a step, for those who have to end them: on one machine no other attempt
	// has it, whereas two daemons may both have a nightly/42.
	EnvOutput = "PENSTOCK_OUTPUT"
	// EnvPayload is the path of the payload file, where there is one.
	EnvPayload = "PENSTOCK_PAYLOAD_FILE"
	// EnvStatus is how the work ended, Result.Status. Only what cleans up after
	// it has the variable.
	EnvStatus = "PENSTOCK_STATUS"
)

// Request is request.json: all that a plugin is told of an attempt.
type Request struct {
	Attempt     string            `json:"attempt"` // nightly/42/build/compile/1
	Pipeline    string            `json:"pipeline"`
	Run         uint64            `json:"run"`    // number within the pipeline
	RunID       uint64            `json:"run_id"` // unique over the daemon
	Stage       string            `json:"stage"`
	Step        string            `json:"step"`
	Number      int               `json:"number"` // of the attempt, from 1
	Settings    map[string]any    `json:"settings"`
	Environment map[string]string `json:"environment,omitempty"`
	Workspace   string            `json:"workspace"`            // absolute; the step's working directory
	Timeout     time.Duration     `json:"timeout_ns,omitempty"` // of the work, from go on; 0 is none
	// SilenceTimeout is how long the work may write no byte of output; 0 is for ever.
	SilenceTimeout time.Duration `json:"silence_timeout_ns,omitempty"`
	Grace          time.Duration `json:"grace_ns"`  // between TERM and KILL
	LogLimit       int64         `json:"log_limit"` // bytes of log kept on disk, frames included; 0 is no limit
}

// Holder is the content of the lock file: who works on the attempt.
type Holder struct {
	Process string `json:"process"` // EnvProcess
	Pid     int    `json:"pid"`
	BootID  string `json:"boot_id"`
}

// Result is result.json: how an attempt ended.
type Result struct {
	Attempt       string    `json:"attempt"`
	Status        string    `json:"status"`                   // success, failed or canceled
	FailureReason string    `json:"failure_reason,omitempty"` // with failed: one of the reasons below
	ExitCode      *int      `json:"exit_code,omitempty"`      // where a process ended with one
	Message       string    `json:"message,omitempty"`        // for people, beside the exit code; at most MaxMessage bytes
	BegunAt       time.Time `json:"begun_at"`
	EndedAt       time.Time `json:"ended_at"`
	LogSize       int64     `json:"log_size"`            // bytes ever written to the log, dropped ones included
	OutputSize    int64     `json:"output_size"`         // of these, the step's own output, without the frames
	Version       string    `json:"version,omitempty"`   // of the plugin
	SHA256        string    `json:"sha256,omitempty"`    // of its binary, from EnvSHA256
	Leftovers     []string  `json:"leftovers,omitempty"` // processes that outlived the step's main one and were ended
}

// Cleanup is cleanup.json: the work of the attempt is over and only something
// to clean up is left.
type Cleanup struct {
	Limit  time.Duration `json:"limit_ns"` // from Result.EndedAt; above 0, at most MaxCleanup
	Result Result        `json:"result"`   // of the work; its log goes on
}

// The statuses of a Result, in GitLab's words.
const (
	Success  = "success"
	Failed   = "failed"
	Canceled = "canceled"
)

// The failure reasons that a plugin may give.
const (
	ScriptFailure  = "script_failure"   // the work itself said no
	StepTimeout    = "step_timeout"     // Request.Timeout ran out
	StuckOrTimeout = "stuck_or_timeout" // no output for Request.SilenceTimeout
	PluginFailure  = "plugin_failure"   // the machinery broke
)

// Limits of what the daemon takes from a plugin.
const (
	MaxMessage = 4 << 10
	MaxOutputs = 64 << 10 // bytes of the outputs file
	MaxCleanup = time.Hour
)
