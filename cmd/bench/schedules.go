package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	schedules = 100_000
	dueAtOnce = 10_000
	resting   = 20 * time.Second
)

// scheduled is the daemon with the schedules, which is made when the first
// measure wants it.
func (w *world) scheduled(ctx context.Context) (*estate, error) {
	if w.estate != nil {
		return w.estate, nil
	}
	e, err := newEstate(ctx, w, schedules, dueAtOnce)
	if err != nil {
		return nil, err
	}
	w.estate = e
	fmt.Printf("%-46s %14s %14s %9.0f /s\n", "100,000 pipelines with a schedule put", show(e.put), "-", schedules/e.put.Seconds())
	return e, e.rest(ctx, resting)
}

// wakened is the time that clients wait for a daemon with many schedules.
func wakened(ctx context.Context, w *world) (row, error) {
	e, err := w.scheduled(ctx)
	if err != nil {
		return row{}, err
	}
	return row{
		ours: show(e.idle.answered), plain: "-", figure: e.idle.answered.Seconds(), unit: "s",
		floor: fmt.Sprintf("at most 2 s; %s of processor time until all are kept", show(e.idle.awake)),
		holds: e.idle.answered <= 2*time.Second,
	}, nil
}

func rested(ctx context.Context, w *world) (row, error) {
	e, err := w.scheduled(ctx)
	if err != nil {
		return row{}, err
	}
	return row{
		ours: show(resting), plain: "-", figure: 100 * e.idle.share, unit: "%",
		floor: "at most 1 % of a processor", holds: e.idle.share <= 0.01,
	}, nil
}

func remembered(ctx context.Context, w *world) (row, error) {
	e, err := w.scheduled(ctx)
	if err != nil {
		return row{}, err
	}
	each := float64(e.idle.memory-e.bare) / float64(e.size) / 1e3
	return row{
		ours: fmt.Sprintf("%d MB", e.idle.memory/1e6), plain: "-", figure: each, unit: "kB",
		floor: "at most 4 kB", holds: each <= 4,
	}, nil
}

func due(ctx context.Context, w *world) (row, error) { return w.fire(ctx, 0) }

// dueAndKilled kills the daemon when a third of the runs are there.
func dueAndKilled(ctx context.Context, w *world) (row, error) { return w.fire(ctx, dueAtOnce/3) }

// fire lets schedules come due and holds the ledger against it. Its figure is
// how late the last instant but one in a hundred was decided; the floor leaves time
// for the steps that work meanwhile.
func (w *world) fire(ctx context.Context, killAt int) (row, error) {
	e, err := w.scheduled(ctx)
	if err != nil {
		return row{}, err
	}
	b, err := e.erupt(ctx, killAt)
	if err != nil {
		return row{}, err
	}
	a, err := e.audit(&b)
	if err != nil {
		return row{}, err
	}
	if a.count > 0 {
		return row{}, fmt.Errorf("%d of the records or runs are wrong: %w", a.count, errors.Join(a.wrong...))
	}
	most := 10 * time.Second
	if killAt > 0 {
		most += 5 * time.Second // for another start
	}
	r := a.row(most)
	r.floor += fmt.Sprintf(", one record and run each; all durable after %s", show(b.durable))
	if killAt > 0 {
		r.floor += fmt.Sprintf(", killed at %d, back after %s", b.killed, show(b.away))
	}
	return r, nil
}

func (a *accounts) row(most time.Duration) row {
	n := len(a.late)
	half, hundredth, last := a.late[n/2], a.late[n*99/100], a.late[n-1]
	return row{
		ours: "half " + show(half), plain: "most " + show(last), figure: hundredth.Seconds(), unit: "s",
		floor: fmt.Sprintf("99 %% at most %s late", most), holds: hundredth <= most,
	}
}
