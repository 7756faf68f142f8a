package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/penstock/penstock/plugins/protocol"
	"github.com/penstock/penstock/plugins/protocol/steppb"
	"github.com/penstock/penstock/plugins/step/tree"
)

// lockPoll is how often the lock of an attempt is looked at that nobody can be
// asked about.
const lockPoll = 50 * time.Millisecond

// perform sends e to the process that it has a place in, begins or joins it
// there, and returns when that process has nothing more to say: what became of
// the attempt is in its directory.
func (h *Host) perform(e *entry) {
	p := e.process
	e.trouble = fmt.Errorf("plugin %s (%s) hung up on the attempt", p.Type, p.Path)
	ctx, cancel := context.WithCancel(h.ctx)
	said := h.send(ctx, e)
	defer func() {
		cancel()
		for range said { // until the sender is gone
		}
	}()
	first := time.NewTimer(h.limits.first)
	defer first.Stop()
	for {
		select {
		case m, ok := <-said:
			if !ok || !h.hear(e, m) {
				return
			}
			first.Stop()
		case force := <-e.orders:
			if h.obey(e, force) && e.heard {
				h.cancelStep(p, e.name, force)
			}
		case <-e.alarm.C:
			h.measure(e, p)
		case <-first.C:
			h.mute(e)
			return
		case <-p.done:
			e.trouble = errors.New(p.fate())
			return
		case <-h.ctx.Done():
			return
		}
	}
}

// word is one message of a Start stream, or the error that ended it.
type word struct {
	state steppb.Progress_State
	err   error
}

// send calls Start. The channel is closed when the stream is over.
func (h *Host) send(ctx context.Context, e *entry) <-chan word {
	said := make(chan word)
	client := e.process.client
	request := &steppb.StartRequest{Attempt: e.name, Directory: e.attempt.Directory}
	h.group.Go(func() {
		defer close(said)
		stream, err := client.Start(ctx, request)
		for err == nil {
			var m *steppb.Progress
			if m, err = stream.Recv(); err == nil {
				err = pass(ctx, said, word{state: m.GetState()})
			}
		}
		if !errors.Is(err, io.EOF) {
			_ = pass(ctx, said, word{err: err}) // nobody listens: nobody misses it
		}
	})
	return said
}

func pass(ctx context.Context, to chan<- word, w word) error {
	select {
	case to <- w:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// hear takes one word of the process. It returns false when it is the last.
func (h *Host) hear(e *entry, w word) bool {
	if w.err != nil {
		h.complain(e, w.err)
		return false
	}
	known := e.heard
	switch w.state {
	case steppb.Progress_PREPARING:
		e.heard = true
	case steppb.Progress_BEGUN:
		e.heard = true
		h.announce(e, orNow(begunAt(e.attempt.Directory)))
	case steppb.Progress_ENDED:
		e.heard = true
		e.trouble = fmt.Errorf("plugin %s (%s) says that the attempt has ended, but there is no result", e.process.Type, e.process.Path)
		return false
	case steppb.Progress_ELSEWHERE:
		e.trouble = fmt.Errorf("plugin %s (%s) says that another process has the attempt", e.process.Type, e.process.Path)
		h.vacate(e, unused) // what becomes of the attempt is not this one's doing
		return false
	}
	if e.stopping && e.heard && !known {
		h.cancelStep(e.process, e.name, e.forced)
	}
	return true
}

// orNow is the time of the go file, or now where the plugin says that there is
// one and there is none.
func orNow(at time.Time) time.Time {
	if at.IsZero() {
		return time.Now()
	}
	return at
}

// complain takes note of an error of Start.
func (h *Host) complain(e *entry, err error) {
	p := e.process
	said := status.Convert(err)
	if said.Code() == codes.Unavailable && p.awaitEnd(h.ctx, time.Second) { // its socket is closed before its end is seen
		e.trouble = errors.New(p.fate())
		return
	}
	e.trouble = fmt.Errorf("plugin %s (%s) refused the attempt: %s: %s", p.Type, p.Path, said.Code(),
		clipped(printable([]byte(said.Message())), 1<<10))
	if said.Code() == codes.ResourceExhausted && !e.heard {
		e.tries--
		e.process = nil
		h.release(p, refused)
	}
}

// mute deals with a process that has not said a word in time. One that began
// the work is given two more chances; then it is killed.
func (h *Host) mute(e *entry) {
	p := e.process
	e.trouble = fmt.Errorf("process %d of plugin %s (%s) did not answer within %v", p.Pid, p.Type, p.Path, h.limits.first)
	e.silent++
	if !begunAt(e.attempt.Directory).IsZero() && e.silent < maxTries {
		return
	}
	h.log.Warn("plugin process is killed", "attempt", e.name, "reason", e.trouble)
	h.warn("kill plugin process", p.kill())
	p.awaitEnd(h.ctx, h.limits.death)
}

// cancelStep sends Cancel and does not wait for the answer.
func (h *Host) cancelStep(p *process, attempt string, force bool) {
	h.group.Go(func() {
		ctx, cancel := context.WithTimeout(h.ctx, h.limits.call)
		defer cancel()
		_, err := p.client.Cancel(ctx, &steppb.CancelRequest{Attempt: attempt, Force: force}, grpc.WaitForReady(true))
		if err != nil && p.alive() && h.ctx.Err() == nil {
			h.log.Warn("plugin did not take a cancel", "attempt", attempt, "type", p.Type, "error", err)
		}
	})
}

// measure does what the plugin ought to have done: first it asks for KILL,
// then it kills: the process, for an attempt that does not end at a forced
// cancel is in its hands. A cleanup has its time first.
func (h *Host) measure(e *entry, p *process) {
	if left := e.cleaning(); left > 0 {
		e.alarm.Reset(left + h.limits.slack/2)
		return
	}
	e.measures++
	e.alarm.Reset(h.limits.slack / 2)
	if e.measures == 1 {
		if p != nil && p.client != nil {
			h.cancelStep(p, e.name, true)
		}
		return
	}
	h.log.Warn("attempt is killed", "attempt", e.name, "type", e.attempt.Type)
	if p != nil {
		h.warn("kill plugin process", p.kill())
		return
	}
	_, err := tree.Kill(tree.Target{Mark: e.mark()}, h.limits.death)
	h.warn("kill processes of attempt", err)
}

// await waits for the lock of an attempt whose process cannot be asked: p,
// where it is known and lives, or the holder.
func (h *Host) await(e *entry, p *process, holder protocol.Holder) {
	ticker := time.NewTicker(lockPoll)
	defer ticker.Stop()
	for h.ctx.Err() == nil {
		select {
		case <-ticker.C:
			if locked, _, err := probe(filepath.Join(e.attempt.Directory, protocol.LockFile)); err != nil || !locked {
				return
			}
			if at := begunAt(e.attempt.Directory); !at.IsZero() {
				h.announce(e, at)
			}
		case force := <-e.orders:
			h.obey(e, force)
		case <-e.alarm.C:
			h.measure(e, p)
			if e.measures > 1 {
				h.warn("kill holder of attempt", h.killHolder(holder))
			}
		case <-h.ctx.Done():
		}
	}
}

// killHolder kills the process that a lock file names, if it is of this boot
// and its environment says that it is the one.
func (h *Host) killHolder(holder protocol.Holder) error {
	if holder.BootID != h.bootID || holder.Pid <= 1 {
		return nil
	}
	pinned, err := openHandle(holder.Pid)
	if err != nil {
		return nil // it has gone
	}
	defer pinned.close()
	if !isProcess(holder.Pid, holder.Process) {
		return nil
	}
	return pinned.signal(9)
}

// isProcess says whether pid was started as the process of that name.
func isProcess(pid int, name string) bool {
	environ, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	return err == nil && strings.Contains("\x00"+string(environ), "\x00"+protocol.EnvProcess+"="+name+"\x00")
}
