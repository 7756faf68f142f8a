package ctl

import (
	"context"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/rpc"
)

// Process is what an operating system gives to a program.
type Process struct {
	Args    []string // without the program's name
	Env     []string // as os.Environ
	UID     int
	Version string    // of the program
	Stdin   io.Reader // a terminal where it is an *os.File that is one; likewise below
	Stdout  io.Writer
	Stderr  io.Writer

	// Simulate makes a run that is performed nowhere; the error says all that
	// stands against it.
	Simulate func(*config.Pipeline, config.Start) (Simulation, error)
	// Test plays a test of a pipeline and says where it came out otherwise.
	Test func(*config.Pipeline, *config.Test) []config.Difference
	// Upcoming says when the schedules of a pipeline that is nowhere applied are
	// due; the request's Schedule is a trigger of it, or "".
	Upcoming func(*config.Pipeline, rpc.ScheduleNextRequest) (*rpc.ScheduleNextResponse, error)
}

// getenv is os.Getenv on the process's environment.
func (p Process) getenv(name string) string {
	value := ""
	for _, entry := range p.Env {
		if k, v, ok := strings.Cut(entry, "="); ok && k == name {
			value = v
		}
	}
	return value
}

// Main performs one command line and returns its exit code: one of the Exit
// constants. SIGINT and SIGTERM, and the end of ctx, interrupt it; runs that it
// waits for go on.
func Main(ctx context.Context, p Process) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	a := newApp(p)
	root := a.root()
	root.SetArgs(append([]string{}, p.Args...)) // never nil: cobra would take os.Args
	err := a.versions(ctx, root.ExecuteContext(ctx))
	if closed := a.link.close(); err == nil {
		err = closed
	}
	return a.report(err)
}
