package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/creachadair/jrpc2"
)

// handler performs calls. It is the one way from a request to the Service:
// table, authorisation, parameters, method, in this order.
type handler struct {
	ctx       context.Context // of the server: its end ends every call
	service   Service
	table     map[string]method
	authorize func(ctx context.Context, p Peer, method string) error
	log       *slog.Logger
}

// Assign gives every name the same handler. An unknown method is answered by
// it as well: where Assign returns nil, jrpc2 (1.3.6) keeps the request's id
// and context for the life of the connection.
func (h *handler) Assign(context.Context, string) jrpc2.Handler { return h.handle }

func (h *handler) handle(ctx context.Context, r *jrpc2.Request) (any, error) {
	if r.IsNotification() {
		return nil, nil
	}
	begun := time.Now()
	answer, err := h.perform(ctx, r)
	if err != nil {
		refused := h.explain(r.Method(), err)
		h.report(ctx, r.Method(), begun, refused)
		return nil, wire(refused)
	}
	h.report(ctx, r.Method(), begun, nil)
	return answer, nil
}

func (h *handler) perform(ctx context.Context, r *jrpc2.Request) (answer any, err error) {
	m, ok := h.table[r.Method()]
	if !ok {
		return nil, Errorf(CodeNoMethod, "unknown method %q; rpc.discover names them all", clip(r.Method()))
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(h.ctx, cancel)()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	if err := h.permit(ctx, m.name); err != nil {
		return nil, err
	}
	if h.ctx.Err() != nil {
		return nil, h.ctx.Err()
	}
	var params json.RawMessage
	if err := r.UnmarshalParams(&params); err != nil {
		return nil, err
	}
	return m.call(ctx, h.service, params)
}

// permit refuses all that authorize does not let pass.
func (h *handler) permit(ctx context.Context, method string) error {
	peer, ok := PeerFrom(ctx)
	if !ok || h.authorize == nil {
		return Errorf(CodePermission, "%s is not permitted", method)
	}
	err := h.authorize(ctx, peer, method)
	var e *Error
	if err == nil || errors.As(err, &e) {
		return err
	}
	return Errorf(CodePermission, "%s is not permitted: %v", method, err)
}

// explain turns an error into what the caller sees of it: its own words where
// there is an *Error in it, else no more than that the log knows.
func (h *handler) explain(method string, err error) *Error {
	var e *Error
	switch {
	case errors.As(err, &e):
		return &Error{Code: e.Code, Message: err.Error(), Data: e.Data}
	case errors.Is(err, context.Canceled): // or the caller has gone, and will not read this
		return Errorf(CodeUnavailable, "%s: the daemon is stopping; ask again", method)
	}
	h.log.Error("call failed", "method", method, "err", err)
	return Errorf(CodeInternal, "%s failed within the daemon; its log has the reason", method)
}

func (h *handler) report(ctx context.Context, method string, begun time.Time, e *Error) {
	peer, _ := PeerFrom(ctx)
	code := Code(0)
	if e != nil {
		code = e.Code
	}
	h.log.LogAttrs(ctx, slog.LevelDebug, "call", slog.String("method", clip(method)), slog.Int("code", int(code)),
		slog.Duration("took", time.Since(begun)), slog.Int("uid", int(peer.UID)), slog.Int("pid", int(peer.PID)))
}

// wire is an error as jrpc2 sends it. Data that has no JSON is left out rather
// than the error.
func wire(e *Error) *jrpc2.Error {
	return (&jrpc2.Error{Code: jrpc2.Code(e.Code), Message: e.Message}).WithData(e.Data)
}
