package ctl

import (
	"context"
	"fmt"

	"github.com/penstock/penstock/rpc"
)

// follow gives see each piece of news of a run, the whole of it first, until
// the run is complete, and returns the last. It keeps to the run that it found
// first, whatever "latest" or a pipeline's name mean later.
func (a *app) follow(ctx context.Context, run string, see func(*rpc.RunWatchResponse) error) (*rpc.RunWatchResponse, error) {
	request := rpc.RunWatchRequest{Run: run, WaitMS: pollMS}
	for {
		news, err := persist(ctx, a.link, (*rpc.Client).RunWatch, &request)
		if err != nil {
			return nil, err
		}
		if err := see(news); err != nil || news.Ended {
			return news, err
		}
		request.Run, request.After = fmt.Sprint(news.Run.ID), news.Sequence
	}
}

// await waits until a run has ended or is blocked, and sees nothing of what
// happens before.
func (a *app) await(ctx context.Context, run rpc.RunSummary) (*rpc.RunWatchResponse, error) {
	request := rpc.RunWatchRequest{Run: fmt.Sprint(run.ID), WaitMS: pollMS, UntilEnded: true, UntilBlocked: true}
	for {
		news, err := persist(ctx, a.link, (*rpc.Client).RunWatch, &request)
		if err != nil || news.Ended || isBlocked(news.Run) {
			return news, err
		}
	}
}

// isBlocked tells a run that does not move before a person plays a step.
func isBlocked(run rpc.RunSummary) bool { return run.Status == "manual" }

// verdict says on stderr how a run ended, or that it is blocked, and as an
// error whether that is not what was hoped for.
func (a *app) verdict(ctx context.Context, run rpc.RunSummary) error {
	style := a.errorStyle()
	a.notice("%s", style.Verdict(run))
	err := outcome(run)
	if err == nil {
		return nil
	}
	whole, failed := a.whole(ctx, run)
	if failed != nil {
		a.notice("penstockctl: which steps are the reason is not known: %v", failed)
		return err
	}
	reasons := style.Failures(*whole)
	if isBlocked(run) {
		reasons += style.Blocked(*whole)
	}
	if reasons != "" {
		a.notice("%s", reasons)
	}
	return err
}

// outcome is nil where a run succeeded, else an error with nothing to say.
func outcome(run rpc.RunSummary) error {
	switch {
	case run.Status == "success":
		return nil
	case isBlocked(run):
		return &exitError{code: ExitBlocked}
	}
	return &exitError{code: ExitRun}
}

// whole is a run with all its steps.
func (a *app) whole(ctx context.Context, run rpc.RunSummary) (*rpc.Run, error) {
	return persist(ctx, a.link, (*rpc.Client).RunGet, &rpc.RunGetRequest{Run: fmt.Sprint(run.ID)})
}

// goesOn tells a person who interrupts the waiting that the run is not
// interrupted.
func (a *app) goesOn(ctx context.Context, run string) {
	if ctx.Err() != nil {
		a.notice("%s goes on; see it with: penstockctl watch %s", run, run)
	}
}
