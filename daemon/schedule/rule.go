package schedule

import (
	"slices"
	"time"
)

// Rule is when a schedule is due. It is what is kept of the text's.
type Rule struct {
	Expression string        `json:"expression"`
	Timezone   string        `json:"timezone,omitempty"` // IANA; "" is UTC
	From       time.Time     `json:"from,omitzero"`
	Until      time.Time     `json:"until,omitzero"`
	Jitter     time.Duration `json:"jitter,omitempty"`
	Random     bool          `json:"random,omitempty"`
	Include    []string      `json:"include,omitempty"`
	Exclude    []string      `json:"exclude,omitempty"`
	Shift      string        `json:"shift,omitempty"`    // none (""), next or previous
	CatchUp    string        `json:"catch_up,omitempty"` // one (""), all or none
	Window     time.Duration `json:"window,omitempty"`   // 0 is 24 hours
}

// Calendars names the calendars of r, each once; nil has none.
func (r *Rule) Calendars() []string {
	if r == nil {
		return nil
	}
	names := slices.Concat(r.Include, r.Exclude)
	slices.Sort(names)
	return slices.Compact(names)
}

// Shifts reports whether calendars move instants of r. Those of other rules stay
// where they are, whatever takes them away.
func (r *Rule) Shifts() bool { return r.Shift != "" && r.Shift != "none" }

// Equal reports whether two rules are the same.
func (r *Rule) Equal(other *Rule) bool {
	return r.SameInstants(other) && r.Jitter == other.Jitter && r.Random == other.Random &&
		r.CatchUp == other.CatchUp && r.Window == other.Window
}

// SameInstants reports whether two rules have the same instants: then a schedule
// goes on where it was. What differs is how late a run begins and what becomes
// of what was missed.
func (r *Rule) SameInstants(other *Rule) bool {
	return r.Expression == other.Expression && r.Timezone == other.Timezone &&
		r.From.Equal(other.From) && r.Until.Equal(other.Until) &&
		slices.Equal(r.Include, other.Include) && slices.Equal(r.Exclude, other.Exclude) && r.Shift == other.Shift
}

// Mark is how far a schedule has been accounted for.
type Mark struct {
	// Through is the latest time up to which every instant has its record. No
	// instant at or before it is ever due again, whatever the clock says.
	Through time.Time `json:"through"`
	Anchor  time.Time `json:"anchor,omitzero"`   // @every counts from it: when the rule was first applied
	BootID  string    `json:"boot_id,omitempty"` // @reboot: the boot that has its record
}

// Equal reports whether two marks are the same.
func (m Mark) Equal(other Mark) bool {
	return m.Through.Equal(other.Through) && m.Anchor.Equal(other.Anchor) && m.BootID == other.BootID
}

// Boot is the boot of the machine in which a daemon works.
type Boot struct {
	ID string    // of the machine, /proc/sys/kernel/random/boot_id
	At time.Time // when the daemon started: what @reboot takes for the boot
}

// Begin is the mark of a rule that holds from now on: nothing before is due.
func Begin(now time.Time, bootID string) Mark {
	return Mark{Through: now, Anchor: now, BootID: bootID}
}
