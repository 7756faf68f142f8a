// Package cron is the language of instants: the text of a schedule becomes an
// [Expression], and an Expression in a time zone says when it is due next, and
// when it was due last. It is the only door to robfig/cron.
//
// It owns the language, the meaning of time zones and of their changes, and the
// messages about both. It promises that what is accepted is due at some time,
// that every answer costs a bounded amount of work whatever the text, and that
// an instant is the same whoever asks, from whichever side: Prev finds what Next
// found. It refuses to know the time that it is, calendars, jitter and what was
// missed: those belong to whoever asks. An Expression never changes; it may be
// shared.
//
// # Fields
//
//	[second] minute hour day-of-month month weekday
//
//	second, minute   0-59; without the field of seconds it is second 0
//	hour             0-23
//	day of month     1-31
//	month            1-12 or jan-dec
//	weekday          0-7 or sun-sat; 0 and 7 are Sunday
//
// Upper and lower case are the same everywhere. Fields are separated by blanks.
// A field is a list of items, separated by commas:
//
//	5        a value
//	1-5      a range, both ends included
//	*        every value; alone in its field
//	?        the same, in the two fields of days
//	*/15     every 15th value from the first on
//	10-40/5  every 5th of a range
//	10/15    every 15th from 10 on
//	fri-mon  in hours, months and weekdays a range may go over the end
//	L        the last day of the month; L-3 is three days before it
//	15W      the Monday to Friday nearest to the 15th, in the same month; a
//	         month without that day has none
//	LW       the last Monday to Friday of the month
//	friL     the last Friday of the month
//	mon#2    the second Monday of the month
//	sun%2    every other Sunday; sun%2+1 the Sundays between
//
// weekday%N+K counts weeks as GitLab does: the week that begins on Tuesday
// 2019-01-01 is number 1, and the day counts in the weeks whose number leaves the
// same remainder by N as K does. So sun%2 is due on 2019-01-13 and every second
// Sunday from there, in both directions.
//
// If both the day of month and the weekday are restricted, a day counts if
// either of them matches, as in crontab(5). As in Vixie's cron, a field that
// begins with * or ? restricts nothing for this rule, not even */10, so that
// then a day counts if both match. (robfig/cron takes */10 for a restriction.)
//
// # Words
//
//	@yearly @annually @monthly @weekly @daily @midnight @hourly
//	@every 6h                   a period of whole seconds, counted from an anchor
//	@at 2026-12-31T23:00        once; with :05 for seconds, with Z or +02:00 for
//	                            an instant of its own, else wall time in the zone
//	@reboot                     once for each boot; no clock knows when
//
// @every counts real time: zones and their changes do not touch it. Its first
// instant is one period after the anchor.
//
// # When clocks change
//
// Vixie's cron, and cron(8) of Debian after it, tells two kinds of jobs apart,
// and so does this package. An expression whose minute or hour field begins with
// * is an interval: it is meant to come again and again. All others name times
// of day.
//
//	interval   due at every instant at which the wall clock shows a time that
//	           matches. What the clock leaves out is left out; what it
//	           shows twice is due twice.
//	times      each time that matches is due once, at the first instant at which
//	           the wall clock has reached it: shows it, or something later.
//	           Times that are reached at the same instant are one.
//
// So "30 2 * * *" in Berlin is due at 03:00 on the day on which 02:30 does not
// exist, and once, at the first 02:30, on the day that has two. "*/15 * * * *"
// is due every quarter of an hour of real time, always.
//
// The letter of the rule decides the mixed cases, as it does in Vixie's code
// (the MIN_STAR and HR_STAR flags): "*/15 2 * * *" and "0 */2 * * *" are
// intervals. The first is not due at all on the day that has no hour 2, and eight
// times on the day that has two. Who wants times of day writes them without a
// star: "0-45/15 2 * * *", "0 0-22/2 * * *". Where cron(8) stops at changes of
// three hours, and takes larger ones for corrections of a clock, the rule here
// has no such end: a zone is no clock that was wrong, and a job of
// 2011-12-30 in Samoa, a day that never was, is due at the first instant of
// the 31st.
//
// # What robfig/cron is used for
//
// It turns the fields, once they are checked and written plainly, into sets of
// values. It does not compute instants here: its Next skips and doubles at changes
// of the clock, knows no way back, and takes up to a second where a set
// is empty. In UTC, and for what both languages have in common, the tests hold the
// two against each other.
package cron
