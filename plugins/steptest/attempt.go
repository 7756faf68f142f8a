package steptest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/penstock/penstock/plugins/protocol"
)

// An attempt is its directory and the request in it.
type attempt struct {
	*bench
	directory string
	request   protocol.Request
}

func (a *attempt) path(name string) string { return filepath.Join(a.directory, name) }

func (a *attempt) has(name string) bool {
	a.Helper()
	_, err := os.Lstat(a.path(name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		a.Fatal(err)
	}
	return err == nil
}

func (a *attempt) read(name string) []byte {
	a.Helper()
	text, err := os.ReadFile(a.path(name))
	if err != nil {
		a.Fatal(err)
	}
	return text
}

// result reads and checks result.json.
func (a *attempt) result() protocol.Result {
	a.Helper()
	var r protocol.Result
	if err := json.Unmarshal(a.read(protocol.ResultFile), &r); err != nil {
		a.Fatalf("%s: %v", protocol.ResultFile, err)
	}
	a.check(r)
	return r
}

// check checks what holds for every result.
func (a *attempt) check(r protocol.Result) {
	a.Helper()
	switch {
	case r.Attempt != a.request.Attempt:
		a.Errorf("the result is of attempt %q, not %q", r.Attempt, a.request.Attempt)
	case r.BegunAt.IsZero() || r.EndedAt.Before(r.BegunAt) || r.EndedAt.After(time.Now()):
		a.Errorf("the result begins at %v and ends at %v", r.BegunAt, r.EndedAt)
	case len(r.Message) > protocol.MaxMessage:
		a.Errorf("the result's message has %d bytes, more than %d", len(r.Message), protocol.MaxMessage)
	case (r.Status == protocol.Failed) != (r.FailureReason != ""):
		a.Errorf("the result is %q with failure reason %q: the two go together", r.Status, r.FailureReason)
	}
}

// ended checks the result's status and reason, and that nothing of the step is
// left.
func (a *attempt) ended(status, reason string) protocol.Result {
	a.Helper()
	r := a.result()
	if r.Status != status || r.FailureReason != reason {
		a.Errorf("the result is %s %s (%s), want %s %s", r.Status, r.FailureReason, r.Message, status, reason)
	}
	if left := a.processes(); len(left) > 0 {
		a.Errorf("processes %v of the step are alive after its result", left)
	}
	a.awaitFree()
	return r
}

// held says whether somebody holds the lock.
func (a *attempt) held() bool {
	a.Helper()
	file, err := os.Open(a.path(protocol.LockFile))
	if errors.Is(err, fs.ErrNotExist) {
		return false
	}
	if err != nil {
		a.Fatal(err)
	}
	defer file.Close()
	return errors.Is(syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}

// awaitFree waits until the lock is free.
func (a *attempt) awaitFree() {
	a.Helper()
	a.await("the lock is free", func() bool { return !a.held() })
}

// count says how often the work was done; without Suite.Count it is how often
// the attempt was begun, which the go file tells.
func (a *attempt) count() int {
	a.Helper()
	switch {
	case a.suite.Count != nil:
		return a.suite.Count(a.request.Workspace)
	case a.has(protocol.GoFile):
		return 1
	}
	return 0
}

// processes finds those that carry the attempt's mark in their environment.
func (a *attempt) processes() []int {
	a.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		a.Fatal(err)
	}
	mark := []byte(protocol.EnvOutput + "=" + a.path(protocol.OutputsFile))
	var found []int
	for _, file := range files {
		// Who is gone by now, or belongs to somebody else, is none of ours.
		environment, err := os.ReadFile(file)
		if err != nil || !bytes.Contains(environment, mark) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil {
			found = append(found, pid)
		}
	}
	return found
}

// endProcesses kills what a killed plugin left.
func (a *attempt) endProcesses() {
	a.Helper()
	a.await("the step's processes are gone", func() bool {
		left := a.processes()
		for _, pid := range left {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
				a.Fatalf("kill %d: %v", pid, err)
			}
		}
		return len(left) == 0
	})
}
