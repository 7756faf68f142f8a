// Package policy decides between runs: which of them may go on, which waits,
// who gets what only one can have, and which are not worth keeping. The life
// of a single run is daemon/run's; this package never looks into one further
// than its statuses.
//
// It is pure: values in, values out, no clock. The engine asks it, within the
// turn in which the answer takes effect, so a decision and what follows from it
// are one commit.
//
//	question                                             answer
//	a new run comes: does it start, wait or is refused?  [Line.Overlap]
//	a run ended: which of those that wait goes on?       [Line.Next]
//	which older runs does a new one make redundant?      [Redundant]
//	who gets a resource group that is free?              [Grant], [Claims]
//	a place is free: whose step gets it?                 [Turns]
//	which runs that are over are to be removed?          [Expired]
//
// # Rules of a run, not of its pipeline
//
// A run that lives goes by what its own revision said: its limit, its priority
// and what a newer run may do to it are recorded with it, and a new revision
// changes nothing for it.
//
// # No counters
//
// Nothing here is a semaphore that could leak. A line is the runs that are not
// over, and a resource group is held by the step whose status says so. After a
// crash both are there again as soon as the runs are.
package policy
