// Penstockctl drives the pipeline daemon of this machine: see package ctl.
package main

import (
	"context"
	"os"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/ctl"
	"github.com/penstock/penstock/daemon/simulation"
)

// version is set by the build.
var version = "devel"

func main() {
	os.Exit(ctl.Main(context.Background(), ctl.Process{
		Args: os.Args[1:], Env: os.Environ(), UID: os.Getuid(), Version: version,
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Simulate: simulate, Test: simulation.Test,
	}))
}

func simulate(p *config.Pipeline, s config.Start) (ctl.Simulation, error) {
	return simulation.Begin(p, s)
}
