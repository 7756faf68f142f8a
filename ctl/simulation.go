package ctl

import (
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/rpc"
)

// Simulation is a run in a world of its own: without daemon, plugins and clock.
// Nothing in it is launched by itself. Steps are meant by their name, their
// address, or the name of a matrix for all of its cells. What does not fit is
// an error, and the run is as it was.
type Simulation interface {
	// Run is how the run stands, as status shows it.
	Run() *rpc.Run
	// Now is the time in the run's world.
	Now() time.Time
	// Begin lets steps that are pending begin to work.
	Begin(steps []string) error
	// End ends steps that are pending or work.
	End(steps []string, o config.Outcome) error
	// Do is what a person does, or with the word enqueue a timer.
	Do(a config.Act) error
	// Wait lets time pass: delays end, timeouts come.
	Wait(d time.Duration) error
	// Undo takes the last of the calls above back; false where there is none.
	Undo() bool
	// Reason says in a line why a step is as it is.
	Reason(step string) string
	// Why says why a step, or with "" the run, is as it is, down to the causes.
	Why(step string) (*rpc.Explanation, error)
}
