package daemon

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/key"
	"github.com/penstock/penstock/daemon/listener"
	"github.com/penstock/penstock/daemon/plan"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// door is the daemon as callers with a trigger key have it: all that they can
// reach of it is here.
type door struct{ d *Daemon }

var _ listener.Daemon = door{}

// Key finds a key. In place of one that is not there it reads a record that looks
// like one, so that the time tells nobody which ids there are.
func (o door) Key(id string) (store.Key, bool, error) {
	view := o.d.store.View()
	defer view.Close()
	k, err := view.Key(id)
	if errors.Is(err, store.ErrNotFound) {
		k, err = store.NoKey(id)
		return k, false, err
	}
	return k, err == nil, err
}

// Pipeline finds the name of the pipeline of a key.
func (o door) Pipeline(k store.Key) (string, bool, error) {
	view := o.d.store.View()
	defer view.Close()
	p, err := view.Pipeline(k.Pipeline)
	if errors.Is(err, store.ErrNotFound) {
		return "", false, nil
	}
	return p.Name, err == nil, err
}

// Secret derives the secret of a key. One that is not the secret that the key
// was made with fits nothing: the signing key was changed, or lost.
func (o door) Secret(k store.Key) (key.Secret, error) {
	signing, err := o.d.signing.Read()
	if err != nil {
		return key.Derive(key.Form(k.Form), nil, k.ID), fmt.Errorf("trigger key %s: %w", k.ID, err)
	}
	s := key.Derive(key.Form(k.Form), signing, k.ID)
	if !key.Matches(s.Reveal(), k.Digest) {
		return s, fmt.Errorf("trigger key %s was made with another signing key than %s: bring that back, or make a new key", k.ID, o.d.signing.Path)
	}
	return s, nil
}

// Start starts the run that an admitted caller asks for.
func (o door) Start(ctx context.Context, c listener.Call) (listener.Run, error) {
	if err := checkSubQueue(c.SubQueue); err != nil {
		return listener.Run{}, toCaller(err)
	}
	if err := o.d.checkDisk(); err != nil && !o.d.knownKey(c.Request) {
		return listener.Run{}, toCaller(err)
	}
	name := c.Pipeline
	of := func() (store.Pipeline, *config.Pipeline, error) { // it may have got another name since the caller was admitted
		p, definition, err := o.d.currentOf(func(view *store.View) (store.Pipeline, error) { return view.Pipeline(c.Key.Pipeline) })
		name = p.Name
		return p, definition, err
	}
	record, duplicate, err := o.d.start(ctx, of, &request{
		cause:  store.Cause{Source: store.ByTrigger, Actor: "key:" + c.Key.Name, UID: -1, Trigger: c.Key.Name},
		inputs: c.Inputs, variables: c.Variables, key: c.Request, remember: c.Remember, subQueue: c.SubQueue,
		triggerKey: c.Key.ID, ref: c.Ref, payload: c.Payload, skipLocks: c.SkipLocks,
	})
	if err != nil {
		return listener.Run{}, toCaller(err)
	}
	r := called(record, name)
	r.Duplicate = duplicate
	return r, nil
}

// toCaller is what a caller is told of why nothing was started. Who paused or
// froze what, and where the daemon keeps its state, is not a caller's to know.
func toCaller(err error) error {
	var refusal *plan.Refusal
	var overlap *engine.OverlapError
	var coded *rpc.Error
	switch {
	case errors.As(err, &refusal):
		told := &listener.Refusal{Status: http.StatusBadRequest, Code: "refused", Message: "no run was made: " + refusal.Error()}
		for _, p := range refusal.Problems {
			told.Problems = append(told.Problems, p.Message)
		}
		return told
	case errors.As(err, &overlap):
		return &listener.Refusal{Status: http.StatusConflict, Code: "overlap", Message: overlap.Error()}
	case errors.Is(err, engine.ErrPaused):
		return &listener.Refusal{Status: http.StatusConflict, Code: "paused", Message: "the pipeline, or its trigger, is paused"}
	case errors.Is(err, engine.ErrFrozen):
		return &listener.Refusal{Status: http.StatusConflict, Code: "frozen", Message: "nothing is started: everything is frozen"}
	case errors.Is(err, store.ErrNotFound), errors.Is(err, engine.ErrNotFound), errors.Is(err, engine.ErrDeleting):
		return listener.NotFound // the key, or its pipeline, was deleted meanwhile
	case errors.Is(err, engine.ErrExpired):
		return &listener.Refusal{Status: http.StatusConflict, Code: "conflict", Message: engine.ErrExpired.Error()}
	case errors.Is(err, engine.ErrStopping), errors.Is(err, context.Canceled):
		return &listener.Refusal{Status: http.StatusServiceUnavailable, Code: "unavailable", Message: "the daemon is stopping; come again"}
	case errors.As(err, &coded) && coded.Code == rpc.CodeInvalid:
		return &listener.Refusal{Status: http.StatusBadRequest, Code: "invalid", Message: coded.Message}
	case errors.As(err, &coded) && (coded.Code == rpc.CodeNotFound || coded.Code == rpc.CodeConflict):
		return &listener.Refusal{Status: http.StatusConflict, Code: "conflict", Message: coded.Message}
	case errors.As(err, &coded) && coded.Code == rpc.CodeDiskLow:
		return &listener.Refusal{Status: http.StatusServiceUnavailable, Code: "disk_low", Message: "too little free space to begin a run"}
	}
	return err
}

// called is a run as callers see it.
func called(r store.Run, pipeline string) listener.Run {
	return listener.Run{
		Name: run.Name(pipeline, r.Number), Pipeline: pipeline, ID: r.ID, Number: r.Number,
		Status: string(r.State.Status), Over: r.State.Status.Complete(),
		CreatedAt: r.State.CreatedAt, StartedAt: r.State.StartedAt, FinishedAt: r.State.FinishedAt,
	}
}

// Await waits until the run is over, or ctx ends.
func (o door) Await(ctx context.Context, id uint64) (listener.Run, error) {
	o.d.engine.Await(ctx, id, run.Status.Complete)
	view := o.d.store.View()
	defer view.Close()
	r, err := view.Run(id)
	if errors.Is(err, store.ErrNotFound) {
		return listener.Run{}, listener.NotFound
	}
	if err != nil {
		return listener.Run{}, err
	}
	p, err := view.Pipeline(r.Pipeline)
	return called(r, p.Name), err
}

// Unhealthy says in a word why no run can be started now. It takes no turn of
// the engine: who asks often keeps nobody waiting.
func (o door) Unhealthy() string {
	if why := unwell(o.d.engine.Busy()); why != "" {
		return why
	}
	if o.d.checkDisk() != nil {
		return "disk_low"
	}
	return ""
}

// longTurn is how long the engine may be at one turn before it is unwell.
const longTurn = 5 * time.Second

// unwell says in a word what is wrong with an engine that is busy, or answers
// that with an error.
func unwell(busy time.Duration, err error) string {
	switch {
	case err != nil:
		return "stopping"
	case busy > longTurn:
		return "slow"
	}
	return ""
}
