// Package arrival notices files that arrive: those whose paths match a pattern
// and that have not changed for a while. Each is offered once.
//
// It owns the looking: the directories of a pattern, the kernel's notifications
// (inotify(7)), the looking through, the waiting until a file has settled, and the
// moving of a file that is claimed. It refuses to decide what a file is for: who
// is offered it (see [Take]) records that in a store of its own and says so.
//
// # What counts
//
// A pattern is an absolute path with *, ?, [a-z], {a,b} and **, which stands for
// directories of any depth. What lies before the first wildcard is the directory
// that is watched; it need not exist yet. Only regular files count: no directory,
// no pipe, no symbolic link, and none is followed below that directory. Names that
// begin with a point are left out, as a shell leaves them out, unless a component
// of the pattern begins with one: that is where programs write what is not to be
// seen yet. Left out as well is what lies where the receiver itself writes (each
// file would make the next), and what has a name that is not UTF-8.
//
// # Once
//
// A file is its path, its inode, its size and the time of its last change
// ([File.Identity]). So a file that is written anew, or replaced, arrives anew; one
// that is moved away and back does not. A change that keeps all four is none.
//
// This package remembers what was decided only while it runs. Over a restart
// every file is offered again, and it is the receiver's record that makes it once.
//
// # When
//
// A file has settled when it has not changed for the settle time, counted by
// this machine's clock from when the change was seen, and is looked at once more
// then: so nothing depends on the times that a file says it has. One that is
// written to for ever never settles. Who can should write elsewhere and rename:
// that is safe at any settle time.
//
// Notifications are a doorbell, not the truth: all directories are looked through
// at the start, when the kernel's queue ran over, when a directory appears or
// goes, and every minute. So a file system that tells nothing (NFS) works, with
// a delay.
//
// # Cost
//
// One goroutine and one inotify instance serve all watches. A notification costs
// an lstat(2) and a look at each watch of that directory. Watches of others, and
// those that nothing happens to, cost nothing then, however many there are. A
// looking through costs an lstat(2) for each entry of the directories. Files are
// offered in batches of at most [Batch], oldest first. A watch has at most 4,096
// directories; what lies in others is not seen, and that is said once.
package arrival
