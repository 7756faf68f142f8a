package main

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/penstock/penstock/plugins/steplog"
	"github.com/penstock/penstock/rpc"
)

// step holds a step against its traces.
func (j *judge) step(ctx context.Context, run string, shape *shape, w wanted) error {
	for n := range w.tries() {
		if err := j.attempt(ctx, run, shape, w, n+1); err != nil {
			return err
		}
	}
	return nil
}

// attempt holds an attempt of a step against its traces.
func (j *judge) attempt(ctx context.Context, run string, shape *shape, w wanted, n int) error {
	if w.child != nil { // it leaves no traces: its run is held against its own
		return nil
	}
	attempt := w.attempt(run, n)
	begun, ended := j.effects.begun[attempt], j.effects.ended[attempt]
	j.claimed[attempt] = true
	switch {
	case len(begun) > 1 || len(ended) > 1:
		j.found.add(twice, "%s began %d times and ended %d times", attempt, len(begun), len(ended))
		return nil
	case w.status == "canceled": // it may have been stopped before it began
		return nil
	case w.status == "skipped" && len(begun) > 0:
		j.found.add(missing, "%s began, and ought not", attempt)
		return nil
	case w.status == "skipped":
		return nil
	case len(begun) == 0 || len(ended) == 0:
		j.found.add(missing, "%s began %d times and ended %d times", attempt, len(begun), len(ended))
		return nil
	}
	j.figures.attempts++
	j.order(run, shape, w, n, begun[0])
	return j.output(ctx, run, w, n, ended[0])
}

// order sees that what w waits for, and its attempt before, had ended when it
// began.
func (j *judge) order(run string, shape *shape, w wanted, n, begun int) {
	before := []string{w.attempt(run, n-1)}
	if n == 1 {
		before = nil
	}
	for _, s := range shape.steps {
		if w.waitsFor(s.name) {
			before = append(before, s.attempt(run, s.tries()))
		}
	}
	for _, attempt := range before {
		if ended := j.effects.ended[attempt]; len(ended) == 0 || ended[0].line > begun {
			j.found.add(missing, "%s began before %s had ended", w.attempt(run, n), attempt)
		}
	}
}

// output holds the stored output against what the step printed.
func (j *judge) output(ctx context.Context, run string, w wanted, n int, printed ending) error {
	is := ending{line: printed.line}
	out, errs := sha256.New(), sha256.New()
	for q := (&rpc.LogReadRequest{Run: run, Stage: w.stage, Step: w.name, Attempt: n, Limit: 256 << 10}); ; {
		piece, err := ask(ctx, j.client, (*rpc.Client).LogRead, q)
		if err != nil {
			return fmt.Errorf("read the log of %s: %w", w.name, err)
		}
		for frame, err := range steplog.All(piece.Data) {
			switch {
			case err != nil || frame.Stream == steplog.Note:
				j.found.add(differs, "%s: a frame %q, %v", w.attempt(run, n), frame.Text, err)
			case frame.Stream == steplog.Stdout:
				out.Write(frame.AppendText(nil)) // a hash takes everything
			default:
				errs.Write(frame.AppendText(nil))
			}
			j.figures.bytes += int64(len(frame.Text))
		}
		if q.Offset = piece.Next; piece.End {
			break
		}
	}
	is.out, is.errs = fmt.Sprintf("%x", out.Sum(nil)), fmt.Sprintf("%x", errs.Sum(nil))
	if is != printed {
		j.found.add(differs, "the output of %s is not what the step printed", w.attempt(run, n))
	}
	return nil
}
