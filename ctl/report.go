package ctl

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

// report says on stderr why the command failed and returns its exit code.
func (a *app) report(err error) int {
	code := exitCode(err)
	var exit *exitError
	if err == nil || errors.As(err, &exit) && exit.err == nil {
		return code
	}
	a.notice("%s", a.explain(err, code))
	return code
}

// explain is an error in the words of a person who can do something about it.
func (a *app) explain(err error, code int) string {
	if problems, ok := refusals(err); ok {
		return render.Problems(problems)
	}
	text := "penstockctl: " + string(render.Harmless([]byte(strings.TrimSpace(err.Error())), false))
	switch {
	case code == ExitInterrupted:
		return "penstockctl: interrupted"
	case away(err):
		return text + "\nIs penstockd running? The socket " + a.link.socket + " can be changed with --socket or PENSTOCK_SOCKET."
	}
	return text
}

// notUnderstood tells the codes of JSON-RPC for a call that the daemon cannot
// make out: the two sides may have been built from different texts.
func notUnderstood(err error) bool {
	var refusal *rpc.Error
	return errors.As(err, &refusal) && (refusal.Code == rpc.CodeNoMethod || refusal.Code == rpc.CodeParams)
}

// versions adds to the error of a call that was not understood which side is
// to be upgraded, where that is the reason.
func (a *app) versions(ctx context.Context, err error) error {
	if !notUnderstood(err) {
		return err
	}
	info, asked := call(ctx, a.link, (*rpc.Client).DaemonInfo, &rpc.Empty{})
	if asked != nil || info.Protocol == rpc.Version {
		return err
	}
	older := "penstockd"
	if info.Protocol > rpc.Version {
		older = "penstockctl"
	}
	return &exitError{ExitInternal, fmt.Errorf("%w: the daemon speaks protocol %d, this penstockctl %d; upgrade %s",
		err, info.Protocol, rpc.Version, older)}
}
