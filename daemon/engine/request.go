package engine

import (
	"context"
	"errors"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/policy"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
)

// StartRequest asks for a run.
type StartRequest struct {
	Pipeline uint64   // id
	Revision uint64   // of Plan; refused with ErrRevision where it is not the current one
	Plan     run.Plan // without the numbers, which Start gives, and without what is paused, which it knows
	Cause    store.Cause
	Key      string        // "" is none
	Remember time.Duration // how long Key is known; 0 is a day
	SubQueue string        // at most policy.MaxSubQueue bytes; "" is none
	Priority int
	Overlap  config.Overlap  // of the definition; a sub-queue adds to it
	OnNewRun config.OnNewRun // what a later run does to this one
	Name     string          // for people; "" is none
	Labels   map[string]string
	Skip     bool // the run is over at once, as skipped: no step of it works, and it waits for nobody
	// TriggerKey is the id of the trigger key that was used; "" is none. A key that
	// is gone is ErrNotFound.
	TriggerKey    string
	DespiteFreeze bool
	// Yields ends no other run, as replaced or as redundant: where overlap =
	// "cancel" would end one, the start is refused with ErrOverlap.
	Yields bool
}

// terms are what is recorded of q to hold for the run among others.
func (q *StartRequest) terms() (store.Terms, error) {
	rule := policy.Effective(q.Overlap, q.SubQueue)
	fingerprint, err := policy.Fingerprint(q.Plan.Values)
	return store.Terms{
		SubQueue: q.SubQueue, Priority: q.Priority, Overlap: rule.Policy, Limit: rule.Limit,
		OnNewRun: q.OnNewRun, Fingerprint: fingerprint,
	}, err
}

// remembered is what is kept of q for whoever asks again.
func (q *StartRequest) remembered(made uint64, now time.Time) store.Request {
	r := store.Request{Run: made, At: now}
	if q.Remember > 0 {
		r.Until = now.Add(q.Remember)
	}
	return r
}

// Known finds the run that a request with this key made: it is the answer to
// one that is repeated, whatever such a request would be answered with by now.
func (e *Engine) Known(ctx context.Context, key string) (record store.Run, known bool, err error) {
	var found store.Run
	var made bool
	if err := e.ask(ctx, func(t *turn) (err error) {
		found, made, err = t.known(key)
		return err
	}); err != nil {
		return store.Run{}, false, err
	}
	return found, made, nil
}

// known finds the run that a request with this key made. One that somebody
// deleted took its key with it; of one that retention removed it is ErrExpired.
func (t *turn) known(key string) (record store.Run, known bool, err error) {
	if key == "" {
		return record, false, nil
	}
	request, err := t.tx.Request(key)
	if errors.Is(err, store.ErrNotFound) || err == nil && request.Forgotten(t.now) {
		return record, false, nil
	}
	if err != nil {
		return record, false, err
	}
	record, err = t.tx.Run(request.Run)
	if errors.Is(err, store.ErrNotFound) {
		return record, false, ErrExpired
	}
	return record, err == nil, err
}

func forgetRequests(t *turn) error { return t.tx.ForgetRequests(t.now) }
