package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/simulation"
	"github.com/penstock/penstock/rpc"
)

// soon is what real time a story waits for: a longer delay ends by hand.
const soon = 2 * time.Second

// twin is one run twice: in a simulation, and in a daemon with real plugins.
// Whatever is done is done to both; then they must agree, before anything else
// is done.
type twin struct {
	*testing.T
	*drawn
	*gates
	world    *simulation.World
	client   *client
	number   uint64 // of the run in the daemon
	pipeline *config.Pipeline
	stage    map[string]string // of each step, by the name in the text
	seen     string            // the portrait that they last agreed on
	places   int               // steps that may work at a time; 0 is no bound
	given    map[string]string // attempt → what it must have been given
	deeds    []string          // what was done, for people
}

// run is the run, in both.
func (w *twin) run() *run.Run { return w.world.State() }

// name is what the run is called in the daemon.
func (w *twin) runName() string { return fmt.Sprintf("%s/%d", w.drawn.name, w.number) }

// begin starts the run in both, unless both refuse.
func (w *twin) begin(ctx context.Context) bool {
	w.Helper()
	text := w.drawn.text.String()
	source, err := config.ParsePipeline(w.drawn.name, []byte(text))
	if err != nil {
		return false // it was drawn carelessly
	}
	apply := &rpc.PipelineApplyRequest{Text: text, File: w.drawn.name}
	if _, err := ask(ctx, w.client, (*rpc.Client).PipelineApply, apply); err != nil {
		w.Fatalf("config takes what the daemon refuses: %v\n%s", err, text)
	}
	start, refusal := w.ask(ctx)
	if refusal == nil {
		start.Actor = w.look(ctx).Cause.Actor
	}
	if w.world, err = simulation.Begin(&source.Pipeline, start); err != nil || refusal != nil {
		if coded, ok := errors.AsType[*rpc.Error](refusal); err == nil || !ok || coded.Code != rpc.CodeInvalid {
			w.Fatalf("the simulation says %v, the daemon %v\n%s", err, refusal, text)
		}
		return false
	}
	w.pipeline, w.stage, w.given = &source.Pipeline, stagesOf(&source.Pipeline), map[string]string{}
	w.settle()
	w.agree(ctx)
	return true
}

func stagesOf(p *config.Pipeline) map[string]string {
	of := map[string]string{}
	for k := range p.Stages {
		for i := range p.Stages[k].Steps {
			of[p.Stages[k].Steps[i].Name] = p.Stages[k].Name
		}
	}
	return of
}

// settle lets everything happen in the simulation that happens in the daemon by
// itself, and soon.
func (w *twin) settle() {
	w.Helper()
	for !w.chosen() && w.beginNext(w.run().Ready()) || w.letGo() || w.timeOut() || w.ring() {
	}
}

// beginNext begins one of some steps that may begin. One that reads outputs begins last:
// where they are missing it fails in the simulation at once, in the daemon when
// all have begun.
func (w *twin) beginNext(ready []int) bool {
	if len(ready) == 0 {
		return false
	}
	next := ready[0]
	for _, i := range ready {
		if len(w.run().Plan.Steps[next].After) > 0 && len(w.run().Plan.Steps[i].After) == 0 {
			next = i
		}
	}
	w.must(w.world.Begin([]string{w.run().Plan.Key(next)}))
	if a := w.run().Steps[next].Latest(); !a.Ended() || a.FailureReason != run.MissingDependency {
		environment := w.world.Given(next).Environment
		w.given[w.run().Plan.AttemptName(next, a.Number)] = environment["GOT"] + " " + environment["WORD"]
	}
	return true
}

// chosen reports whether the daemon chooses who begins, of those that may: not all of
// them can.
func (w *twin) chosen() bool { return w.places > 0 || w.orders }

// beginAs begins the steps that the daemon has begun.
func (w *twin) beginAs(r *rpc.Run) {
	attempts := map[string]int{}
	for name, step := range stepsOf(r) {
		attempts[name] = len(step.Attempts)
	}
	begun := func() []int {
		return slices.DeleteFunc(w.are(run.Pending), func(i int) bool {
			return !w.run().CanBegin(i) || attempts[w.run().Plan.Key(i)] <= len(w.run().Steps[i].Attempts)
		})
	}
	for w.beginNext(begun()) || w.timeOut() || w.ring() {
	}
}

// busy reports whether no place is free that somebody waits for, and sees that no more
// work than there are places.
func (w *twin) busy() bool {
	w.Helper()
	working := len(w.are(run.Running))
	if w.places > 0 && working > w.places {
		w.fail("%d steps work, and there are %d places", working, w.places)
	}
	return w.places > 0 && working == w.places || len(w.run().Ready()) == 0
}

// letGo ends a step that waits for its child no longer than until there is one.
func (w *twin) letGo() bool {
	for i := range w.run().Steps {
		if w.run().Steps[i].Status == run.Running && w.forNobody(i) {
			w.must(w.world.End([]string{w.run().Plan.Key(i)}, config.Outcome{Status: "success"}))
			return true
		}
	}
	return false
}

// forNobody reports whether step i stands for a child for which nobody waits.
func (w *twin) forNobody(i int) bool {
	return w.isChild(i) && w.world.Given(i).With["strategy"] == "none"
}

// timeOut ends a step that has a timeout: nobody tells it to end.
func (w *twin) timeOut() bool {
	for i := range w.run().Steps {
		if w.run().Steps[i].Status == run.Running && w.run().Plan.Steps[i].Timeout > 0 {
			w.must(w.world.End([]string{w.run().Plan.Key(i)}, config.Outcome{Status: "failed", Reason: "step_timeout"}))
			return true
		}
	}
	return false
}

// ring lets the next delay, or what else has its time, end, if that is soon.
func (w *twin) ring() bool {
	var next time.Time
	for i := -1; i < len(w.run().Steps); i++ { // -1 is the run
		if at := w.run().Alarm(i); !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	wait := next.Sub(w.world.Now())
	if next.IsZero() || wait > soon {
		return false
	}
	w.must(w.world.Wait(wait))
	return true
}

func (w *twin) must(err error) {
	w.Helper()
	if err != nil {
		w.fail("the simulation: %v", err)
	}
}

// fail ends the test with all that there is to know.
func (w *twin) fail(format string, args ...any) {
	w.Helper()
	w.Fatalf("%s\n\ndone were:\n%s\n\nin the simulation it is now:\n%s\nthe pipeline:\n%s", fmt.Sprintf(format, args...),
		strings.Join(w.deeds, "\n"), imagined(w.run()), w.drawn.text.String())
}

// agree waits until the run in the daemon is as the one in the simulation.
func (w *twin) agree(ctx context.Context) {
	w.Helper()
	for until := time.Now().Add(patience); ; {
		r := w.look(ctx)
		if w.chosen() {
			w.beginAs(r)
		}
		if w.seen = told(r); w.seen == imagined(w.run()) && w.busy() {
			return
		}
		if time.Now().After(until) {
			w.fail("in the daemon it is:\n%s", w.seen)
		}
		watch := &rpc.RunWatchRequest{Run: r.Name, After: r.Sequence, WaitMS: 1000}
		if _, err := ask(ctx, w.client, (*rpc.Client).RunWatch, watch); err != nil {
			w.fail("watch: %v", err)
		}
	}
}

func (w *twin) look(ctx context.Context) *rpc.Run {
	w.Helper()
	r, err := ask(ctx, w.client, (*rpc.Client).RunGet, &rpc.RunGetRequest{Run: w.runName()})
	if err != nil {
		w.fail("get: %v", err)
	}
	return r
}

// wish asks a daemon for something that is to be done once. Where the answer is
// lost it asks again, unless it sees that it was done.
func wish[Q, A any](ctx context.Context, w *twin, method call[Q, A], q *Q) error {
	for {
		err := w.client.connect(ctx)
		if err == nil {
			_, err = method(w.client.conn, ctx, q)
		}
		if err == nil || !passing(err) {
			return err
		}
		w.client.drop()
		if told(w.look(ctx)) != w.seen {
			return nil
		}
	}
}

// both does something in the simulation and in the daemon: both do it, or both
// refuse.
func (w *twin) both(ctx context.Context, deed string, imagine, perform func() error) {
	w.Helper()
	err := imagine()
	if errors.Is(err, run.ErrStale) {
		err = nil // asked for already: a daemon has nothing against it
	}
	w.deeds = append(w.deeds, fmt.Sprintf("%s (%v)", deed, err))
	refusal := perform()
	coded, isCoded := errors.AsType[*rpc.Error](refusal)
	if refusal != nil && (!isCoded || coded.Code != rpc.CodeConflict) || (err == nil) != (refusal == nil) {
		w.fail("%s: the simulation says %v, the daemon %v", deed, err, refusal)
	}
	w.settle()
	w.agree(ctx)
}
