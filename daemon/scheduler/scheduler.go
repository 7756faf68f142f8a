// Package scheduler sleeps until the next schedule is due, has it decided by
// daemon/schedule, and gives the decisions to whoever records them. It owns the
// one loop in which that happens and the order in which schedules have their
// turn; it knows neither the store nor what a run is.
//
// # The loop
//
// All schedules stand in one heap, by when they are due. The loop sleeps until
// the first of them is, but never longer than 20 seconds, and compares the time
// on the wall whenever it wakes: a machine that slept, and a clock that was set,
// are noticed then, since no timer runs by the wall. There is no goroutine and
// no timer for a schedule: 100,000 of them cost their memory, and a wake-up
// that finds nothing costs a look at the first.
//
// What is due is taken in the order of (due time, id of the pipeline, name of
// the trigger), decided, and given to the [Firer] in batches of about 256
// instants. All that is decided of one schedule stands in one batch. Only when
// the Firer has made a batch durable is the next one decided: a daemon that dies
// finds the marks as they are recorded, and decides the rest anew.
//
// # Changes
//
// [Scheduler.Put] takes the place of the schedules of a pipeline at any time.
// What is under way for the old ones goes on; the Firer must compare marks and
// refuse what was decided from another than the recorded one. What it refuses,
// or fails to record, is decided again: at once where it puts the schedules of
// the pipeline anew, else a second later.
package scheduler

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/penstock/penstock/daemon/agenda"
	"github.com/penstock/penstock/daemon/schedule"
)

const (
	// longest bounds how late the loop notices that the clock was set.
	longest = 20 * time.Second
	// again is how long it waits after something could not be recorded.
	again = time.Second
	// enough is how many instants make a batch: many, to share a commit; few, so
	// that the first is not kept waiting by the last.
	enough = 256
)

// Schedule is a schedule of a pipeline and how far it has come.
type Schedule struct {
	Trigger   string
	Timetable schedule.Timetable
	Mark      schedule.Mark
}

// Due is what was decided of a schedule: all in one commit, or nothing.
type Due struct {
	Pipeline uint64
	Trigger  string
	Decided  []schedule.Decided // one at least, in the order of the instants
	From     schedule.Mark      // from which it was decided
	Mark     schedule.Mark      // to be recorded with it
}

// Firer records decisions and starts what they ask for.
type Firer interface {
	// Fire answers once what it could record is durable: an error, or nil, for
	// each of batch. It may call Put.
	Fire(ctx context.Context, batch []Due) []error
}

// Scheduler is the loop and what it knows.
type Scheduler struct {
	firer   Firer
	now     func() time.Time // the time on the wall
	boot    schedule.Boot
	changed chan struct{} // of capacity 1: something may be due earlier

	mu        sync.Mutex            // protects the fields below
	waiting   agenda.Agenda[*entry] // the schedules that will be due
	failed    []*entry              // those that could not be recorded, and wait for nextTry instead
	nextTry   time.Time             // not on the wall: setting that puts nothing off
	pipelines map[uint64][]*entry
}

// New makes a scheduler without schedules.
func New(firer Firer, now func() time.Time, boot schedule.Boot) *Scheduler {
	return &Scheduler{
		firer: firer, now: now, boot: boot,
		changed: make(chan struct{}, 1), pipelines: map[uint64][]*entry{},
	}
}

// Put makes these the schedules of a pipeline; none forgets it.
func (s *Scheduler) Put(pipeline uint64, schedules []Schedule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.pipelines[pipeline] {
		e.replaced = true
		s.waiting.Remove(e)
	}
	s.failed = slices.DeleteFunc(s.failed, func(e *entry) bool { return e.replaced })
	delete(s.pipelines, pipeline)
	if len(schedules) == 0 {
		return
	}
	entries := make([]*entry, len(schedules))
	for i, one := range schedules {
		entries[i] = &entry{Schedule: one, pipeline: pipeline}
		s.enqueue(entries[i])
	}
	s.pipelines[pipeline] = entries
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// Len is how many schedules there are that will be due.
func (s *Scheduler) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waiting.Len() + len(s.failed)
}

// enqueue gives e its place by when it is due; one that is never due has none.
func (s *Scheduler) enqueue(e *entry) {
	var ok bool
	if e.due, ok = e.Timetable.Due(e.Mark, s.boot); ok {
		s.waiting.Put(e)
	}
}

// Run is the loop. It ends when ctx does.
func (s *Scheduler) Run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-s.changed:
		case <-ctx.Done():
			return
		}
		timer.Reset(s.round(ctx))
	}
}

// round fires all that is due, and says how long to sleep then.
func (s *Scheduler) round(ctx context.Context) time.Duration {
	s.tryAgain()
	for ctx.Err() == nil {
		entries, batch := s.take()
		if len(batch) == 0 {
			break
		}
		s.fire(ctx, entries, batch)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sleep := longest
	if first, ok := s.waiting.First(); ok {
		sleep = min(sleep, first.due.Sub(s.now()))
	}
	if len(s.failed) > 0 {
		sleep = min(sleep, time.Until(s.nextTry))
	}
	return max(0, sleep)
}

// tryAgain lets what could not be recorded be due again, once its time has come.
func (s *Scheduler) tryAgain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Now().Before(s.nextTry) {
		return
	}
	for _, e := range s.failed {
		s.enqueue(e)
	}
	s.failed = nil
}

// take decides the first that are due.
func (s *Scheduler) take() (entries []*entry, batch []Due) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for n := 0; n < enough; {
		e, ok := s.waiting.First()
		if !ok || e.due.After(now) {
			break
		}
		s.waiting.Remove(e)
		due := Due{Pipeline: e.pipeline, Trigger: e.Trigger, From: e.Mark}
		due.Decided, due.Mark = e.Timetable.Decide(e.Mark, now, s.boot)
		entries, batch = append(entries, e), append(batch, due)
		n += len(due.Decided)
	}
	return entries, batch
}

// fire has a batch recorded. What was not is due a little later again.
func (s *Scheduler) fire(ctx context.Context, entries []*entry, batch []Due) {
	errs := s.firer.Fire(ctx, batch)
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, e := range entries {
		switch {
		case e.replaced:
		case errs[i] != nil:
			if len(s.failed) == 0 {
				s.nextTry = time.Now().Add(again)
			}
			s.failed = append(s.failed, e)
		default:
			e.Mark = batch[i].Mark
			s.enqueue(e)
		}
	}
}
