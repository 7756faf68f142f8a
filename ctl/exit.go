package ctl

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/rpc"
)

// The exit codes of penstockctl. They are stable.
const (
	ExitOK          = 0   // it was done; a run that was waited for succeeded
	ExitRun         = 1   // the run that was waited for failed, or was canceled or skipped; a test of a pipeline failed
	ExitUsage       = 2   // wrong usage, or the daemon refused the input
	ExitUnreachable = 3   // no daemon answers, or it is just stopping
	ExitNotFound    = 4   // no such pipeline, run, step, schedule, key or whatever else was named
	ExitPermission  = 5   // the caller may not
	ExitRefused     = 6   // not as things are now: conflict, disk low, busy
	ExitInternal    = 7   // a fault of the daemon or of this machine
	ExitBlocked     = 8   // the run that was waited for waits for a person: a step is to be played
	ExitInterrupted = 130 // SIGINT or SIGTERM; runs go on
)

const exitHelp = `Exit codes of penstockctl:

    0  it was done; a run that was waited for (run --wait, run --follow, watch)
       ended with success, warnings included
    1  the run that was waited for failed, or was canceled or skipped; a test of a
       pipeline failed
    2  wrong usage, or the daemon refused the input; nothing was changed
    3  no daemon answers on the socket, or it is just stopping: try again
    4  no such pipeline, run, step, schedule, key or whatever else was named
    5  not permitted: see [access] in the daemon's configuration
    6  not as things are now: the change conflicts with another, the disk is
       nearly full, the daemon is busy
    7  a fault of the daemon or of this machine (its log, a file, the editor)
    8  the run that was waited for (run --wait, run --follow) is blocked: it goes on
       once a person plays a step
  130  interrupted by SIGINT or SIGTERM; a run that was waited for goes on

status exits with 0 whatever it shows. To test how a run ended use watch: of a
run that has ended it returns at once. watch does not end where a run is blocked.`

// exitTopic is "help exit-codes": a command that does nothing is a topic.
func exitTopic() *cobra.Command {
	return &cobra.Command{Use: "exit-codes", Short: "What the exit codes mean", Long: exitHelp}
}

// exitError ends the process with a code. Without err nothing is printed: what
// there is to say was said.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error {
	return &exitError{ExitUsage, fmt.Errorf(format, args...)}
}

func notFoundf(format string, args ...any) error {
	return &exitError{ExitNotFound, fmt.Errorf(format, args...)}
}

// exitCode is the code that an error ends the process with.
func exitCode(err error) int {
	var exit *exitError
	var refusal *rpc.Error
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, &exit):
		return exit.code
	case errors.As(err, &refusal):
		return codeExit(refusal.Code)
	case errors.Is(err, context.Canceled):
		return ExitInterrupted
	case away(err):
		return ExitUnreachable
	}
	return ExitInternal
}

// codeExit is the exit code of each of rpc's codes.
func codeExit(code rpc.Code) int {
	switch code {
	case rpc.CodeInvalid, rpc.CodeConfirm:
		return ExitUsage
	case rpc.CodeNotFound:
		return ExitNotFound
	case rpc.CodePermission:
		return ExitPermission
	case rpc.CodeUnavailable:
		return ExitUnreachable
	case rpc.CodeConflict, rpc.CodeDiskLow, rpc.CodeBusy:
		return ExitRefused
	}
	return ExitInternal
}
