// Package state is the directory that the daemon stands on: what must be true of
// it before anything in it is touched, and the small files of it that are no
// records.
//
//	lock          held by flock(2) as long as a daemon serves the directory
//	ballast       space to give up, so that a full disk can still be started on
//	home          which state this is: a copy, or a backup that was put back, is told by it
//	signing-key   of which the secrets of signing trigger keys are derived
//
// The directory belongs to the user who runs the daemon, and is closed to all
// others. A file that must be whole is written beside its place and moved there.
// What else lies in it, the store, the logs, attempts and workspaces, is of the
// packages that are called so.
package state
