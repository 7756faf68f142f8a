// Package schedule decides when a trigger is due and what becomes of each due
// instant. It is values in, values out: no clock, no store, no log.
//
// A [Rule] says when: instants of an expression in a time zone, within dates,
// taken away or moved by calendars, with a jitter. A [Mark] says how far it has
// been accounted for. From both and the time that it is, the [Timetable] of
// the rule decides every instant since the mark, once: whoever asks records
// the decisions and the new mark in one commit with what they make. So each
// instant has one record, whatever dies in between.
//
// # Instants
//
// An instant is what config/cron finds for the expression in the zone; what
// happens when clocks change is told there. The dates of the rule bound it: from
// counts, until does not.
//
// A calendar takes an instant away that an exclude covers, or that no include
// does. It is recorded all the same, as skipped. With shift it moves instead, to
// the same time on the wall of the next, or the previous, day on which it counts,
// by at most 31 days and never out of the dates; its record then bears the
// time that it has moved to. Instants that meet are one, and its record says from
// where they came. What the expression names before the rule was applied moves
// nowhere. A schedule that shifts is due at most 96 times a day.
//
// # Jitter
//
// A run starts at its instant, or later by the jitter of the rule. The record
// bears the instant, so jitter neither loses nor doubles one.
//
//	stable   one delay for every instant of the schedule, between nothing and
//	         the bound; it is a hash of the pipeline's id and the trigger's name
//	random   a delay of its own for each instant, a hash of these and of the
//	         instant; less than what lies between it and the next one
//
// Both follow from what is stored: a restart draws nothing again. Neither lets
// one instant of a schedule overtake another. A stable delay may be longer than
// the period: then a run starts after the instant of the next.
//
// # Catching up
//
// An instant that is decided within a minute after it was due is in time, and
// fires. One that is decided later was missed, for whatever reason: the daemon
// was down, the machine slept, the clock was set forward. catch_up says what
// becomes of it:
//
//	none   all that was missed is dropped (no_catch_up)
//	one    one run stands for all of it: the latest instant that counts is caught
//	       up; those before are dropped (superseded). Where one is in time by
//	       then, that is the run.
//	all    each is caught up, in order; of more than 1,000 the latest, the others
//	       are dropped (too_many)
//
// One that was due longer ago than the window is dropped (too_old), with one and
// with all. What a calendar takes away is skipped (blackout), in time or not.
//
// The work and the ledger stay bounded: of one decision the latest 10,000
// instants are looked at one by one, and more than 1,000 records of the same
// decision and reason become one, with how many they are, the first and the
// last. What was not looked at is dropped, with a count that says "more than".
//
// # Clocks and copies
//
// The clock is asked, and not believed to go forward. Where it is set back,
// nothing at or before the mark is due again; until it has caught up with
// the mark the schedule rests. Where it is set forward, what was passed over was
// missed. In a store that is a copy of another everything up to now is dropped
// ([Timetable.Restore]): the original has seen to it, and a copy that is tried
// out must not.
//
// A rule whose instants are changed begins anew: nothing before is due, and
// @every counts from there. What the old one named up to then and nobody has
// decided, because its jitter had not passed, is dropped ([Timetable.End]), as it
// is where the rule is removed. A change of the jitter, of catch_up or of the
// window alone leaves the instants what they are, and the schedule goes on by the
// new words. A calendar that is changed makes nothing old due
// ([Timetable.Advance]).
//
// @reboot has one instant for each boot of the machine: the start of the first
// daemon in it. It is never late. A rule that is applied waits for the next boot.
package schedule
