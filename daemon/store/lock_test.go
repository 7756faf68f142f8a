package store

import (
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"
)

// The descriptor of a store that is closed lives on in a process that was being
// started meanwhile.
func TestAStoreThatWasClosedIsOpenedThoughAnotherProcessHasItsLockForAMoment(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir, quiet)
	check(t, err)
	check(t, s.Close())
	lock, err := os.Open(dir)
	check(t, err)
	check(t, unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB))
	heir := exec.Command("sleep", "0.1")
	heir.ExtraFiles = []*os.File{lock}
	check(t, heir.Start())
	check(t, lock.Close())
	openStore(t, dir)
	check(t, heir.Wait())
}
