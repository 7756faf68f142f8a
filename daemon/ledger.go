package daemon

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/penstock/penstock/daemon/account"
	"github.com/penstock/penstock/daemon/arrival"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// maxLooked bounds how many records of the ledger a request looks at.
const maxLooked = 10_000

// ledgers are the records of some triggers of a pipeline.
type ledgers struct {
	view     *store.View
	pipeline store.Pipeline
	triggers []string // in the order of their names
	zones    map[string]*time.Location
	most     int // records that a page looks at
}

// ledgersOf finds the ledger that a name means, nightly/evening, or with
// nightly those of all triggers of the pipeline, also of such that are gone.
func ledgersOf(view *store.View, name string) (*ledgers, error) {
	of, trigger, one := strings.Cut(name, "/")
	pipeline, err := view.PipelineNamed(of)
	if err != nil {
		return nil, failure(err, fmt.Sprintf("pipeline %q", of))
	}
	l := &ledgers{view: view, pipeline: pipeline, zones: map[string]*time.Location{}, most: maxLooked}
	if err := l.find(); err != nil {
		return nil, failure(err, fmt.Sprintf("the ledger of %q", name))
	}
	if !one {
		return l, nil
	}
	if !slices.Contains(l.triggers, trigger) {
		return nil, rpc.Errorf(rpc.CodeNotFound, "pipeline %q has no trigger %q, and never had one that the ledger knows", of, trigger)
	}
	l.triggers = []string{trigger}
	return l, nil
}

// find lists the triggers that are there, and those that are gone.
func (l *ledgers) find() error {
	all, err := l.view.TriggersOf(l.pipeline.ID)
	if err != nil {
		return err
	}
	for _, t := range all {
		l.triggers = append(l.triggers, t.Name)
		l.zones[t.Name] = time.UTC
		if t.Rule != nil {
			l.zones[t.Name] = zoneOf(t.Rule.Timezone)
		}
	}
	for gone, err := range l.view.Ledgers(l.pipeline.ID) {
		if err != nil {
			return err
		}
		l.triggers = append(l.triggers, gone.Trigger)
	}
	slices.Sort(l.triggers)
	l.triggers = slices.Compact(l.triggers)
	return nil
}

// zoneOf is a zone by its name. One that this system does not know any more is
// UTC: what was decided is told in spite of it.
func zoneOf(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return zone
}

// from visits the records that come after a cursor and are not later than a
// time, newest first over all triggers.
func (l *ledgers) from(after ledgerCursor, until time.Time) iter.Seq2[store.Tick, error] {
	return func(yield func(store.Tick, error) bool) {
		heads := make([]*ledgerHead, 0, len(l.triggers))
		defer func() {
			for _, h := range heads {
				h.stop()
			}
		}()
		for _, trigger := range l.triggers {
			heads = append(heads, l.head(trigger, after, until))
		}
		for {
			first := newest(heads)
			if first == nil || !yield(first.tick, first.err) || first.err != nil {
				return
			}
			first.advance()
		}
	}
}

// head begins to read the ledger of a trigger.
func (l *ledgers) head(trigger string, after ledgerCursor, until time.Time) *ledgerHead {
	if after.place != "" && after.at.Before(until) {
		until = after.at
	}
	h := &ledgerHead{}
	h.next, h.stop = iter.Pull2(l.view.TicksUntil(l.pipeline.ID, trigger, until))
	h.advance()
	for h.there && h.err == nil && !after.before(&h.tick) {
		h.advance()
	}
	return h
}

// ledgerHead is the next record of the ledger of a trigger.
type ledgerHead struct {
	next  func() (store.Tick, error, bool)
	stop  func()
	tick  store.Tick
	err   error
	there bool
}

func (h *ledgerHead) advance() { h.tick, h.err, h.there = h.next() }

// newest is the head with the newest record; nil where all are at their end.
func newest(heads []*ledgerHead) (first *ledgerHead) {
	for _, h := range heads {
		switch {
		case !h.there:
		case h.err != nil:
			return h
		case first == nil, cursorOf(&first.tick).compare(cursorOf(&h.tick)) > 0:
			first = h
		}
	}
	return first
}

// ledgerCursor is a place in several ledgers that are read as one: behind a
// record. The zero value is before all.
type ledgerCursor struct {
	at      time.Time
	place   string // in the ledger of its trigger
	trigger string
}

func cursorOf(t *store.Tick) ledgerCursor { return ledgerCursor{t.At, t.Place(), t.Trigger} }

// compare orders newest first, and those of one instant by their triggers.
func (c ledgerCursor) compare(other ledgerCursor) int {
	if n := strings.Compare(c.place, other.place); n != 0 {
		return n
	}
	return strings.Compare(c.trigger, other.trigger)
}

// before reports whether a record comes after the cursor.
func (c ledgerCursor) before(t *store.Tick) bool { return c.compare(cursorOf(t)) < 0 }

func (c ledgerCursor) String() string {
	return c.at.UTC().Format(time.RFC3339Nano) + "/" + c.place + "/" + c.trigger
}

// parseCursor reads what String wrote; "" is before all.
func parseCursor(text string) (c ledgerCursor, err error) {
	if text == "" {
		return c, nil
	}
	parts := strings.SplitN(text, "/", 3)
	if len(parts) == 3 {
		c.place, c.trigger = parts[1], parts[2]
		c.at, err = time.Parse(time.RFC3339Nano, parts[0])
	}
	if len(parts) != 3 || err != nil || c.place == "" {
		return c, rpc.Errorf(rpc.CodeInvalid, "before %q is no cursor: want the next of the page before", text)
	}
	return c, nil
}

// tick is a record as it is told.
func (l *ledgers) tick(t store.Tick) (rpc.Tick, error) {
	about, err := l.about(t.Subject)
	if err != nil {
		return rpc.Tick{}, err
	}
	run, err := l.runName(t.Run)
	told := rpc.Tick{
		Schedule: l.pipeline.Name + "/" + t.Trigger, At: t.At.UTC(), Wall: wall(t.At, l.zones[t.Trigger]), Subject: about,
		Decision: string(t.Decision), Reason: string(t.Reason), Message: t.Message, Run: run, Actor: t.Actor,
		DecidedAt: t.DecidedAt, Revision: t.Revision, Count: t.Count, Last: account.Moment(t.Last),
	}
	if t.Count != 0 {
		told.LastWall = wall(t.Last, l.zones[t.Trigger])
	}
	return told, err
}

// about is what a record is of, as people call it: a file by its path, the end of
// a run by its name and status.
func (l *ledgers) about(subject string) (string, error) {
	if path, ok := arrival.PathOf(subject); ok {
		return path, nil
	}
	id, status, ok := parseEnd(subject)
	if !ok {
		return subject, nil
	}
	record, err := l.view.Run(id)
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Sprintf("id %d %s", id, status), nil
	}
	if err != nil {
		return "", err
	}
	upstream, err := l.view.Pipeline(record.Pipeline)
	return fmt.Sprintf("%s/%d %s", upstream.Name, record.Number, status), err
}

// wall is a time on the clocks of a zone; nil is UTC.
func wall(t time.Time, zone *time.Location) string {
	if zone == nil {
		zone = time.UTC
	}
	return t.In(zone).Format(time.RFC3339)
}

// runName is the name of a run; "" for none.
func (l *ledgers) runName(id uint64) (string, error) {
	if id == 0 {
		return "", nil
	}
	r, err := l.view.Run(id)
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Sprintf("id %d", id), nil
	}
	return run.Name(l.pipeline.Name, r.Number), err
}
