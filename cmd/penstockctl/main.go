// Penstockctl drives the pipeline daemon of this machine: see package ctl.
package main

import (
	"context"
	"os"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/ctl"
	"github.com/penstock/penstock/daemon/simulation"
	"github.com/penstock/penstock/daemon/upcoming"
	"github.com/penstock/penstock/rpc"
)

// version is set by the build.
var version = "devel"

func main() {
	os.Exit(ctl.Main(context.Background(), ctl.Process{
		Args: os.Args[1:], Env: os.Environ(), UID: os.Getuid(), Version: version,
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Simulate: simulate, Test: simulation.Test, Upcoming: next,
	}))
}

func simulate(p *config.Pipeline, s config.Start) (ctl.Simulation, error) {
	return simulation.Begin(p, s)
}

func next(p *config.Pipeline, q rpc.ScheduleNextRequest) (*rpc.ScheduleNextResponse, error) {
	return upcoming.OfText(p, q, time.Now())
}
