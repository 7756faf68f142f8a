package rpc

import "time"

// Version is the version of the protocol. A client compares it once and says
// which side is to be upgraded. Methods and fields are added without raising
// it: an old daemon refuses the ones that it does not know by their names.
const Version = 1

// Info says who answers.
type Info struct {
	Version       string    `json:"version"`           // of the daemon
	Protocol      int       `json:"protocol"`          // Version of this package in the daemon
	Pid           int       `json:"pid"`               // of the daemon's process
	StartedAt     time.Time `json:"started_at"`        // the daemon began then
	State         string    `json:"state"`             // path of the state directory
	Generation    uint64    `json:"generation"`        // starts of a daemon on this state directory
	Pipelines     int       `json:"pipelines"`         // how many there are
	LiveRuns      int       `json:"live_runs"`         // runs that are not over
	RunningSteps  int       `json:"running_steps"`     // steps that work
	PendingSteps  int       `json:"pending_steps"`     // steps that wait for a place among those that work
	MaxRunning    int       `json:"max_running_steps"` // steps that may work at a time
	FreeBytes     uint64    `json:"free_bytes"`        // on the state directory's file system
	MinFreeBytes  uint64    `json:"min_free_bytes"`    // below it new runs are refused with CodeDiskLow
	AcceptingRuns bool      `json:"accepting_runs"`    // false: the disk is too full to begin any
	Freeze        *Freeze   `json:"freeze,omitempty"`  // in force now: nothing is started but by hand, in spite of it
	You           string    `json:"you"`               // the caller, as the daemon sees it
	Role          string    `json:"role"`              // viewer, operator or admin
}
