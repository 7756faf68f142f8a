package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/simulation"
	"github.com/penstock/penstock/rpc"
)

// overlaps lets another run of the pipeline come while the first may live, and sees
// that what becomes of both is what the policy says. A simulation knows of no
// second run: that of the other begins when its turn has come.
func (w *twin) overlaps(ctx context.Context) {
	w.Helper()
	for range w.IntN(8) {
		w.deed(ctx)
	}
	free := w.run().Complete()
	other, err := w.another(ctx, "another")
	if (err != nil) != (!free && w.overlap == config.OverlapSkip) {
		w.fail("another run under %s: %v", w.overlap, err)
	}
	if err == nil && !free {
		w.yield(ctx, other)
	}
	w.finish(ctx)
	strays := w.remembers(ctx)
	if err == nil {
		other.takeTurn(ctx)
		of := other.remembers(ctx)
		strays = slices.DeleteFunc(w.remembers(ctx), func(attempt string) bool { return !slices.Contains(of, attempt) })
	}
	if len(strays) > 0 {
		w.fail("%s began, and are of no run", strays)
	}
}

// another starts a run of the same pipeline. It may be refused because of others.
func (w *twin) another(ctx context.Context, key string) (*twin, error) {
	w.Helper()
	q := &rpc.RunStartRequest{Pipeline: w.drawn.name, Key: w.drawn.name + "-" + key, Inputs: w.inputs()}
	started, err := ask(ctx, w.client, (*rpc.Client).RunStart, q)
	if refusal, ok := errors.AsType[*rpc.Error](err); ok && refusal.Code == rpc.CodeConflict {
		return nil, err
	}
	if err != nil {
		w.fail("another run: %v", err)
	}
	return &twin{
		T: w.T, drawn: w.drawn, gates: w.gates, client: w.client, places: w.places, stage: w.stage, pipeline: w.pipeline,
		number: started.Run.Number, given: map[string]string{},
	}, nil
}

// yield is what the policy lets become of a run that lives when another has come.
func (w *twin) yield(ctx context.Context, other *twin) {
	w.Helper()
	if w.overlap == config.OverlapCancel {
		w.must(w.world.Do(w.act("cancel", -1)))
		w.deeds = append(w.deeds, "another run comes")
		w.settle()
		w.agree(ctx)
		return
	}
	third, err := w.another(ctx, "third")
	if (err != nil) != (w.overlap == config.OverlapQueueOne) {
		w.fail("a third run under %s: %v", w.overlap, err)
	}
	if third != nil {
		if err := once(ctx, w.client, (*rpc.Client).RunCancel, &rpc.RunCancelRequest{Run: third.runName()}); err != nil {
			w.fail("cancel %s: %v", third.runName(), err)
		}
	}
	for range 40 {
		other.waits(ctx)
		if w.deed(ctx); w.run().Complete() {
			return
		}
	}
}

// waits sees that the run is held and has done nothing.
func (w *twin) waits(ctx context.Context) {
	w.Helper()
	r := w.look(ctx)
	for name, step := range stepsOf(r) {
		if !r.Held || len(step.Attempts) > 0 {
			w.Fatalf("%s works before its turn: %s is %s, held is %v\n%s", r.Name, name, step.Status, r.Held, w.text.String())
		}
	}
}

// finish cancels what is not over.
func (w *twin) finish(ctx context.Context) {
	w.Helper()
	if !w.run().Complete() {
		w.cancel(ctx, -1)
	}
}

// takeTurn lets the run live once those before it are over.
func (w *twin) takeTurn(ctx context.Context) {
	w.Helper()
	var err error
	start := config.Start{Inputs: w.inputs(), Source: "command", Actor: me(), At: epoch}
	if w.world, err = simulation.Begin(w.pipeline, start); err != nil {
		w.Fatal(err)
	}
	w.run().Plan.Number = w.number
	w.deeds = append(w.deeds, fmt.Sprintf("%s has its turn", w.runName()))
	w.settle()
	w.agree(ctx)
	for range 10 {
		w.deed(ctx)
	}
	w.finish(ctx)
}
