package daemon

import (
	"cmp"
	"fmt"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/schedule"
	"github.com/penstock/penstock/daemon/store"
)

// occasion says who, or what, wanted a run that follows from no other. What a
// trigger made of an instant is told from the ledger, where that still has it.
func occasion(view *store.View, r *store.Run) string {
	c := &r.Cause
	switch c.Source {
	case store.BySchedule:
		return instantOf(view, r)
	case store.ByTrigger:
		return "it was started by a call with the key " + c.Trigger
	case store.ByFile:
		text := "it was started by a file that appeared, for the trigger " + c.Trigger
		if t := tickFor(view, r); t != nil && t.Message != "" {
			text += ": " + t.Message
		}
		return text
	}
	text := "it was started by " + cmp.Or(c.Actor, "nobody known") + " (" + string(c.Source) + ")"
	if c.Trigger != "" && !c.ScheduledAt.IsZero() {
		text += ", as its " + scheduleCalled(c.Trigger) + " does at " + instantIn(view, r)
	}
	return text
}

// instantOf says which instant of a schedule a run is for, and how it came to it.
func instantOf(view *store.View, r *store.Run) string {
	due := fmt.Sprintf("its %s was due at %s", scheduleCalled(r.Cause.Trigger), instantIn(view, r))
	t := tickFor(view, r)
	switch {
	case t == nil:
		return due
	case t.Subject == handPlay:
		return fmt.Sprintf("%s played its %s", cmp.Or(t.Actor, "nobody known"), scheduleCalled(r.Cause.Trigger))
	case t.Subject != "":
		return fmt.Sprintf("%s, which %s of %s makes up for", due, t.Subject, cmp.Or(t.Actor, "nobody known"))
	case t.Decision == schedule.CaughtUp:
		due += ", which was missed and caught up " + t.DecidedAt.Sub(t.At).Round(time.Second).String() + " later"
	}
	if t.Message != "" {
		due += " (" + t.Message + ")"
	}
	return due
}

// scheduleCalled names a schedule in a sentence. One that nobody has named is
// called by its kind.
func scheduleCalled(trigger string) string {
	if trigger == string(config.OnSchedule) {
		return trigger
	}
	return "schedule " + trigger
}

// tickFor is the record that a run was made with; nil where the ledger has it no
// more.
func tickFor(view *store.View, r *store.Run) *store.Tick {
	for t, err := range view.TicksUntil(r.Pipeline, r.Cause.Trigger, r.Cause.ScheduledAt) {
		if err != nil || t.At.Before(r.Cause.ScheduledAt) {
			return nil
		}
		if t.Run == r.ID {
			return &t
		}
	}
	return nil
}

// instantIn is the instant of a run on the clocks of its schedule's zone.
func instantIn(view *store.View, r *store.Run) string {
	zone := time.UTC
	if t, err := view.Trigger(r.Pipeline, r.Cause.Trigger); err == nil && t.Rule != nil {
		zone = zoneOf(t.Rule.Timezone)
	}
	return r.Cause.ScheduledAt.In(zone).Format("2006-01-02 15:04:05 -0700")
}
