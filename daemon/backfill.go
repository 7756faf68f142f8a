package daemon

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/penstock/penstock/config/cron"
	"github.com/penstock/penstock/daemon/account"
	"github.com/penstock/penstock/daemon/schedule"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/daemon/upcoming"
	"github.com/penstock/penstock/rpc"
)

// maxParallel bounds how many runs of a backfill live at a time.
const maxParallel = 100

// BackfillStart makes up for past instants of a schedule.
func (d *Daemon) BackfillStart(ctx context.Context, q *rpc.BackfillStartRequest) (*rpc.BackfillStartResponse, error) {
	if err := checkBackfill(q, time.Now()); err != nil {
		return nil, err
	}
	p, instants, t, err := d.toFill(q)
	if err != nil {
		return nil, err
	}
	who, uid := actor(ctx)
	b := store.Backfill{
		Pipeline: p.pipeline.ID, Trigger: p.trigger.Name, From: q.From, To: q.To, Reverse: q.Order == "reverse",
		MaxParallel: cmp.Or(q.MaxParallel, 1), Actor: who, UID: uid, At: time.Now(), Instants: len(instants),
	}
	if b.Reverse {
		slices.Reverse(instants)
	}
	answer := &rpc.BackfillStartResponse{}
	if q.DryRun {
		for _, i := range instants {
			answer.Instants = append(answer.Instants, upcoming.Instant(i, t.Zone()))
		}
	} else if b, err = d.startBackfill(ctx, b, times(instants)); err != nil {
		return nil, failure(err, fmt.Sprintf("the backfill of %q", p.name()))
	}
	answer.Backfill = backfill(b, p.name())
	return answer, nil
}

func checkBackfill(q *rpc.BackfillStartRequest, now time.Time) error {
	switch {
	case !q.From.Before(q.To):
		return rpc.Errorf(rpc.CodeInvalid, "from %s is not before to %s", q.From.Format(time.RFC3339), q.To.Format(time.RFC3339))
	case q.To.After(now):
		return rpc.Errorf(rpc.CodeInvalid, "to %s is to come: a backfill is of the past", q.To.Format(time.RFC3339))
	case q.MaxParallel < 0 || q.MaxParallel > maxParallel:
		return rpc.Errorf(rpc.CodeInvalid, "max_parallel %d: want 1 to %d", q.MaxParallel, maxParallel)
	case q.Order != "" && q.Order != "forward" && q.Order != "reverse":
		return rpc.Errorf(rpc.CodeInvalid, "order %q: want forward or reverse", q.Order)
	}
	return nil
}

// toFill finds the schedule, and the instants of it that count.
func (d *Daemon) toFill(q *rpc.BackfillStartRequest) (p planned, all []schedule.Instant, t schedule.Timetable, err error) {
	view := d.store.View()
	defer view.Close()
	if p, err = onlyPlanned(view, q.Schedule); err != nil {
		return p, nil, t, err
	}
	if t, err = d.schedules.timetable(&p.trigger); err != nil {
		return p, nil, t, failure(err, fmt.Sprintf("schedule %q", p.name()))
	}
	if t.Expression().Kind() == cron.Reboot {
		return p, nil, t, rpc.Errorf(rpc.CodeInvalid, "%s is due when the machine boots: when that was is not known", p.name())
	}
	mark := p.trigger.Mark
	mark.Through = q.From.Add(-1)
	looked := 0
	for i := range t.After(mark) {
		if !i.At.Before(q.To) {
			break
		}
		if looked++; looked > 10*store.MaxInstants || len(all) == store.MaxInstants && !i.Excluded.Any() {
			return p, nil, t, rpc.Errorf(rpc.CodeInvalid, "%s has more than %d instants from %s to %s: do it in several parts",
				p.name(), store.MaxInstants, q.From.Format(time.RFC3339), q.To.Format(time.RFC3339))
		}
		if !i.Excluded.Any() {
			all = append(all, i)
		}
	}
	if len(all) == 0 {
		return p, nil, t, rpc.Errorf(rpc.CodeInvalid, "%s has no instant from %s to %s", p.name(), q.From.Format(time.RFC3339), q.To.Format(time.RFC3339))
	}
	return p, all, t, nil
}

func times(instants []schedule.Instant) (all []time.Time) {
	for _, i := range instants {
		all = append(all, i.At)
	}
	return all
}

// startBackfill makes a backfill of instants of a schedule, in the order of
// their turn, and answers once it is durable. Its runs follow.
func (d *Daemon) startBackfill(ctx context.Context, b store.Backfill, instants []time.Time) (store.Backfill, error) {
	if n := len(instants); n == 0 || n > store.MaxInstants {
		return b, rpc.Errorf(rpc.CodeInvalid, "the backfill has %d instants: want 1 to %d; take a shorter time", n, store.MaxInstants)
	}
	if b.MaxParallel < 1 || b.MaxParallel > maxParallel {
		return b, rpc.Errorf(rpc.CodeInvalid, "max_parallel %d: want 1 to %d", b.MaxParallel, maxParallel)
	}
	var made store.Backfill
	err := d.engine.Update(ctx, func(tx *store.Tx, now time.Time) error {
		if _, err := tx.Trigger(b.Pipeline, b.Trigger); err != nil {
			return err
		}
		meta, err := tx.Meta()
		if err != nil {
			return err
		}
		meta.LastBackfill++
		b.ID, b.At, b.Instants = meta.LastBackfill, now, len(instants)
		tx.PutMeta(meta)
		tx.CreateBackfill(b, instants)
		made = b
		return nil
	})
	if err != nil { // the loop may still be at it: what it writes is not ours
		return store.Backfill{}, err
	}
	d.backfills.bell.ring()
	return made, nil
}

// cancelBackfill lets a backfill start no more runs. Those that live go on; one
// that is over stays as it is.
func (d *Daemon) cancelBackfill(ctx context.Context, id uint64, actor string) (store.Backfill, error) {
	return d.endBackfill(ctx, id, func(b *store.Backfill, now time.Time) { b.CanceledAt, b.CanceledBy = now, actor })
}

func (d *Daemon) endBackfill(ctx context.Context, id uint64, end func(b *store.Backfill, now time.Time)) (store.Backfill, error) {
	var ended store.Backfill
	err := d.engine.Update(ctx, func(tx *store.Tx, now time.Time) error {
		b, err := tx.Backfill(id)
		if err != nil {
			return err
		}
		if !b.Over() {
			end(&b, now)
			tx.PutBackfill(b)
		}
		ended = b
		return nil
	})
	if err != nil {
		return store.Backfill{}, err
	}
	return ended, nil
}

// backfill is a backfill as it is told.
func backfill(b store.Backfill, name string) rpc.Backfill {
	told := rpc.Backfill{
		ID: b.ID, Schedule: name, From: b.From, To: b.To, Order: "forward", MaxParallel: b.MaxParallel, Status: "running",
		At: b.At, Actor: b.Actor, Done: b.Next, Started: b.Started, Total: b.Instants,
	}
	if b.Reverse {
		told.Order = "reverse"
	}
	switch {
	case !b.CanceledAt.IsZero():
		told.Status, told.FinishedAt = "canceled", account.Moment(b.CanceledAt)
		told.Message = cmp.Or(b.Message, strings.TrimSuffix("canceled by "+b.CanceledBy, " by "))
	case !b.DoneAt.IsZero():
		told.Status, told.FinishedAt = "success", account.Moment(b.DoneAt)
	}
	return told
}

// BackfillList lists the backfills.
func (d *Daemon) BackfillList(ctx context.Context, q *rpc.BackfillListRequest) (*rpc.BackfillListResponse, error) {
	view := d.store.View()
	defer view.Close()
	wanted, err := backfillsOf(view, q.Schedule)
	if err != nil {
		return nil, err
	}
	answer := &rpc.BackfillListResponse{Backfills: []rpc.Backfill{}}
	names := pipelineNames{view: view}
	for b, err := range view.Backfills() {
		if err == nil && !wanted(&b) {
			continue
		}
		name := ""
		if err == nil {
			name, err = names.of(b.Pipeline)
		}
		if err != nil {
			return nil, failure(err, "backfills")
		}
		told := backfill(b, name+"/"+b.Trigger)
		if err := d.tellHeld(ctx, b, &told); err != nil {
			return nil, failure(err, fmt.Sprintf("backfill %d", b.ID))
		}
		answer.Backfills = append(answer.Backfills, told)
	}
	slices.Reverse(answer.Backfills)
	return answer, nil
}

// backfillsOf chooses the backfills that a name means: with "" all, with nightly
// those of the pipeline, also of schedules that are gone.
func backfillsOf(view *store.View, name string) (wanted func(*store.Backfill) bool, err error) {
	if name == "" {
		return func(*store.Backfill) bool { return true }, nil
	}
	of, trigger, one := strings.Cut(name, "/")
	pipeline, err := view.PipelineNamed(of)
	if err != nil {
		return nil, failure(err, fmt.Sprintf("pipeline %q", of))
	}
	wanted = func(b *store.Backfill) bool { return b.Pipeline == pipeline.ID && (!one || b.Trigger == trigger) }
	for b, err := range view.Backfills() {
		if err != nil {
			return nil, failure(err, "backfills")
		}
		if wanted(&b) {
			return wanted, nil
		}
	}
	_, err = ledgersOf(view, name) // a schedule that never was is refused
	return wanted, err
}

// BackfillCancel ends a backfill.
func (d *Daemon) BackfillCancel(ctx context.Context, q *rpc.BackfillCancelRequest) (*rpc.Backfill, error) {
	who, _ := actor(ctx)
	b, err := d.cancelBackfill(ctx, q.ID, who)
	if err != nil {
		return nil, failure(err, fmt.Sprintf("backfill %d", q.ID))
	}
	view := d.store.View()
	defer view.Close()
	p, err := view.Pipeline(b.Pipeline)
	told := backfill(b, p.Name+"/"+b.Trigger)
	return &told, failure(err, fmt.Sprintf("backfill %d", q.ID))
}
