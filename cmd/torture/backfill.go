package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/penstock/penstock/rpc"
)

const filledSchedule = "filled/minute"

// filled is started by backfills alone: its schedule is over.
func filled(program, effects string) *shape {
	s := newShape("filled", "parallel", effects, 0)
	s.line("[[trigger]]\nname = \"minute\"\nschedule = \"* * * * *\"\nuntil = \"2020-01-01\"")
	s.stage("s")
	s.step("x", command(program, 40*time.Millisecond, 1<<10, 0), "success")
	return s
}

// backfill is one that a client asked for.
type backfill struct {
	from     time.Time // no other begins then
	minutes  int       // an instant at the begin of each
	reverse  bool
	parallel int
	stop     int    // it is canceled when so many instants are decided; 0 is never
	canceled bool   // somebody asked for that
	left     *int   // instants that were decided when it was canceled; nil: no answer said so
	id       uint64 // 0: the daemon does not have it
}

// drawBackfill draws the nth.
func drawBackfill(random *rand.Rand, n int) *backfill {
	b := &backfill{
		from:    time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(n) * 10 * time.Minute),
		minutes: 1 + random.IntN(10), reverse: random.IntN(2) == 0, parallel: 1 + random.IntN(3),
	}
	if random.IntN(4) == 0 {
		b.stop = 1 + random.IntN(b.minutes)
	}
	return b
}

func (b *backfill) request() *rpc.BackfillStartRequest {
	q := &rpc.BackfillStartRequest{
		Schedule: filledSchedule, From: b.from, To: b.from.Add(time.Duration(b.minutes) * time.Minute), MaxParallel: b.parallel,
	}
	if b.reverse {
		q.Order = "reverse"
	}
	return q
}

// instants is all that it is to decide, in the order of its turn.
func (b *backfill) instants() (all []time.Time) {
	for i := range b.minutes {
		all = append(all, b.from.Add(time.Duration(i)*time.Minute))
	}
	if b.reverse {
		slices.Reverse(all)
	}
	return all
}

// fill makes one backfill after another, until drain: what is under way then
// is canceled.
func (l *load) fill(ctx context.Context) error {
	c := &client{socket: l.socket}
	defer c.drop()
	random := rand.New(rand.NewPCG(l.seed, 4))
	for n := 0; l.during(ctx, 0); n++ {
		b := drawBackfill(random, n)
		l.backfills = append(l.backfills, b)
		if err := b.begin(ctx, c); err != nil {
			return fmt.Errorf("backfill %d: %w", n, err)
		}
		if err := l.follow(ctx, c, b); err != nil {
			return fmt.Errorf("backfill %d: %w", n, err)
		}
	}
	return nil
}

// begin asks for the backfill until a daemon has it. There is no key to ask
// again with: whoever got no answer looks whether it is there.
func (b *backfill) begin(ctx context.Context, c *client) error {
	for ctx.Err() == nil {
		is, err := b.look(ctx, c)
		if err != nil {
			return err
		}
		if is != nil {
			b.id = is.ID
			return nil
		}
		if err = c.connect(ctx); err == nil {
			_, err = c.conn.BackfillStart(ctx, b.request())
		}
		if err != nil && !passing(err) {
			return err
		}
		if err != nil {
			c.drop()
		}
	}
	return ctx.Err()
}

// look is the backfill as the daemon tells it; nil: there is none.
func (b *backfill) look(ctx context.Context, c *client) (*rpc.Backfill, error) {
	there, err := ask(ctx, c, (*rpc.Client).BackfillList, &rpc.BackfillListRequest{Schedule: filledSchedule})
	if err != nil {
		return nil, err
	}
	for _, is := range there.Backfills {
		if is.From.Equal(b.from) {
			return &is, nil
		}
	}
	return nil, nil
}

// follow waits until the backfill is over, and cancels it where that was drawn,
// or the load is to end.
func (l *load) follow(ctx context.Context, c *client, b *backfill) error {
	for {
		is, err := b.look(ctx, c)
		if err != nil || is == nil || is.Status != "running" {
			return err // one that is gone is for the judge
		}
		if !l.during(ctx, 30*time.Millisecond) || b.stop > 0 && is.Done >= b.stop {
			return b.cancel(ctx, c)
		}
	}
}

// cancel cancels the backfill, unless it is over meanwhile.
func (b *backfill) cancel(ctx context.Context, c *client) error {
	b.canceled = true
	is, err := ask(ctx, c, (*rpc.Client).BackfillCancel, &rpc.BackfillCancelRequest{ID: b.id})
	if refusal, ok := errors.AsType[*rpc.Error](err); ok && refusal.Code == rpc.CodeConflict {
		return nil
	}
	if err == nil {
		b.left = &is.Done
	}
	return err
}

// backfills sees that those are there that a client asked for, and no others, and that
// each did what it was to do.
func (j *judge) backfills(ctx context.Context, s *shape) error {
	there, err := ask(ctx, j.client, (*rpc.Client).BackfillList, &rpc.BackfillListRequest{})
	if err != nil {
		return err
	}
	ticks, err := j.ticks(ctx, s, "minute")
	if err != nil {
		return err
	}
	told, decided := map[uint64]rpc.Backfill{}, map[string][]rpc.Tick{}
	for _, is := range there.Backfills {
		told[is.ID] = is
	}
	for _, t := range ticks {
		decided[t.Subject] = append(decided[t.Subject], t)
	}
	for _, b := range j.load.backfills {
		subject := fmt.Sprint("backfill/", b.id)
		j.filled(b, told[b.id], decided[subject])
		delete(told, b.id)
		delete(decided, subject)
	}
	for id := range told {
		j.found.add(undecided, "backfill %d is there, and nobody asked for it", id)
	}
	for subject, ticks := range decided {
		j.found.add(undecided, "%s: %d records of %q, which nobody asked for", filledSchedule, len(ticks), subject)
	}
	return nil
}

// filled sees that a backfill decided the instants that it says, each once, in
// their order and never more at a time than it may.
func (j *judge) filled(b *backfill, is rpc.Backfill, ticks []rpc.Tick) {
	subject := fmt.Sprintf("the backfill from %s", b.from.Format(time.DateTime))
	want := b.instants()
	switch {
	case is.ID == 0:
		j.found.add(undecided, "%s is not there", subject)
		return
	case is.Status == "success" && is.Done != len(want), is.Status == "canceled" && !b.canceled, is.Status == "running",
		is.Done > len(want), is.Started != is.Done, b.left != nil && is.Done != *b.left:
		j.found.add(undecided, "%s ended so: %+v, of %d instants", subject, is, len(want))
		return
	}
	slices.SortFunc(ticks, func(x, y rpc.Tick) int { return int(j.there[x.Run].ID) - int(j.there[y.Run].ID) })
	did := make([]time.Time, len(ticks))
	for i, t := range ticks {
		did[i] = t.At
	}
	if !slices.EqualFunc(did, want[:is.Done], time.Time.Equal) {
		j.found.add(undecided, "%s decided %s, and not %s", subject, did, want[:is.Done])
	}
	j.parallel(subject, b.parallel, ticks)
}

// parallel sees that no more of the runs of records lived, or worked, at a time
// than may.
func (j *judge) parallel(subject string, limit int, ticks []rpc.Tick) {
	var lived, worked []span
	for _, t := range ticks {
		r := j.there[t.Run]
		if r.FinishedAt != nil {
			lived = append(lived, span{int(r.CreatedAt.UnixNano()), int(r.FinishedAt.UnixNano())})
		}
		if s, ok := j.span(t.Run + "/s/x/1"); ok {
			worked = append(worked, s)
		}
	}
	j.bound(limit, lived, "runs of "+subject+" lived: they")
	j.bound(limit, worked, "runs of "+subject)
}
