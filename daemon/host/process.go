package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc"

	"github.com/penstock/penstock/plugins/protocol/steppb"
)

// process is a plugin process, ours by birth or adopted.
type process struct {
	record
	dir     string
	handle  *handle
	command *exec.Cmd       // nil where it is not our child
	done    chan struct{}   // closed when it has ended; status and said are final then
	away    <-chan struct{} // closed when the host takes no interest any more
	status  string          // "exit status 1"; "" where nobody can know
	said    string          // the end of its stderr, for people

	dialed atomic.Pointer[grpc.ClientConn] // by go-plugin, whether or not it comes to be conn
	conn   *grpc.ClientConn
	client steppb.StepClient // nil: it lives, and cannot be reached

	closed, buried sync.Once

	// Guarded by Host.mu.
	used     int         // attempts it was given and still has
	served   int         // attempts that ended on it
	retiring bool        // gets no further attempt
	mute     bool        // did not answer; killed once it has no attempt
	refuses  bool        // said it has no room; until one of its attempts ends
	pool     *pool       // nil: not admitted yet
	idle     *time.Timer // ends it
}

// capacity is at least 1.
func (p *process) capacity() int { return max(1, p.Capacity) }

// alive says whether it has not been seen to end.
func (p *process) alive() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// watch waits for the end of the process, reaps it where it is our child, and
// closes done. It returns false when the host lost interest before that.
func (p *process) watch() bool {
	if p.handle.wait() != nil {
		return false
	}
	if p.command != nil {
		p.status = p.reap()
	}
	p.said = stderrTail(p.dir)
	close(p.done)
	return true
}

// reap kills what is left of the process's own group while the dead leader
// still holds its number, and then lets go of it.
func (p *process) reap() string {
	if err := unix.Kill(-p.command.Process.Pid, unix.SIGKILL); err != nil && !errors.Is(err, unix.ESRCH) && !errors.Is(err, unix.EPERM) {
		return err.Error()
	}
	if err := p.command.Wait(); err != nil {
		return err.Error()
	}
	return "exit status 0"
}

// kill ends the process at once.
func (p *process) kill() error { return p.handle.signal(unix.SIGKILL) }

// end asks the process to end and sees to it, unless it may have attempts that
// we do not know of. It returns when the process is gone, when ctx is done, or
// when there is nothing more to try.
func (p *process) end(ctx context.Context, patience time.Duration) error {
	if err := p.handle.signal(unix.SIGTERM); err != nil {
		return fmt.Errorf("end process %s: %w", p.Name, err)
	}
	if p.awaitEnd(ctx, patience) || p.command == nil {
		return nil
	}
	if err := p.kill(); err != nil {
		return fmt.Errorf("kill process %s: %w", p.Name, err)
	}
	p.awaitEnd(ctx, patience)
	return nil
}

// awaitEnd says whether the process ended before the patience did.
func (p *process) awaitEnd(ctx context.Context, patience time.Duration) bool {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-p.done:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

// fate says for people how the process ended and what it said last.
func (p *process) fate() string {
	text := fmt.Sprintf("process %d of plugin %s (%s) ended", p.Pid, p.Type, p.Path)
	if p.status != "" {
		text += " with " + p.status
	}
	if p.said != "" {
		text += "; its last words: " + p.said
	}
	return text
}

// trim keeps the files of the process's own output small.
func (p *process) trim() error {
	return errors.Join(
		ignoreAbsent(trimFile(filepath.Join(p.dir, stdoutFile), maxOwnOutput, keptOwnOutput)),
		ignoreAbsent(trimFile(filepath.Join(p.dir, stderrFile), maxOwnOutput, keptOwnOutput)))
}

// close lets go of the process without touching it.
func (p *process) close() (err error) {
	p.closed.Do(func() {
		if p.conn != nil {
			err = p.conn.Close()
		}
		if p.handle != nil {
			err = errors.Join(err, p.handle.close())
		}
	})
	return err
}

func ignoreAbsent(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
