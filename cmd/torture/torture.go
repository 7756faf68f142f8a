package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/sync/errgroup"
)

// session is one torture under way.
type session struct {
	plan    plan
	out     io.Writer
	world   *world
	shapes  []*shape
	load    *load
	meter   *meter
	deaths  *deaths
	effects *effects
	figures figures
}

// torture does it all, and prints its figures. The error says what was wrong.
func torture(ctx context.Context, p plan, out io.Writer) (err error) {
	fmt.Fprintln(out, "building …")
	w, err := newWorld(ctx, manyPlaces)
	if w != nil {
		defer func() { err = errors.Join(err, w.close(err != nil && ctx.Err() == nil)) }()
	}
	if err != nil {
		return err
	}
	all := w.shapes()
	s := &session{
		plan: p, out: out, world: w, meter: &meter{}, deaths: newDeaths(p.seed), shapes: all,
		effects: newEffects(w.path("effects"), all),
	}
	s.load = newLoad(w, s.meter, all, p.seed)
	fmt.Fprintf(out, "seed %d, directory %s\n", p.seed, w.dir)
	if err := s.run(ctx); err != nil {
		return fmt.Errorf("%w\nsee %s", err, w.dir)
	}
	return nil
}

// run kills under load, lets the load drain, and checks what is there.
func (s *session) run(ctx context.Context) error {
	d, err := s.prepare(ctx)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.load.run(ctx, s.shapes) })
	group.Go(func() (err error) {
		defer close(s.load.drain)
		d, err = s.killAll(ctx, d)
		return err
	})
	if err := group.Wait(); err != nil {
		return err
	}
	return s.judge(context.WithoutCancel(ctx), d)
}

// prepare starts the first daemon and gives it the pipelines.
func (s *session) prepare(ctx context.Context) (*daemon, error) {
	d, err := s.world.start("")
	if err != nil {
		return nil, err
	}
	c := &client{socket: s.world.socket()}
	defer c.drop()
	if err := s.load.publish(ctx, c, &edition{}); err != nil {
		return nil, err
	}
	return d, putAll(ctx, c, s.shapes)
}

// killAll kills as often as the plan says and leaves a daemon alive.
func (s *session) killAll(ctx context.Context, d *daemon) (*daemon, error) {
	next := death{kind: atRandom, after: 3 * time.Second} // the load must rise first
	for {
		if err := s.end(ctx, d, next); err != nil {
			return nil, err
		}
		done := s.figures.counted() >= s.plan.kills
		if next = s.deaths.next(); done {
			next = death{}
		}
		var err error
		if d, err = s.world.start(next.point); err != nil || done {
			return d, err
		}
		if s.figures.all() > 4*s.plan.kills+40 {
			return nil, fmt.Errorf("only %d of %d kills had the load that is asked for", s.figures.counted(), s.figures.all())
		}
	}
}

// end sees one daemon to its death and keeps the figures.
func (s *session) end(ctx context.Context, d *daemon, as death) error {
	var served time.Duration
	if as.kind == inRecovery {
		wait(ctx, d, as.after)
	} else {
		took, ok, err := s.world.ready(ctx, d)
		if err != nil {
			return err
		}
		if ok {
			s.figures.recovered(took)
			answered := time.Now()
			if as.kind == atRandom {
				wait(ctx, d, as.after)
			} else if !wait(ctx, d, 5*time.Second) {
				as.kind = atRandom // the point was not passed so often
			}
			served = time.Since(answered)
		}
	}
	if err := errors.Join(d.kill(), s.effects.read(), ctx.Err()); err != nil {
		return err
	}
	s.note(as, s.meter.end(served))
	return nil
}

// wait waits for a time or the daemon's end, and tells whether it ended.
func wait(ctx context.Context, d *daemon, t time.Duration) bool {
	select {
	case <-d.done:
		return true
	case <-ctx.Done():
	case <-time.After(t):
	}
	return false
}

// note counts a kill, where the load was high enough.
func (s *session) note(as death, rate float64) {
	working := s.effects.working()
	counts := as.kind != inRecovery && rate >= s.plan.rate && working >= s.plan.running
	s.figures.kill(as, counts, rate, working)
	if counts {
		s.deaths.counted[as.kind]++
	}
	if counts && s.figures.counted()%10 == 0 {
		fmt.Fprintf(s.out, "%4d kills count of %d; the last under %.0f transitions/s and %d steps at work\n",
			s.figures.counted(), s.figures.all(), rate, working)
	}
}
