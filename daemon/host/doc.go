// Package host keeps the processes of step plugins: it finds their binaries,
// verifies them, starts processes, gives them attempts, takes them over from a
// daemon that is gone, and ends them. With plugins/protocol it is the only
// package that knows go-plugin.
//
// # What it owns
//
// The plugin directories are read, never written. Below Config.Runtime, a
// private directory, each process has one of its own, named like the process:
//
//	process.json   who it is (record): written before the process is started,
//	               and again, complete, before it is used
//	stdout stderr  the process's own, files so that nothing ties it to us; the
//	               handshake is a line of stdout. Only their ends are kept
//	plugin*        the socket that the plugin makes
//
// Where cgroups can be had each process has one of its own, below one that is
// ours: what is empty of them is swept by Open, and ours goes with Close.
//
// An attempt directory belongs to the engine and the plugin; the host makes it
// with request.json in it, reads it, and writes nothing else there. The directory
// that a step works in is made before a plugin hears of an attempt that has not
// begun; it belongs to the run.
//
// # What it promises
//
// Launch is level-triggered: the engine says "this attempt ought to be in
// work" as often as it likes, over any number of daemons, and the work begins
// at most once. What is the case is read from the attempt directory, in the
// order that package protocol gives: a result is reported; a held lock is
// joined; what never began in this boot is started; anything else is lost.
//
// Every Launch gets one Ended, unless the host is closed first, and no more
// than one Begun before it. A failure that is not the step's own says which
// plugin, which binary, and what it said.
//
// An attempt whose process dies before go is started again on another one,
// three times at most. One whose process dies after go has failed with
// plugin_failure, and what it left running is killed first. One that neither
// its own deadline nor a cancel could end is killed by us, later than the
// plugin ought to have done it: the state says canceled only when it is gone.
//
// A cleanup (package protocol) is given the time that it was said to take, an
// hour at most, on the word of its file: a daemon that comes back waits as long
// as the one that is gone would have. Only a forced Stop ends it sooner. Whatever
// comes of it, of its process or of the machine, the attempt ended as its work
// did.
//
// A process that does not answer Describe or Check in time gets nothing any
// more: a fresh one is asked once, and the mute one is killed when it has no
// attempt, or has ended its last.
//
// A binary whose process did not start is not started again for Describe or
// Check for half a minute: they repeat the error. Attempts have their own
// back-off. A start that lasts takes no place from those of other types.
//
// Processes outlive the daemon. They have their own session, no pipe to us and
// a nearly empty environment; Close leaves busy ones alone. A process is
// signalled through a pidfd only, never by a number that was read from a file,
// and it is taken for ours when pid, start time and boot agree with its record
// and SO_PEERCRED of its socket names the same pid and our uid. Every
// connection to it is checked so.
//
// A binary is opened once, hashed and checked through that descriptor, and
// the descriptor is what is executed. Scripts are the exception: the kernel
// hands their path to the interpreter. A changed binary serves new attempts
// with new processes; the old ones finish what they have and end.
//
// # What it refuses
//
// Binaries that somebody other than root and us could have changed, that do
// not match their pin, or that a symbolic link brings from outside their
// directory. Sockets outside the process's directory, TCP, TLS, and go-plugin's
// stdio, broker and Kill, each of which can hang or end the daemon. Answers
// beyond 4 MiB. Result files that are not of the attempt or not well formed.
//
// # How it is built
//
// One mutex guards pools and queues; it is never held over I/O. One goroutine
// attends each attempt, one watches each process, all counted in one group
// which Close waits for. A warm attempt costs one streaming call and a dozen
// system calls; nothing is scanned and nothing is polled but the handshake of
// a new process and the lock of an attempt that nobody can be asked about.
package host
