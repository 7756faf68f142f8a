package account

import (
	"time"

	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/rpc"
)

func attempt(a *run.Attempt) rpc.RunAttempt {
	return rpc.RunAttempt{
		Number: a.Number, Status: string(a.Status), FailureReason: string(a.FailureReason),
		ExitCode: a.ExitCode, Message: a.Message, ReadyAt: Moment(a.ReadyAt),
		StartedAt: Moment(begun(a)), FinishedAt: Moment(a.FinishedAt),
		Plugin: a.Plugin, Leftovers: a.Leftovers, Log: attemptLog(a.Log), Erased: erasedBy(a.Erase),
		Downstream: downstream(a.Downstream),
	}
}

func downstream(d *run.Downstream) *rpc.Downstream {
	if d == nil {
		return nil
	}
	return &rpc.Downstream{Run: d.Name, ID: d.ID, Status: string(d.Status), Warnings: d.Warnings}
}

func erasedBy(e *run.Erasure) *rpc.Erasure {
	if e == nil {
		return nil
	}
	return &rpc.Erasure{At: e.At, Actor: e.Actor}
}

// begun is when an attempt's work began; of one that runs the plugin has not
// told yet, so it is when it was decided.
func begun(a *run.Attempt) time.Time {
	if a.StartedAt.IsZero() && !a.Ended() {
		return a.DecidedAt
	}
	return a.StartedAt
}

func attemptLog(l *run.Log) *rpc.AttemptLog {
	if l == nil {
		return nil
	}
	return &rpc.AttemptLog{
		Size: l.Size, Missing: l.GapSize, SHA256: l.SHA256, Stored: l.Stored, Problem: l.Problem,
	}
}
